"""Spreadsheets that are also printed: one flat table on A4 landscape, the same paper always the same bytes."""

from dataclasses import dataclass
from datetime import UTC
from typing import Any, BinaryIO, Final, TypeAlias

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from fulfillment.domain.layouts import WORDS, Layout
from fulfillment.domain.papers import Paper
from fulfillment.exports.cells import LONGEST_TEXT, clean
from fulfillment.exports.sheet_lines import Line, Look, change_lines, lines, title_lines

LONGEST_SHEET: Final = 1_048_576
"""Rows of a sheet, fixed by the format."""

MOST_PAGE_BREAKS: Final = 1_000
"""A little under the 1,023 that spreadsheets read."""

A4_PAPER: Final = 9
A4_WIDTH_MM: Final = 277
"""Landscape, without the margins."""

MM_PER_CHARACTER: Final = 2.45
"""Of a column's width where the usual font is missing and a wider one takes its place; else there is room to spare."""

MARGINS: Final = {"left": 0.4, "right": 0.4, "top": 0.5, "bottom": 0.6}
"""Inches."""

NUMBERS: Final[dict[type, str]] = {str: "@", int: "0", float: "0.00"}
"""Text is marked as text, so that a barcode keeps its leading zeros when somebody edits the cell."""

Looks: TypeAlias = dict[tuple[Look, type], Format]

OPTIONS: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}

LOOKS: Final[dict[Look, dict[str, Any]]] = {
    Look.TITLE: {"bold": True, "font_size": 16},
    Look.PLAIN: {"font_size": 11},
    Look.HEAD: {"bold": True, "font_size": 11, "border": 1, "bg_color": "#D9D9D9", "align": "center"},
    Look.SECTION: {"bold": True, "font_size": 12, "bg_color": "#F2F2F2"},
    Look.CELL: {"font_size": 11, "border": 1, "valign": "vcenter"},
    Look.STRONG: {"bold": True, "font_size": 13, "border": 1, "valign": "vcenter"},
    Look.SUM: {"bold": True, "font_size": 13, "top": 1, "bottom": 1, "bg_color": "#E7E7E7", "valign": "vcenter"},
}

TEXT_LOOK: Final[dict[str, Any]] = {"text_wrap": True, "indent": 1}
"""Of cells with text: it is broken over lines rather than hidden behind its neighbour, and keeps off the number before it."""

ROW_HEIGHT: Final = 20
LINE_HEIGHT: Final = 16
MOST_LINES: Final = 20
"""Points, and lines of one row; no spreadsheet shows more than 409 points."""


def write_xlsx(paper: Paper, out: BinaryIO, *, lang: str, longest_sheet: int = LONGEST_SHEET) -> None:
    """
    Row by row into a temporary file, then packed into ``out``, which stays open.

    :param longest_sheet: rows after which the paper goes on in a further sheet, with the same heads.
    """
    with xlsxwriter.Workbook(out, OPTIONS) as book:
        created = paper.head.issued_at.astimezone(UTC).replace(tzinfo=None)
        book.set_properties({"title": paper.layout.title.text(lang), "created": created})
        pages = _Pages(book, paper, lang=lang, longest_sheet=longest_sheet)
        for line in lines(paper, lang):
            pages.add(line)
        pages.close()
        if paper.changes:
            _add_changes(book, paper, lang, pages.looks)


@dataclass(slots=True)
class _Sheet:
    """One sheet and how far it is written."""

    sheet: Worksheet
    looks: Looks
    room: tuple[int, ...] = ()
    row: int = 0
    last_data_row: int = 0

    def add(self, line: Line) -> None:
        if line.is_data and (lines := self._lines(line)) > 1:
            self.sheet.set_row(self.row, ROW_HEIGHT + (min(lines, MOST_LINES) - 1) * LINE_HEIGHT)
        for place, value, look in line.cells:
            if not isinstance(value, str):
                self.sheet.write_number(self.row, place, value, self.looks[look, type(value)])
            elif text := clean(value):
                self.sheet.write_string(self.row, place, text, self.looks[look, str])
            else:
                self.sheet.write_blank(self.row, place, None, self.looks[look, str])
        if line.is_data:
            self.last_data_row = self.row
        self.row += 1

    def _lines(self, line: Line) -> int:
        """How many lines the longest text needs in its column; a Chinese character is as wide as two others."""
        return max(
            -(-(len(value) + sum(letter > "\u2e80" for letter in value)) // self.room[place])
            for place, value, _ in line.cells
            if isinstance(value, str)
        )


class _Pages:
    """The lines of a paper over as many equal sheets as they need."""

    def __init__(self, book: xlsxwriter.Workbook, paper: Paper, *, lang: str, longest_sheet: int) -> None:
        self.book, self.paper, self.lang, self.longest_sheet = book, paper, lang, longest_sheet
        self.heads = title_lines(paper, lang)
        self.looks = _looks(book)
        self.sheets = 0
        self._open()

    def add(self, line: Line) -> None:
        if self.current.row >= self.longest_sheet or len(self.breaks) >= MOST_PAGE_BREAKS:
            self.close()
            self._open()
        self.current.add(line)
        if line.ends_page:
            self.breaks.append(self.current.row)

    def close(self) -> None:
        head_row = len(self.heads) - 1
        self.current.sheet.set_h_pagebreaks(self.breaks)
        last_row = max(self.current.last_data_row, head_row)
        last_column = len(self.paper.layout.flat) - 1
        self.current.sheet.autofilter(head_row, 0, last_row, last_column)
        self.current.sheet.print_area(0, 0, max(self.current.row, 1) - 1, last_column)

    def _open(self) -> None:
        self.sheets += 1
        name = self.paper.layout.title.text(self.lang)
        sheet = self.book.add_worksheet(name if self.sheets == 1 else f"{name} {self.sheets}")
        _set_up(sheet, self.paper.layout, frozen_rows=len(self.heads), footer=print_footer(self.paper, self.lang))
        self.current, self.breaks = _Sheet(sheet, self.looks, _room(self.paper.layout)), list[int]()
        for line in self.heads:
            self.current.add(line)


def _looks(book: xlsxwriter.Workbook) -> Looks:
    return {
        (look, kind): book.add_format({**how, **_text_look(look, kind), "num_format": code})
        for look, how in LOOKS.items()
        for kind, code in NUMBERS.items()
    }


def _room(layout: Layout) -> tuple[int, ...]:
    """How many characters fit into a line of each column: fewer large ones, and any number where nobody looks."""
    return tuple(
        (column.chars * 3 // 4 if column.strong else column.chars - 1) if column.printed else LONGEST_TEXT
        for column in layout.flat
    )


def _text_look(look: Look, kind: type) -> dict[str, Any]:
    return TEXT_LOOK if kind is str and look in (Look.CELL, Look.STRONG) else {}


def _set_up(sheet: Worksheet, layout: Layout, *, frozen_rows: int, footer: str) -> None:
    for place, column in enumerate(layout.flat):
        sheet.set_column(place, place, column.chars, None, {"hidden": not column.printed})
    sheet.set_default_row(ROW_HEIGHT)
    sheet.freeze_panes(frozen_rows, 0)
    sheet.set_paper(A4_PAPER)
    sheet.set_landscape()
    sheet.set_margins(**MARGINS)
    sheet.repeat_rows(0, frozen_rows - 1)
    sheet.set_footer(footer)
    if layout.page_per_section:  # spreadsheets ignore page breaks while they fit pages, so the scale is worked out here
        width = sum(column.chars + 1 for column in layout.flat if column.printed) * MM_PER_CHARACTER
        sheet.set_print_scale(min(100, int(100 * A4_WIDTH_MM / width)))
    else:
        sheet.fit_to_pages(1, 0)


def print_footer(paper: Paper, lang: str) -> str:
    wave = clean(paper.head.wave)[:60].replace("&", "&&")
    page = WORDS["page"].text(lang).format(n="&P", N="&N")
    return f"&L{wave} v{paper.head.version}&R{page}"


def _add_changes(book: xlsxwriter.Workbook, paper: Paper, lang: str, looks: Looks) -> None:
    sheet = book.add_worksheet(WORDS["changes"].text(lang))
    sheet.set_column(0, 2, 24)
    written = _Sheet(sheet, looks)
    for line in change_lines(paper, lang):
        written.add(line)
