"""Counting rows while they are read, whatever they are read for."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from fulfillment.domain.papers import FlatText, Paper, Row, Section

Told: TypeAlias = Callable[[int], None]
"""Hears how many more rows are done; what it raises ends the work."""

STEP: Final = 1_000
"""Rows between two words."""


def nobody(rows: int) -> None:
    """Hear nothing."""


def watched(paper: Paper, told: Told) -> Paper:
    """Return the same paper, whose rows are told of as they are read."""
    if told is nobody:
        return paper
    flat = _Flat(paper.flat, told) if paper.flat else None
    return replace(paper, sections=_Sections(paper.sections, told), flat=flat, length=paper.count())


@dataclass(frozen=True, slots=True)
class _Sections:
    sections: Iterable[Section]
    told: Told

    def __iter__(self) -> Iterator[Section]:
        for section in self.sections:
            yield replace(section, rows=self._counted(section.rows))

    def _counted(self, rows: Iterable[Row]) -> Iterator[Row]:
        since = 0
        for row in rows:
            yield row
            since += 1
            if since == STEP:
                self.told(since)
                since = 0
        self.told(since)


@dataclass(frozen=True, slots=True)
class _Flat:
    flat: FlatText
    told: Told

    def count(self) -> int:
        return self.flat.count()

    def blocks(self) -> Iterator[bytes]:
        for block in self.flat.blocks():
            yield block
            self.told(block.count(b"\n"))
