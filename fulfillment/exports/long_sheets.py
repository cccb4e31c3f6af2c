"""How the rows of a long list are dealt out to sheets, and what stands in their cells."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Final, TypeAlias

from fulfillment.domain.layouts import CODES, Cell, Column, Layout
from fulfillment.domain.papers import Paper, Row, Value, amount
from fulfillment.exports.cells import clean
from fulfillment.exports.sheet_lines import Shown, shown

Record: TypeAlias = dict[str, Shown]

LONGEST_NAME: Final = 31
"""Characters of a sheet's name, fixed by the format, as is what it may not hold."""

_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")


@dataclass(slots=True)
class Sheet:
    """
    :param length: how many of the paper's rows stand on it.
    :param sums: of ``Layout.summed``, complete once its rows are written.
    """

    name: str
    length: int
    sums: list[int]


def planned(paper: Paper, lang: str, *, room: int) -> list[Sheet]:
    """
    Deal the rows out to sheets of at most ``room``.

    A paper that is too long for one has a sheet for each volume, and as many as it takes for a volume that is too long.
    """
    title = paper.layout.title.text(lang)
    zeros = [0] * len(paper.layout.summed)
    if (total := paper.count()) <= room:
        return [Sheet(title, total, zeros)]
    parts = [
        (volume, min(room, length - start))
        for volume, length in _volumes(paper).items()
        for start in range(0, length, room)
    ]
    return [Sheet(_name(n, volume, title, lang), length, zeros.copy()) for n, (volume, length) in enumerate(parts, 1)]


def _volumes(paper: Paper) -> dict[str, int]:
    """Return the rows of each volume, in the order in which they come."""
    lengths: dict[str, int] = {}
    for section in paper.sections:
        lengths[section.volume] = lengths.get(section.volume, 0) + sum(1 for _ in section.rows)
    return lengths


def _name(n: int, volume: str, title: str, lang: str) -> str:
    """A zone's wording or a route's name, which anybody may have written; the number keeps it unique."""
    word = CODES[volume].text(lang) if volume in CODES else volume or title
    return f"{n} {_FORBIDDEN.sub('', clean(word))}"[:LONGEST_NAME]


def shown_rows(paper: Paper, lang: str) -> Iterator[tuple[list[Shown], Row]]:
    """Yield for each row the cells of its section, worked out once, and its own values."""
    shows = [_shower(column, lang) for column in paper.layout.group]
    for section in paper.sections:
        group = [show(value) for show, value in zip(shows, section.group, strict=True)]
        for row in section.rows:
            yield group, row


def records(sheet: Sheet, rows: Iterable[tuple[list[Shown], Row]], layout: Layout, lang: str) -> Iterator[Record]:
    """Yield rows of ``shown_rows`` as they are written, with boxes for the pen, and add up what is summed."""
    titles = [column.title.text(lang) for column in layout.flat]
    blanks = [""] * sum(column.cell is Cell.TICK for column in layout.columns)
    shows = [
        (place, _shower(column, lang)) for place, column in enumerate(layout.columns) if column.cell is not Cell.TICK
    ]
    for group, row in rows:
        for index, place in enumerate(layout.summed):
            sheet.sums[index] += amount(row[place])
        yield dict(zip(titles, [*group, *[show(row[place]) for place, show in shows], *blanks], strict=True))


def _shower(column: Column, lang: str) -> Callable[[Value], Shown]:
    """Return what turns the column's values into cells; texts of a list come again and again, so they are kept."""
    show = lru_cache(maxsize=20_000)(partial(_cell, column, lang))
    return _number if column.cell is Cell.INT else show


def _cell(column: Column, lang: str, value: Value) -> Shown:
    cell = shown(column, value, lang)
    return clean(cell) if isinstance(cell, str) else cell


def _number(value: Value) -> Shown:
    return clean(value) if isinstance(value, str) else value
