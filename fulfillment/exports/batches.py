"""A long paper cut into batches, each of which a typesetter takes in one go."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, NamedTuple, TypeAlias

from fulfillment.domain.layouts import Layout
from fulfillment.domain.papers import Paper, Row, Section, amount

MOST_ROWS: Final = 1_250
"""Rows of a batch, about fifty pages: its typesetter's memory grows with them."""

MOST_SECTIONS: Final = 50
"""Sections of a batch where each has pages of its own."""

Sums: TypeAlias = tuple[int, ...]


class Piece(NamedTuple):
    """
    A section, or what of it goes into one batch.

    :param sums: what the rows of the whole section sum up to, by ``Layout.summed``; empty where it goes on.
    """

    section: Section
    rows: Sequence[Row]
    sums: Sums


@dataclass(frozen=True, slots=True)
class Batch:
    """
    :param number: from 1.
    :param of: how many there are; 0 where nobody needs to know, since every section numbers its own pages.
    :param lines: how many rows the paper has up to the end of this batch; ``total``: what they sum up to.
    """

    number: int
    of: int
    pieces: tuple[Piece, ...]
    lines: int
    total: Sums

    @property
    def rows(self) -> int:
        return sum(len(piece.rows) for piece in self.pieces)


def whole(paper: Paper) -> Batch:
    """Return all of a paper as one batch."""
    (batch,) = _cut(paper, sys.maxsize, sys.maxsize, by_volume=False)
    return replace(batch, of=1)


def batches(paper: Paper, *, most_rows: int = MOST_ROWS, most_sections: int = MOST_SECTIONS) -> Iterator[Batch]:
    """
    Cut a paper, always alike; one without rows is one batch.

    Sections with pages of their own stay whole. Of other papers each batch is printed as a volume (册) by itself, which
    says how many there are: for that its rows are gone through twice.
    """
    if paper.layout.page_per_section:
        yield from _cut(paper, most_rows, most_sections, by_volume=False)
        return
    of = sum(1 for _ in _cut(paper, most_rows, sys.maxsize, by_volume=True))
    for batch in _cut(paper, most_rows, sys.maxsize, by_volume=True):
        yield replace(batch, of=of)


def _cut(paper: Paper, most_rows: int, most_sections: int, *, by_volume: bool) -> Iterator[Batch]:
    """:param by_volume: no batch has rows of two zones or routes."""
    taken = Batch(0, 0, (), 0, (0,) * len(paper.layout.summed))
    held: list[Piece] = []
    rows = 0
    for section in paper.sections:
        for piece in _pieces(paper.layout, section, most_rows):
            full = rows + len(piece.rows) > most_rows or len(held) >= most_sections
            if _may_begin(piece, held) and (full or (by_volume and section.volume != held[-1].section.volume)):
                taken, held, rows = _next(paper.layout, taken, held), [], 0
                yield taken
            held.append(piece)
            rows += len(piece.rows)
    if held or not taken.number:
        yield _next(paper.layout, taken, held)


def _may_begin(piece: Piece, held: list[Piece]) -> bool:
    """Whether a batch may begin here; sections of several parts that belong together are not torn apart."""
    return bool(held) and piece.section.part == held[0].section.part


def _pieces(layout: Layout, section: Section, most_rows: int) -> Iterator[Piece]:
    most = sys.maxsize if layout.page_per_section else most_rows
    rows = iter(section.rows)
    sums: Sums = (0,) * len(layout.summed)
    part, following = list(islice(rows, most)), True
    while following:
        sums = _added(layout, sums, part)
        rest = list(islice(rows, most))
        following = bool(rest)
        yield Piece(replace(section, rows=()), part, () if following else sums)
        part = rest


def _next(layout: Layout, last: Batch, held: list[Piece]) -> Batch:
    total = last.total
    for piece in held:
        total = _added(layout, total, piece.rows)
    lines = last.lines + sum(len(piece.rows) for piece in held)
    return Batch(last.number + 1, 0, tuple(held), lines, total)


def _added(layout: Layout, sums: Sums, rows: Sequence[Row]) -> Sums:
    return tuple(
        so_far + sum(amount(row[index]) for row in rows) for so_far, index in zip(sums, layout.summed, strict=True)
    )
