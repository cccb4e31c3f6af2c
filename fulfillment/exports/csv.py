"""CSV for machines: English heads, codes instead of words, no sums; UTF-8 with a mark, so that spreadsheets read it."""

import csv
from collections.abc import Iterator
from io import TextIOWrapper
from typing import BinaryIO

from fulfillment.domain.layouts import Cell
from fulfillment.domain.papers import Paper, Row, Value
from fulfillment.exports.cells import inert


def write_csv(paper: Paper, out: BinaryIO) -> None:
    """Row by row: memory does not grow with the paper. ``out`` stays open."""
    text = TextIOWrapper(out, encoding="utf-8-sig", newline="")
    try:
        writer = csv.writer(text)
        writer.writerow(column.key for column in paper.layout.flat)
        writer.writerows(_flat_rows(paper))
    finally:
        text.detach()  # else it would close ``out``


def _flat_rows(paper: Paper) -> Iterator[Row]:
    blanks = ("",) * sum(column.cell is Cell.TICK for column in paper.layout.columns)
    for section in paper.sections:
        group = tuple(map(_plain, section.group))
        for row in section.rows:
            yield (*group, *map(_plain, row), *blanks)


def _plain(value: Value) -> Value:
    return inert(value) if isinstance(value, str) else value
