"""Papers as spreadsheets, read back by two programs that did not write them."""

import dataclasses
from datetime import datetime
from io import BytesIO
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineWorkbook

from fulfillment.domain.papers import Change, Paper
from fulfillment.exports.xlsx import write_xlsx
from tests.exports.papers import (
    HEAD,
    HOSTILE,
    PICK_ROWS,
    bags,
    hostile_notes,
    hostile_pick,
    hostile_sort,
    notes,
    pick,
    rendered,
    sort,
)


def sheets(paper: Paper, lang: str = "zh") -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(BytesIO(rendered(paper, "xlsx", lang)))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def opened(paper: Paper) -> Worksheet:
    sheet = openpyxl.load_workbook(BytesIO(rendered(paper, "xlsx"))).active
    assert isinstance(sheet, Worksheet)
    return sheet


def test_a_pick_list_has_title_facts_heads_rows_and_exact_sums() -> None:
    title, facts, heads, *rows = sheets(pick())["拣货单"]

    assert title[0] == "拣货单"
    assert facts[0] == "波次：7　版本：v2　仓库：余杭中心仓　配送日期：2026-11-23　出单时间：2026-11-22 23:04"
    assert heads == [
        *("温区", "货位", "商品条码", "商品编码", "品名", "规格", "需求"),
        *("单位", "箱规", "整箱", "零头", "实拣", "缺货"),
    ]
    assert rows[0] == [
        *("常温", "A01-01", "06901234567892", "RICE-5", "五常大米", "5kg/袋"),
        *(166.0, "袋", 6.0, 27.0, 4.0, "", ""),
    ]
    sums = [(row[0], row[6], row[9], row[10]) for row in rows[3:]]
    assert sums == [
        ("小计 常温", 166.0 + 203, 27.0, 4.0 + 203),
        ("小计 冷冻", 15.0, 3.0, 3.0),
        ("合计", 384.0, 30.0, 210.0),
    ]


def test_it_speaks_english_when_asked() -> None:
    _, facts, heads, first, *_ = sheets(pick(), "en")["Pick list"]

    assert facts[0].startswith("Wave：7　Version：v2　")
    assert heads[:3] == ["Zone", "Bin", "Barcode"]
    assert first[0] == "Ambient"


def test_a_sort_list_ends_with_one_total() -> None:
    rows = sheets(sort())["分拣单"]

    assert [row[0] for row in rows[3:]] == ["A01-01", "A01-01", "A01-02", "合计"]
    assert rows[-1][8] == 369.0
    assert [row[9] for row in rows[3:6]] == [100.0, 166.0, 203.0]


def test_each_note_has_its_heading_its_sum_its_signatures_and_a_page_of_its_own() -> None:
    rows = sheets(notes())["配送交接单"]
    first_column = [row[0] for row in rows]

    assert first_column[3] == "单号 DN-1　格口号 1　自提点编码 HZ0001　自提点 翡翠城东门驿站"
    assert first_column[4].startswith(
        "地址 文一西路998号　团长 欧阳𬭎玥　电话 138****1234　站序 1　预计到达 11-23 06:40"
    )
    assert first_column[8] == "小计 DN-1"
    assert first_column[9] == "仓库 签字 ____________　　司机 签字 ____________　　团长 签字 ____________"
    assert [rows[8][8], rows[52][8], rows[54][8]] == [6.0, 820.0, 826.0]
    assert [page.id for page in opened(notes()).row_breaks.brk] == [10, 54]


def test_it_is_set_up_for_the_screen_and_for_paper() -> None:
    sheet = opened(pick())

    assert sheet.freeze_panes == "A4"
    assert sheet.auto_filter.ref == "A3:M6"
    assert sheet.print_title_rows == "$1:$3"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage is True
    assert sheet.page_setup.fitToHeight == 0  # as many pages as it takes, one page wide
    assert sheet.print_area == "'拣货单'!$A$1:$M$9"
    assert (sheet.oddFooter.left.text, sheet.oddFooter.right.text) == ("7 v2", "第 &P / &N 页")


def test_it_was_created_when_the_paper_was_issued() -> None:
    book = openpyxl.load_workbook(BytesIO(rendered(pick(), "xlsx")))

    assert book.properties.created == datetime(2026, 11, 22, 15, 4)  # noqa: DTZ001 - the format has UTC without a mark


def test_numbers_are_numbers_and_digits_of_a_barcode_stay_text() -> None:
    sheet = opened(pick())

    assert (sheet["G4"].value, sheet["G4"].data_type) == (166, "n")
    assert (sheet["C4"].value, sheet["C4"].data_type, sheet["C4"].number_format) == ("06901234567892", "s", "@")


def test_a_long_text_is_broken_over_lines_and_its_row_is_as_high_as_they_are() -> None:
    rows = (PICK_ROWS[0], PICK_ROWS[1]._replace(name="昭通丑苹果礼盒装" * 5))  # 80 wide in a column of 28

    sheet = opened(pick(rows=rows))

    assert (sheet["E5"].alignment.wrap_text, sheet["G5"].alignment.wrap_text) == (True, None)
    assert [sheet.row_dimensions[row].height for row in (4, 5)] == [20.25, 51.75]  # whole pixels


def test_codes_for_machines_are_there_but_hidden() -> None:
    sheet = opened(bags())

    assert (sheet["J3"].value, sheet["J6"].value) == ("编码*数量", "RICE-5*45")
    assert sheet.column_dimensions["J"].hidden


def test_a_spreadsheet_that_comes_again_says_why() -> None:
    again = dataclasses.replace(pick(), head=dataclasses.replace(HEAD, reason="缺货后重出"))

    assert sheets(again)["拣货单"][1][0].endswith("出单时间：2026-11-22 23:04　原因：缺货后重出")


def test_hostile_text_opens_as_text_without_formula_or_link() -> None:
    for paper in (hostile_pick(), hostile_sort(), hostile_notes()):
        for sheet in openpyxl.load_workbook(BytesIO(rendered(paper, "xlsx"))).worksheets:
            cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]

            assert not [cell.value for cell in cells if cell.data_type == "f" or cell.hyperlink]
            assert max(len(str(cell.value)) for cell in cells) == 32_767

    names = [row[4] for row in sheets(hostile_pick())["拣货单"][3 : 3 + len(HOSTILE)]]
    assert names[3] == "=1+1"
    assert names[15:20] == ["控制", "表情😀", "孤儿", "", "反转"]


def test_differences_from_the_last_version_have_a_sheet_of_their_own() -> None:
    changed = pick(changes=(Change("翡翠城东门驿站", "RICE-5", "五常大米", 170, 166),))

    assert sheets(changed)["与上一版的差异"] == [
        ["自提点", "商品编码", "品名", "原", "现"],
        ["翡翠城东门驿站", "RICE-5", "五常大米", 170.0, 166.0],
    ]
    assert list(sheets(pick())) == ["拣货单"]


def test_a_full_sheet_goes_on_in_the_next_with_the_same_heads_and_nothing_lost() -> None:
    out = BytesIO()
    write_xlsx(sort(), out, lang="zh", longest_sheet=5)
    out.seek(0)
    book = CalamineWorkbook.from_filelike(out)

    assert book.sheet_names == ["分拣单", "分拣单 2"]
    first, second = (book.get_sheet_by_name(name).to_python() for name in book.sheet_names)
    assert first[:3] == second[:3]
    assert [row[8] for row in first[3:] + second[3:]] == [100.0, 66.0, 203.0, 369.0]


def test_a_paper_without_rows_is_a_sheet_with_heads_and_a_total_of_nothing() -> None:
    rows = sheets(pick(rows=()))["拣货单"]

    assert [row[0] for row in rows[3:]] == ["本波次没有要处理的商品。", "合计"]
    assert rows[4][6] == 0.0
