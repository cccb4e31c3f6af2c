"""
Long lists as spreadsheets, ten times as fast as ``xlsx`` and in as little memory; heads, cells and print set-up alike.

What differs: sums stand on a sheet of their own, so that nobody sorts them in among a hundred thousand rows, and
headings and signatures of printed pages are left out.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from shutil import copyfileobj
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any, BinaryIO

from fulfillment.domain.layouts import WORDS, Cell
from fulfillment.domain.papers import Paper
from fulfillment.exports.cells import clean
from fulfillment.exports.long_sheets import Record, planned, records, shown_rows
from fulfillment.exports.sheet_lines import Look, change_lines, shown, title_lines
from fulfillment.exports.xlsx import A4_PAPER, LONGEST_SHEET, LOOKS, MARGINS, NUMBERS, print_footer
from fulfillment.exports.xlsx_stamp import stamp

if TYPE_CHECKING:
    from rustpy_xlsxwriter import Format


def write_long_xlsx(paper: Paper, out: BinaryIO, *, lang: str, longest_sheet: int = LONGEST_SHEET) -> None:
    """
    Row by row into a temporary file, then into ``out``, which stays open; the same paper gives the same bytes.

    :param longest_sheet: rows, heads included, that a sheet may have; see ``long_sheets.planned``.
    """
    from rustpy_xlsxwriter import write_worksheets

    book = _Book(paper, lang, longest_sheet)
    with NamedTemporaryFile(suffix=".xlsx") as file:
        path = Path(file.name)
        write_worksheets(book.sheets(), str(path), **book.settings())
        stamp(path, created=paper.head.issued_at)
        with path.open("rb") as written:
            copyfileobj(written, out, 1 << 20)


class _Book:
    """The sheets of one paper, in the order in which they are written: that of its rows, then sums and changes."""

    def __init__(self, paper: Paper, lang: str, longest_sheet: int) -> None:
        self.paper, self.lang, self.layout = paper, lang, paper.layout
        self.heads = title_lines(paper, lang)
        self.data = planned(paper, lang, room=longest_sheet - len(self.heads))
        self.total, self.changed = WORDS["total"].text(lang), WORDS["changes"].text(lang)

    def sheets(self) -> list[tuple[str, Iterable[Record]]]:
        rows = shown_rows(self.paper, self.lang)
        data = [(sheet.name, records(sheet, islice(rows, sheet.length), self.layout, self.lang)) for sheet in self.data]
        changes = [(self.changed, self._changes())] if self.paper.changes else []
        return [*data, (self.total, self._sums()), *changes]

    def _sums(self) -> Iterator[Record]:
        """Yield for each sheet, and for the paper, how many rows there are and what they sum up to."""
        columns = [self.layout.columns[index] for index in self.layout.summed]
        titles = [WORDS[key].text(self.lang) for key in ("sheet", "lines")] + [
            column.title.text(self.lang) for column in columns
        ]
        sheets = [(sheet.name, sheet.length, sheet.sums) for sheet in self.data]
        whole = (self.total, sum(each.length for each in self.data), _added(each.sums for each in self.data))
        for name, length, sums in [*sheets, whole] if len(sheets) > 1 else [whole]:
            numbers = [shown(column, total, self.lang) for column, total in zip(columns, sums, strict=True)]
            yield dict(zip(titles, (name, length, *numbers), strict=True))

    def _changes(self) -> Iterator[Record]:
        heads, *changes = change_lines(self.paper, self.lang)
        titles = [str(title) for _, title, _ in heads.cells]
        for line in changes:
            yield dict(zip(titles, (_cleaned(value) for _, value, _ in line.cells), strict=True))

    def settings(self) -> dict[str, Any]:
        """Return what the writer is to do with each sheet, by its name."""
        names = [sheet.name for sheet in self.data]
        first = len(self.heads)
        kinds = [_kind(column.cell) for column in self.layout.flat]
        formats = {kind: _format(Look.CELL, NUMBERS[kind]) for kind in NUMBERS}
        each: dict[str, Any] = {
            "header_row": first - 1,
            "freeze_panes": {"row": first, "col": 0},
            "merge_ranges": self._merged(),
            "column_widths": [float(column.chars) for column in self.layout.flat],
            "column_formats": [formats[kind] for kind in kinds],
            "autofilter": True,
            "page_setup": _page_setup(self.paper, self.lang, heads=first),
            "ignore_errors": [
                column.title.text(self.lang)
                for column, kind in zip(self.layout.flat, kinds, strict=True)
                if kind is str
            ],
        }
        settings = {what: dict.fromkeys(names, how) for what, how in each.items()}
        settings["column_widths"] |= {self.total: [24.0] * (2 + len(self.layout.summed)), self.changed: [24.0] * 5}
        return {**settings, "header_format": {"general": _format(Look.HEAD, NUMBERS[str])}}

    def _merged(self) -> list[tuple[int, int, int, int, str, "Format"]]:
        """Title and facts, over all columns."""
        last = len(self.layout.flat) - 1
        lines = [line.cells[0] for line in self.heads[:-1]]
        return [
            (row, 0, row, last, clean(str(text)), _format(look, NUMBERS[str]))
            for row, (_, text, look) in enumerate(lines)
        ]


def _added(sums: Iterator[list[int]]) -> list[int]:
    return [sum(parts) for parts in zip(*sums, strict=True)]


def _cleaned(value: Any) -> Any:
    return clean(value) if isinstance(value, str) else value


def _kind(cell: Cell) -> type:
    """What is to be expected in a column; blanks may stand among numbers."""
    if cell in (Cell.GRAMS, Cell.FEN):
        return float
    return int if cell in (Cell.INT, Cell.ENTRY) else str


def _format(look: Look, number: str) -> "Format":
    """Return a look of the printed spreadsheets, at one size: rows of a long list are all equally high."""
    from rustpy_xlsxwriter import Format

    how = LOOKS[look]
    made = Format().set_num_format(number).set_font_size(how["font_size"])
    if how.get("bold"):
        made = made.set_bold()
    if how.get("border"):
        made = made.set_border("thin")
    if "bg_color" in how:
        made = made.set_background_color(how["bg_color"])
    return made.set_align("center") if how.get("align") == "center" else made


def _page_setup(paper: Paper, lang: str, *, heads: int) -> dict[str, Any]:
    return {
        "landscape": True,
        "paper_size": A4_PAPER,
        "margins": MARGINS,
        "repeat_rows": (0, heads - 1),
        "fit_to_pages": (1, 0),
        "footer": print_footer(paper, lang),
    }
