"""Long lists as spreadsheets: the cells of the small writer, read back by two programs that did not write them."""

from io import BytesIO
from typing import Any

import openpyxl
import pytest
from openpyxl.workbook import Workbook
from python_calamine import CalamineWorkbook

from fulfillment.domain.layouts import LAYOUTS
from fulfillment.domain.papers import Change, Paper, PaperHead, Section
from fulfillment.exports.long_xlsx import write_long_xlsx
from fulfillment.exports.xlsx import write_xlsx
from tests.exports.papers import HEAD, hostile_notes, hostile_pick, hostile_sort, notes, pick, sort


def long(paper: Paper, *, lang: str = "zh", longest_sheet: int = 1_048_576) -> bytes:
    out = BytesIO()
    write_long_xlsx(paper, out, lang=lang, longest_sheet=longest_sheet)
    return out.getvalue()


def cells(book: bytes) -> dict[str, list[list[Any]]]:
    opened = CalamineWorkbook.from_filelike(BytesIO(book))
    return {name: opened.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in opened.sheet_names}


def printed(paper: Paper) -> Workbook:
    return openpyxl.load_workbook(BytesIO(long(paper)))


def in_volumes(*volumes: tuple[str, int]) -> Paper:
    """A sort list with so many rows of one piece in each volume."""
    template = sort()
    sections = [
        Section(("A1", f"SKU-{n}", "大米", "5kg", 1), [(p, "HZ1", "翠苑", 1, p) for p in range(length)], volume=volume)
        for n, (volume, length) in enumerate(volumes)
    ]
    return Paper(template.kind, template.head, sections)


@pytest.mark.parametrize("paper", [sort(), hostile_sort()], ids=["plain", "hostile"])
def test_heads_and_rows_are_those_of_the_small_writer(paper: Paper) -> None:
    small = BytesIO()
    write_xlsx(paper, small, lang="zh")

    assert cells(long(paper))["分拣单"] == cells(small.getvalue())["分拣单"][:-1]  # which ends with the total


@pytest.mark.parametrize("paper", [hostile_sort(), hostile_pick(), hostile_notes()], ids=["sort", "pick", "note"])
def test_no_text_is_a_formula_and_no_row_is_lost(paper: Paper) -> None:
    sheet = printed(paper).worksheets[0]

    assert sheet.max_row == 3 + 25
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    assert "=1+1" in {cell.value for row in sheet.iter_rows() for cell in row}


def test_sums_stand_on_a_sheet_of_their_own() -> None:
    assert cells(long(pick()))["合计"] == [["分表", "行", "需求", "整箱", "零头"], ["合计", 3.0, 384.0, 30.0, 210.0]]


def test_it_is_set_up_for_the_screen_and_for_print() -> None:
    sheet = printed(sort())["分拣单"]

    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet.print_title_rows) == ("A4", "A3:K6", "$1:$3")
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert sheet.sheet_properties.pageSetUpPr is not None
    assert (sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.page_setup.fitToHeight) == (True, 0)
    assert (sheet.oddFooter.left.text, sheet.oddFooter.right.text) == ("7 v2", "第 &P / &N 页")
    assert [sheet.cell(4, column).number_format for column in (1, 2, 5, 9)] == ["@", "@", "0", "0"]
    assert round(sheet.column_dimensions["H"].width) == 23


def test_differences_have_their_sheet() -> None:
    changes = (Change("=1", "RICE-5", "五常大米", 3, 2), Change("良渚", "APPLE", "苹果", 0, 1))

    sheets = cells(long(pick(changes=changes)))

    assert list(sheets) == ["拣货单", "合计", "与上一版的差异"]
    assert sheets["与上一版的差异"][1:] == [["=1", "RICE-5", "五常大米", 3.0, 2.0], ["良渚", "APPLE", "苹果", 0.0, 1.0]]


def test_a_paper_too_long_for_a_sheet_has_one_for_each_zone_and_more_for_a_long_one() -> None:
    paper = in_volumes(("ambient", 30), ("ambient", 30), ("chilled", 47), ("frozen", 1))

    sheets = cells(long(paper, longest_sheet=50))

    assert {name: len(rows) for name, rows in sheets.items()} == {
        "1 常温": 50,
        "2 常温": 3 + 13,
        "3 冷藏": 50,
        "4 冷冻": 4,
        "合计": 1 + 4 + 1,
    }
    assert [row[0] for row in sheets["1 常温"][:4]] == ["分拣单", sheets["4 冷冻"][1][0], "货位", "A1"]
    assert sheets["合计"][1:] == [
        *(["1 常温", 47.0, 47.0], ["2 常温", 13.0, 13.0], ["3 冷藏", 47.0, 47.0], ["4 冷冻", 1.0, 1.0]),
        ["合计", 108.0, 108.0],
    ]


def test_routes_with_forbidden_and_equal_names_have_sheets_of_their_own() -> None:
    sheets = cells(long(in_volumes(("a/b:[*]?", 30), ("A/B", 30), ("西" * 60, 30)), longest_sheet=50))

    assert list(sheets) == ["1 ab", "2 AB", "3 " + "西" * 29, "合计"]


def test_the_same_paper_gives_the_same_bytes_and_says_when_it_was_issued() -> None:
    first = long(notes())

    assert long(notes()) == first
    assert openpyxl.load_workbook(BytesIO(first)).properties.created.isoformat() == "2026-11-22T15:04:00"


def test_it_speaks_english_when_asked() -> None:
    sheets = cells(long(in_volumes(("chilled", 60)), lang="en", longest_sheet=50))

    assert list(sheets) == ["1 Chilled", "2 Chilled", "Total"]
    assert sheets["1 Chilled"][2][:3] == ["Bin", "SKU", "Name"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_two_columns_of_a_paper_have_the_same_title(lang: str) -> None:
    for layout in LAYOUTS.values():
        titles = [column.title.text(lang) for column in layout.flat]
        assert len(set(titles)) == len(titles), layout.kind


def test_a_waves_name_does_no_harm_in_the_footer() -> None:
    head = PaperHead("A&P", 1, HEAD.warehouse, HEAD.delivery_date, HEAD.issued_at)

    assert printed(Paper(sort().kind, head, sort().sections))["分拣单"].oddFooter.left.text == "A&&P v1"
