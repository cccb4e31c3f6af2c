"""
Reads the xlsx file of a 快团团 export into plain rows; what they mean is ``groupbuy.domain.ktt``.

The file comes from outside, so it is looked at before the reader gets it: the reader lays a sheet out in memory from
its first to its last cell, and one cell at XFD1048576 would ask for 17 billion.
"""

import io
import re
import zipfile
import zlib

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, load_workbook

from groupbuy.domain.ktt import KttError, KttSheets

MAX_BYTES = 20_000_000
MAX_UNPACKED_BYTES = 100_000_000
MAX_CELLS = 2_000_000
MAX_MERGES = 100_000
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
# What the reader would take for another kind of workbook, with other ways to ask for memory.
_OTHER_KINDS = frozenset({"mimetype", "content.xml", "xl/workbook.bin"})
_TAG = re.compile(rb"<(?:\w+:)?(row|c)(?=[\s/>])([^>]*)")
_AT = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]{0,3})([0-9]{1,7})[\"']")


def load_sheets(content: bytes) -> KttSheets:
    """
    Read the four sheets from the bytes of an ``.xlsx``; 商品汇总表 and 说明 may be absent.

    :param content: at most ``MAX_BYTES``.
    :raises KttError: not an xlsx, damaged, too large, or without the sheet 顾客购买表.
    """
    _inspect(content)
    try:
        book = load_workbook(io.BytesIO(content))
        customers = _sheet(book, "顾客购买表")
        products, about = _sheet(book, "商品汇总表"), _sheet(book, "说明")
    except CalamineError as error:
        raise KttError("文件不是有效的 xlsx 表格") from error
    if customers is None:
        raise KttError(f"没有工作表“顾客购买表”，只有：{'、'.join(book.sheet_names)}")
    return KttSheets(
        customers=_rows(customers), merged=_merged(customers), products=_rows(products), about=_rows(about)
    )


def _sheet(book: CalamineWorkbook, name: str) -> CalamineSheet | None:
    return book.get_sheet_by_name(name) if name in book.sheet_names else None


def _rows(sheet: CalamineSheet | None) -> list[list[object]]:
    """All cells from A1 on, so that an index is the spreadsheet's own row and column less one."""
    return [] if sheet is None else [list(row) for row in sheet.to_python(skip_empty_area=False)]


def _merged(sheet: CalamineSheet) -> list[tuple[int, int, int, int]]:
    ranges = sheet.merged_cell_ranges or []
    if len(ranges) > MAX_MERGES:
        raise KttError("合并单元格过多")
    return [(*first, *last) for first, last in ranges]


def _inspect(content: bytes) -> None:
    """Refuse what would not open, and what would take too much memory when opened."""
    if len(content) > MAX_BYTES:
        raise KttError(f"文件超过 {MAX_BYTES // 1_000_000} MB")
    if content.startswith(_OLD_EXCEL):
        raise KttError("文件是旧版 xls 或有密码，请另存为不加密的 xlsx")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_members(archive)
    except zipfile.BadZipFile as error:
        damaged = content.startswith(b"PK")
        raise KttError("文件不完整或已损坏，请重新导出" if damaged else "文件不是 xlsx 表格") from error
    except (zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise KttError("文件已损坏或有密码，请重新导出") from error


def _check_members(archive: zipfile.ZipFile) -> None:
    names = archive.namelist()
    if "xl/workbook.xml" not in names or _OTHER_KINDS.intersection(names) or len(set(names)) != len(names):
        raise KttError("文件不是 xlsx 表格")
    if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_BYTES:
        raise KttError("文件解压后过大")
    for name in names:
        member = archive.read(name)  # also checks its CRC and that it is not longer than declared
        if name.endswith((".xml", ".rels")) and b"\x00" in member:
            raise KttError("文件编码不是 UTF-8")
        _check_extent(member)


def _check_extent(sheet: bytes) -> None:
    """
    Refuse a sheet whose last column times last row exceeds ``MAX_CELLS``.

    Every part of the file is looked at, since a sheet may have any name. A cell without a reference would make the
    extent unknowable here; Excel and 快团团 always write one.
    """
    columns = rows = 0
    for tag, attributes in _TAG.findall(sheet):
        at = _AT.search(attributes)
        if at is None and tag == b"c":
            raise KttError("表格的单元格没有坐标，请用 Excel 另存为 xlsx")
        if at is not None:
            columns, rows = max(columns, _column(at[1])), max(rows, int(at[2]))
    if columns * rows > MAX_CELLS:
        raise KttError("工作表范围过大，请删除数据之外的单元格")


def _column(letters: bytes) -> int:
    """A -> 1, Z -> 26, AA -> 27; no letter -> 0."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number
