"""Files that are no 快团团 export are refused with a sentence that helps, whatever their bytes."""

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
import xlsxwriter

from groupbuy.domain.ktt import KttError, read_ktt
from groupbuy.providers.ktt_file import MAX_BYTES, load_sheets

SAMPLE = Path(__file__).parents[2] / "fixtures" / "kuaituantuan" / "ktt_community_export_clean_110.xlsx"
HEADS = ("跟团号", "商品", "数量", "商品金额", "订单金额", "收货人", "联系电话")
LINE = (1, "西瓜", 1, 10, 10, "王小明", 13800000000)


def workbook(rows: Sequence[Sequence[object]], *, sheet: str = "顾客购买表") -> bytes:
    held = io.BytesIO()
    book = xlsxwriter.Workbook(held, {"in_memory": True})
    page = book.add_worksheet(sheet)
    for number, row in enumerate(rows):
        page.write_row(number, 0, row)
    book.close()
    return held.getvalue()


def repacked(content: bytes, **members: bytes | None) -> bytes:
    """The same archive with members replaced, added, or (None) left out; ``__`` in a name stands for ``/``."""
    wanted = {name.replace("__", "/"): body for name, body in members.items()}
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as new:
        for name in dict.fromkeys([*old.namelist(), *wanted]):
            body = wanted[name] if name in wanted else old.read(name)
            if body is not None:
                new.writestr(name, body)
    return held.getvalue()


def with_sheet(xml: str) -> bytes:
    return repacked(workbook([HEADS, LINE]), **{"xl__worksheets__sheet1.xml": xml.encode()})


def sheet_xml(data: str) -> str:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{space}"><sheetData>{data}</sheetData></worksheet>'


def refusal(content: bytes) -> str:
    with pytest.raises(KttError) as caught:
        read_ktt(load_sheets(content))
    return str(caught.value)


def test_a_small_written_file_is_read() -> None:
    file = read_ktt(load_sheets(workbook([HEADS, LINE])))

    assert [(order.number, order.amount_fen, order.phones) for order in file.orders] == [(1, 1_000, ("13800000000",))]
    assert file.doubts == ()


@pytest.mark.parametrize("content", [b"", b"hello", "跟团号,商品\n1,西瓜".encode(), b"<html></html>", b"%PDF-1.7"])
def test_bytes_that_are_no_workbook_are_refused(content: bytes) -> None:
    assert refusal(content) == "文件不是 xlsx 表格"


def test_an_old_or_locked_workbook_is_refused_with_what_to_do() -> None:
    assert refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)) == "文件是旧版 xls 或有密码，请另存为不加密的 xlsx"


@pytest.mark.parametrize("kept", [4, 100, 5_000, 24_000])
def test_a_file_cut_short_is_refused(kept: int) -> None:
    assert refusal(SAMPLE.read_bytes()[:kept]) == "文件不完整或已损坏，请重新导出"


def test_a_file_with_a_damaged_part_is_refused() -> None:
    content = bytearray(SAMPLE.read_bytes())
    content[8_000:8_200] = bytes(200)

    assert "已损坏" in refusal(bytes(content))


def test_a_zip_that_is_no_workbook_is_refused() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("a.txt", "a")

    assert refusal(held.getvalue()) == "文件不是 xlsx 表格"


def test_a_workbook_of_another_kind_inside_is_refused() -> None:
    assert refusal(repacked(workbook([HEADS, LINE]), mimetype=b"x")) == "文件不是 xlsx 表格"


@pytest.mark.parametrize(
    "data", ["<row r='1'><c r='A1'", "<row r='1'><c r='A1'></row>", "<row r='1'><c r='A1' t='s'><v>99</v></c></row>"]
)
def test_a_workbook_with_broken_xml_is_refused(data: str) -> None:
    assert refusal(with_sheet(sheet_xml(data))) == "文件不是有效的 xlsx 表格"


def test_a_workbook_whose_book_is_missing_its_relations_is_refused() -> None:
    content = repacked(workbook([HEADS, LINE]), **{"xl___rels__workbook.xml.rels": None})

    assert refusal(content) == "文件不是有效的 xlsx 表格"


def test_a_workbook_without_the_customers_sheet_is_told_which_sheets_it_has() -> None:
    assert refusal(workbook([HEADS, LINE], sheet="订单")) == "没有工作表“顾客购买表”，只有：订单"


def test_an_empty_sheet_is_told_all_heads_it_needs() -> None:
    assert refusal(workbook([])) == "“顾客购买表”缺少表头：跟团号、商品、数量、商品金额、订单金额、收货人、联系电话"


def test_a_sheet_with_heads_only_is_refused() -> None:
    assert refusal(workbook([HEADS])) == "“顾客购买表”里没有订单"


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        (0, "甲", "第 3 行：跟团号不是数字"),
        (1, "", "第 3 行：商品为空"),
        (2, "两份", "第 3 行：数量不是数字"),
        (2, 0, "第 3 行：数量须在 1 到 100000 之间"),
        (2, -1, "第 3 行：数量须在 1 到 100000 之间"),
        (2, 1.5, "第 3 行：数量不是整数"),
        (3, "", "第 3 行：商品金额为空"),
        (3, -10, "第 3 行：商品金额为负数"),
        (3, 9.999, "第 3 行：商品金额不是整分"),
        (4, "十元", "第 3 行：订单金额不是数字"),
        (4, -10, "第 3 行：订单金额为负数"),
    ],
)
def test_a_bad_cell_is_named_with_its_row(column: int, cell: object, said: str) -> None:
    bad = [*LINE]
    bad[column] = cell

    assert refusal(workbook([HEADS, LINE, bad])) == said


def test_a_file_too_large_to_be_one_campaign_is_refused_unread() -> None:
    assert refusal(bytes(MAX_BYTES + 1)) == "文件超过 20 MB"


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = repacked(workbook([HEADS, LINE]), **{"xl__media__a.bin": bytes(100_000_001)})

    assert len(bomb) < 200_000
    assert refusal(bomb) == "文件解压后过大"


@pytest.mark.parametrize(
    "data",
    [
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        "<row r='1'><c r='xfd1'><v>1</v></c></row><row r='1048576'><c r='A1048576'><v>1</v></c></row>",
        '<x:row xmlns:x="u" r="1048576"><c t="n" r="ZZ9"/></x:row>',
    ],
)
def test_a_sheet_stretched_by_a_far_cell_is_refused_before_memory_is_asked_for(data: str) -> None:
    assert refusal(with_sheet(sheet_xml(data))) == "工作表范围过大，请删除数据之外的单元格"


def test_cells_without_references_are_refused() -> None:
    data = '<row r="1048576">' + "<c><v>1</v></c>" * 3 + "</row>"

    assert refusal(with_sheet(sheet_xml(data))) == "表格的单元格没有坐标，请用 Excel 另存为 xlsx"


def test_a_sheet_in_another_encoding_is_refused() -> None:
    content = repacked(workbook([HEADS, LINE]), **{"xl__worksheets__sheet1.xml": sheet_xml("").encode("utf-16")})

    assert refusal(content) == "文件编码不是 UTF-8"
