"""CSV for machines: English heads, codes instead of words, no sums; UTF-8 with a mark, so that spreadsheets read it."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO, TextIOWrapper
from typing import BinaryIO

from fulfillment.domain.layouts import Cell, Layout
from fulfillment.domain.papers import FlatText, Paper, Row, Value
from fulfillment.exports.cells import LONGEST_TEXT, inert, looks_harmless


def write_csv(paper: Paper, out: BinaryIO) -> None:
    """Row by row or block by block: memory does not grow with the paper. ``out`` stays open."""
    text = TextIOWrapper(out, encoding="utf-8-sig", newline="")
    try:
        writer = csv.writer(text)
        writer.writerow(column.key for column in paper.layout.flat)
        if paper.flat is None:
            writer.writerows(_flat_rows(paper))
    finally:
        text.detach()  # else it would close ``out``
    if paper.flat is not None:
        out.writelines(_guarded(paper.layout, paper.flat))


def _flat_rows(paper: Paper) -> Iterator[Row]:
    blanks = _blanks(paper.layout)
    for section in paper.sections:
        group = tuple(map(_plain, section.group))
        for row in section.rows:
            yield (*group, *map(_plain, row), *blanks)


def _guarded(layout: Layout, flat: FlatText) -> Iterator[bytes]:
    """
    Yield the same bytes as the rows one by one would give.

    The server's text needs no change but at the ends of its lines, as long as nothing in it is quoted, could be a
    formula or must be cleaned. A block in which anything might be is taken apart.
    """
    end = ("," * len(_blanks(layout)) + "\r\n").encode()
    for block in flat.blocks():
        text = block.decode()
        if looks_harmless(text) and len(max(block.split(b"\n"), key=len)) <= LONGEST_TEXT:
            yield block.replace(b"\n", end)
        else:
            yield _taken_apart(layout, text).encode()


def _taken_apart(layout: Layout, text: str) -> str:
    blanks = _blanks(layout)
    numbers = [column.cell is Cell.INT for column in layout.flat]
    out = StringIO(newline="")
    fields: Iterable[list[str]] = csv.reader(StringIO(text, newline=""))
    csv.writer(out).writerows(
        [*(field if number else inert(field) for field, number in zip(row, numbers, strict=False)), *blanks]
        for row in fields
    )
    return out.getvalue()


def _blanks(layout: Layout) -> tuple[str, ...]:
    return ("",) * sum(column.cell is Cell.TICK for column in layout.columns)


def _plain(value: Value) -> Value:
    return inert(value) if isinstance(value, str) else value
