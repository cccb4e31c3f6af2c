"""Small papers built by hand, and texts that once broke somebody's papers."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO
from itertools import accumulate
from typing import NamedTuple

from fulfillment.domain.layouts import LAYOUTS, PaperKind
from fulfillment.domain.papers import (
    Change,
    CheckRow,
    GroupedRows,
    Load,
    LoadGood,
    LoadStop,
    Note,
    NoteRow,
    Paper,
    PaperHead,
    PickRow,
    Row,
    Section,
    ShopperRow,
    bag_paper,
    check_paper,
    label_paper,
    loading_paper,
    note_paper,
    pick_paper,
)
from fulfillment.exports import PaperFormat, render


class SortRow(NamedTuple):
    """One SKU to put to one position; ``quantity`` in sale units."""

    bin: str
    sku: str
    name: str
    spec: str
    position: int
    point_code: str
    point: str
    quantity: int


def sort_paper(*, head: PaperHead, rows: Iterable[SortRow]) -> Paper:
    """
    Adds the SKU's total and, row by row, what has been put so far, which the product leaves to the database.

    :param rows: ordered by bin and SKU, then position; not a generator.
    :raises RowsOutOfOrder: while rendering, when a SKU comes back.
    """
    given = len(LAYOUTS[PaperKind.SORT].group) - 1  # the total is worked out
    return Paper(PaperKind.SORT, head, GroupedRows(rows, given, _sort_section))


def _sort_section(group: Row, rows: Iterator[Row]) -> Section:
    put = list(rows)
    running = list(accumulate(int(row[-1]) for row in put))
    return Section((*group, running[-1]), tuple((*row, so_far) for row, so_far in zip(put, running, strict=True)))


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
    return replace(pick_paper(head=HEAD, rows=rows), changes=changes)


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
    notes = tuple(
        Note(text, n, text, text, text, text, text, None, None, None, None, "", (NoteRow(text, text, text, text, n),))
        for n, text in enumerate(HOSTILE, 1)
    )
    return note_paper(head=HEAD, notes=notes)


POINT_ROWS: tuple[Row, ...] = (
    (
        1,
        "一号线",
        1,
        1,
        "HZ0001",
        "翡翠城东门驿站",
        6,
        115,
        "ambient",
        "A01-01",
        "RICE-5",
        "五常大米",
        "5kg/袋",
        "袋",
        100,
    ),
    (
        1,
        "一号线",
        1,
        1,
        "HZ0001",
        "翡翠城东门驿站",
        6,
        115,
        "frozen",
        "F02-01",
        "BALLS",
        "撒尿肉丸",
        "2.5kg/包",
        "包",
        15,
    ),
    (
        1,
        "一号线",
        2,
        2,
        "HZ0002",
        "良渚文化村便利店",
        14,
        66,
        "ambient",
        "A01-01",
        "RICE-5",
        "五常大米",
        "5kg/袋",
        "袋",
        66,
    ),
)


def point(*, rows: tuple[Row, ...] = POINT_ROWS) -> Paper:
    return Paper(PaperKind.POINT, HEAD, GroupedRows(rows, 8, Section))


_NEAR = (1, "HZ0001", "翡翠城东门驿站", "一号线", 1, 2, "5" * 32)
_FAR = (12, "HZ0002", "良渚文化村便利店", "一号线", 2, 1, "6" * 32)
_LI = ("a" * 32, "678", "李**", "138****1234", "10-1-101")
_WANG = ("b" * 32, "042", "王**", "139****8888", "2-1-301")
_GUO = ("c" * 32, "911", "郭*", "137****4321", "")

SHOPPER_ROWS = (
    ShopperRow(*_NEAR, *_LI, "ambient", "RICE-5", "五常大米", 3),
    ShopperRow(*_NEAR, *_LI, "ambient", "APPLE", "昭通丑苹果", 1),
    ShopperRow(*_NEAR, *_LI, "frozen", "BALLS", "撒尿肉丸", 2),
    ShopperRow(*_NEAR, *_WANG, "ambient", "RICE-5", "五常大米", 45),
    ShopperRow(*_FAR, *_GUO, "frozen", "BALLS", "撒尿肉丸", 1),
)
"""Bags: Li 1 warm of 4 pieces and 1 cold of 2, Wang 20 + 20 + 5, Guo 1."""


def bags(*, rows: tuple[ShopperRow, ...] = SHOPPER_ROWS) -> Paper:
    return bag_paper(head=HEAD, rows=rows)


def labels(*, rows: tuple[ShopperRow, ...] = SHOPPER_ROWS) -> Paper:
    return label_paper(head=HEAD, rows=rows)


CHECK_ROWS = (
    CheckRow("A03-01", "PORK", "五花肉", "约 500 g", "g", 500, 1, "HZ0001", "翡翠城东门驿站", 3, 1430, 412),
    CheckRow("A03-01", "PORK", "五花肉", "约 500 g", "g", 500, 2, "HZ0002", "良渚文化村便利店", 2, None, None),
    CheckRow("A03-02", "CRAB", "大闸蟹", "8 只/箱", "piece", 8, 1, "HZ0001", "翡翠城东门驿站", 1, 8, 0),
)


def check(*, rows: tuple[CheckRow, ...] = CHECK_ROWS) -> Paper:
    return check_paper(head=HEAD, rows=rows)


LOADS = (
    Load(
        1,
        "一号线",
        "浙A·12345",
        "老周",
        (
            LoadStop(1, 2, 2, "HZ0002", "良渚文化村便利店", "06:20", 14, 837_500, 269),
            LoadStop(2, 1, 1, "HZ0001", "翡翠城东门驿站", "06:10", 6, 537_449, 115),
        ),
        (
            LoadGood("ambient", "RICE-5", "五常大米", "5kg/袋", "袋", 166),
            LoadGood("ambient", "APPLE", "昭通丑苹果", "2.5kg/箱", "箱", 203),
            LoadGood("frozen", "BALLS", "撒尿肉丸", "2.5kg/包", "包", 15),
        ),
    ),
    Load(
        2,
        "散点",
        "",
        "",
        (LoadStop(1, 1, 3, "HZ0003", "西溪花园", "", 1, 50, 1),),
        (LoadGood("chilled", "EGGS", "鸡蛋", "", "盒", 1),),
    ),
)


def loading(*, loads: tuple[Load, ...] = LOADS) -> Paper:
    return loading_paper(head=HEAD, loads=loads)


def rendered(paper: Paper, wanted: PaperFormat, lang: str = "zh") -> bytes:
    out = BytesIO()
    render(paper, format=wanted, out=out, lang=lang)
    return out.getvalue()
