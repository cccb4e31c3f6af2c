"""Small papers built by hand, and texts that once broke somebody's papers."""

from datetime import UTC, date, datetime
from io import BytesIO

from fulfillment.domain.papers import (
    Change,
    Note,
    NoteRow,
    Paper,
    PaperHead,
    PickRow,
    SortRow,
    note_paper,
    pick_paper,
    sort_paper,
)
from fulfillment.exports import PaperFormat, render

HEAD = PaperHead(
    wave="7",
    version=2,
    warehouse="余杭中心仓",
    delivery_date=date(2026, 11, 23),
    issued_at=datetime(2026, 11, 22, 15, 4, tzinfo=UTC),
)

PICK_ROWS = (
    PickRow("ambient", "A01-01", "06901234567892", "RICE-5", "五常大米", "5kg/袋", 166, "袋", 6, 27, 4),
    PickRow("ambient", "A01-02", "", "APPLE", "昭通丑苹果", "2.5kg/箱", 203, "箱", 1, 0, 203),
    PickRow("frozen", "F02-01", "6901234567908", "BALLS", "撒尿肉丸", "2.5kg/包", 15, "包", 4, 3, 3),
)

SORT_ROWS = (
    SortRow("A01-01", "RICE-5", "五常大米", "5kg/袋", 1, "HZ0001", "翡翠城东门驿站", 100),
    SortRow("A01-01", "RICE-5", "五常大米", "5kg/袋", 2, "HZ0002", "良渚文化村便利店", 66),
    SortRow("A01-02", "APPLE", "昭通丑苹果", "2.5kg/箱", 2, "HZ0002", "良渚文化村便利店", 203),
)

HOSTILE = (
    '#read("/etc/passwd")',
    "= 标题 *粗* _斜_ $x$ @ref <label>",
    "#{panic()}",
    "=1+1",
    "+86 138",
    "-2",
    "@SUM(A1)",
    "\t=1",
    "\r=2",
    "\n=3",
    "  =4",
    "＝1+1",
    "＋1",
    "－1",
    "＠A1",
    "\x00\x01控制",
    "表情😀",
    "孤\ud800儿",
    "\ufffe\uffff",
    "\u202e反转",
    "مرحبا",
    "<b>&amp;</b>\"'",
    "https://example.org/",
    "长" * 40_000,
    "a" * 40_000,
)


def pick(*, rows: tuple[PickRow, ...] = PICK_ROWS, changes: tuple[Change, ...] = ()) -> Paper:
    return pick_paper(head=HEAD, rows=rows, changes=changes)


def sort(*, rows: tuple[SortRow, ...] = SORT_ROWS) -> Paper:
    return sort_paper(head=HEAD, rows=rows)


def note_for(position: int, *, point: str, lines: int) -> Note:
    return Note(
        number=f"DN-{position}",
        position=position,
        point_code=f"HZ{position:04d}",
        point=point,
        address="文一西路998号",
        leader="欧阳𬭎玥",
        phone="138****1234",
        stop=position,
        expected_at=datetime(2026, 11, 22, 22, 40, tzinfo=UTC),
        crates_out=3,
        crates_back=None,
        sign_url=f"https://group.example.cn/n/{position}",
        rows=tuple(NoteRow(f"SKU-{n}", "内酯豆腐", "350g/盒", "盒", n) for n in range(1, lines + 1)),
    )


def notes() -> Paper:
    """Two points: one page and two pages; sums 6 and 820."""
    few, many = note_for(1, point="翡翠城东门驿站", lines=3), note_for(2, point="良渚文化村便利店", lines=40)
    return note_paper(head=HEAD, notes=(few, many))


def hostile_pick() -> Paper:
    return pick(
        rows=tuple(
            PickRow("ambient", f"A{n}", text, text, text, text, n, text, 1, 0, n) for n, text in enumerate(HOSTILE)
        ),
        changes=tuple(Change(text, text, text, 1, 0) for text in HOSTILE),
    )


def hostile_sort() -> Paper:
    return sort(rows=tuple(SortRow(text, text, text, text, n, text, text, n) for n, text in enumerate(HOSTILE, 1)))


def hostile_notes() -> Paper:
    notes = (
        Note(text, n, text, text, text, text, text, None, None, None, None, "", (NoteRow(text, text, text, text, n),))
        for n, text in enumerate(HOSTILE, 1)
    )
    return note_paper(head=HEAD, notes=notes)


def rendered(paper: Paper, wanted: PaperFormat, lang: str = "zh") -> bytes:
    out = BytesIO()
    render(paper, format=wanted, out=out, lang=lang)
    return out.getvalue()
