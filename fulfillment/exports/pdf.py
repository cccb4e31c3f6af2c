"""PDF on A4 by typst: data goes in as JSON and is only ever text there, never markup."""

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from fulfillment.domain.layouts import FACT_TITLES, WORDS, Cell, Column, Layout
from fulfillment.domain.layouts.shape import LONGEST_PRINTED
from fulfillment.domain.papers import Paper, Row, Value
from fulfillment.exports.batches import Batch, Piece, Sums, whole
from fulfillment.exports.cells import clean, head_facts, worded
from fulfillment.exports.codes import barcode_svg, qr_svg

if TYPE_CHECKING:
    import typst

HERE: Final = Path(__file__).parent

REMEMBERED: Final = 10
"""Documents of which the typesetter keeps what it worked out."""

_LONG_WORD = re.compile(r"[!-~]{16,}")
"""Latin without a blank: the typesetter would not break it and it would run over its neighbours."""


def write_pdf(paper: Paper, out: BinaryIO, *, lang: str) -> None:
    """
    Typeset in memory, then write: memory grows with the pages, so a paper of thousands of rows is for ``long_pdf``.

    The same paper gives the same bytes: the only time in the file is the time of issue.
    """
    out.write(typeset(paper, whole(paper), lang))
    forget()


def typeset(paper: Paper, batch: Batch, lang: str) -> bytes:
    """
    Return the pages of one batch.

    :param paper: whose head, kind and changes are printed; its sections are not looked at.
    """
    import typst

    return typst.compile(
        HERE / "typst" / f"{paper.kind}.typ",
        root=HERE / "typst",
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"paper": json.dumps(_paper(paper, batch, lang), ensure_ascii=False)},
        timestamp=int(paper.head.issued_at.timestamp()),
        pdf_tags=False,
    )


def forget() -> None:
    """
    Let the typesetter give back its memory.

    It keeps what it worked out for the last ten documents, in case the next one is the same; so it gets ten empty ones.
    """
    import typst

    for _ in range(REMEMBERED):
        typst.compile(b"", font_paths=_fonts(), ignore_system_fonts=True)


@cache
def _fonts() -> "typst.Fonts":
    import typst

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[HERE / "fonts"])


def _paper(paper: Paper, batch: Batch, lang: str) -> dict[str, Any]:
    """Everything the template prints, as it is printed."""
    layout = paper.layout
    return {
        "lang": "en" if lang.startswith("en") else "zh",
        "title": layout.title.text(lang),
        "landscape": layout.landscape,
        "head": [[name, _printed(text)] for name, text in head_facts(paper.head, lang)],
        "words": {key: title.text(lang) for key, title in WORDS.items()},
        "volume": WORDS["volume"].text(lang).format(k=batch.number, K=batch.of) if batch.of > 1 else "",
        "group": [column.title.text(lang) for column in layout.group],
        "columns": [_column(layout, column, lang) for column in layout.printed],
        "summed": [_place(layout, layout.columns[index]) for index in layout.summed],
        "signatures": [title.text(lang) for title in layout.signatures],
        "sections": [_section(layout, piece, lang) for piece in batch.pieces],
        "ends": batch.number == batch.of,
        "totals": _sums(layout, batch.total, lang),
        "empty": layout.empty.text(lang),
        "lines": batch.lines,
        "reason": _printed(paper.head.reason),
        "changes": [[_printed(value) for value in change] for change in paper.changes] if batch.number == 1 else [],
    }


def _section(layout: Layout, piece: Piece, lang: str) -> dict[str, Any]:
    section = piece.section
    return {
        "group": [
            _printed(worded(column, value, lang)) for column, value in zip(layout.group, section.group, strict=True)
        ],
        "facts": [[FACT_TITLES[key].text(lang), _printed(text)] for key, text in section.facts],
        "part": section.part,
        "rows": [_row(layout, row, lang) for row in piece.rows],
        "sums": _sums(layout, piece.sums, lang) if piece.sums else [],
        "qr": qr_svg(section.qr) if section.qr else "",
    }


def _column(layout: Layout, column: Column, lang: str) -> dict[str, Any]:
    below = [other.title.text(lang) for other in layout.columns if other.under == column.key]
    return {
        "key": column.key,
        "title": column.title.text(lang),
        "below": below[0] if below else "",
        "cell": column.cell,
        "mm": column.mm,
        "strong": column.strong,
        "part": column.part,
    }


def _sums(layout: Layout, sums: Sums, lang: str) -> list[str]:
    return [worded(layout.columns[index], total, lang) for index, total in zip(layout.summed, sums, strict=True)]


def _row(layout: Layout, row: Row, lang: str) -> list[Any]:
    """Printed texts by column; a pair where a smaller text or the image of a bar code goes with it."""
    below = {
        column.under: _printed(worded(column, value, lang))
        for column, value in zip(layout.columns, row, strict=False)
        if column.under
    }
    cells: list[Any] = []
    for column, value in zip(layout.columns, row, strict=False):
        if column.cell is Cell.BARCODE:
            cells.append([_printed(value), barcode_svg(str(value))])
        elif column.cell is Cell.QR:
            cells.append([_printed(value), qr_svg(str(value))])
        elif column.key in below:
            cells.append([_printed(worded(column, value, lang), column.printed), below[column.key]])
        elif column.printed and not column.under:
            cells.append(_printed(worded(column, value, lang), column.printed))
    return cells


def _place(layout: Layout, column: Column) -> int:
    """Where the column stands among those that are printed."""
    return layout.printed.index(column)


def _printed(value: Value, most: int = LONGEST_PRINTED) -> str:
    """Harmless, cut to what a cell can take, with places where a long word may break."""
    text = clean(str(value))
    short = text if len(text) <= most else f"{text[:most]}…"
    return _LONG_WORD.sub(lambda word: "\u200b".join(word[0]), short)
