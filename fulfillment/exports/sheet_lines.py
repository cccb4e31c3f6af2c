"""What stands in the lines of a spreadsheet, from the title to the sums; ``xlsx`` says where and how."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, TypeAlias

from fulfillment.domain.layouts import FACT_TITLES, WORDS, Cell, Column, Layout, Title
from fulfillment.domain.papers import Paper, Row, Section, Value, amount
from fulfillment.exports.cells import head_facts, worded

Shown: TypeAlias = Value | float
PER_UNIT: Final = {Cell.GRAMS: 1000, Cell.FEN: 100}


class Look(Enum):
    TITLE = auto()
    PLAIN = auto()
    HEAD = auto()
    SECTION = auto()
    CELL = auto()
    STRONG = auto()
    SUM = auto()


@dataclass(frozen=True, slots=True)
class Line:
    """
    One row of a sheet.

    :param cells: place (0 is the first column), value and look; places ascend.
    :param is_data: a row of the paper, so within the reach of the filter.
    """

    cells: tuple[tuple[int, Shown, Look], ...]
    is_data: bool = False
    ends_page: bool = False


def title_lines(paper: Paper, lang: str) -> tuple[Line, ...]:
    """Title, facts of the wave, heads of the columns: frozen on the screen and repeated on every printed page."""
    told = [*head_facts(paper.head, lang)]
    if paper.head.reason:
        told.append((WORDS["reason"].text(lang), paper.head.reason))
    facts = "　".join(f"{name}：{text}" for name, text in told)
    heads = tuple((place, column.title.text(lang), Look.HEAD) for place, column in enumerate(paper.layout.flat))
    return (_text(paper.layout.title.text(lang), Look.TITLE), _text(facts, Look.PLAIN), Line(heads))


def lines(paper: Paper, lang: str) -> Iterator[Line]:
    """Rows in their order; sums after a section that has its own page, else all of them at the end."""
    layout = paper.layout
    total = [0] * len(layout.summed)
    at_the_end: list[Line] = []
    empty = True
    for section in paper.sections:
        sums = [0] * len(layout.summed)
        if layout.page_per_section:
            yield from _heading(paper, section, lang)
        for row in section.rows:
            empty = False
            yield _data(layout.flat, (*section.group, *row), lang)
            sums = [so_far + amount(row[index]) for so_far, index in zip(sums, layout.summed, strict=True)]
        total = [a + b for a, b in zip(total, sums, strict=True)]
        label = f"{WORDS['subtotal'].text(lang)} {_name(layout, section, lang)}"
        if layout.page_per_section:
            yield _sums(paper, label, sums)
            yield _signatures(layout.signatures, lang)
        elif layout.subtotals:
            at_the_end.append(_sums(paper, label, sums, part=section.part))
    yield from at_the_end
    if empty:
        yield _text(layout.empty.text(lang), Look.PLAIN)
    yield _sums(paper, WORDS["total"].text(lang), total)


def change_lines(paper: Paper, lang: str) -> Iterator[Line]:
    """What this version changes: pickup point, SKU, name, quantity before and now."""
    keys = ("point", "sku", "name", "was", "now")
    yield Line(tuple((place, WORDS[key].text(lang), Look.HEAD) for place, key in enumerate(keys)))
    for change in paper.changes:
        values: Row = tuple(change)
        yield Line(tuple((place, value, Look.CELL) for place, value in enumerate(values)))


def _text(text: str, look: Look) -> Line:
    return Line(((0, text, look),))


def _heading(paper: Paper, section: Section, lang: str) -> Iterator[Line]:
    group = (
        f"{column.title.text(lang)} {value}" for column, value in zip(paper.layout.group, section.group, strict=True)
    )
    facts = (f"{FACT_TITLES[key].text(lang)} {text}" for key, text in section.facts)
    yield _text("　".join(group), Look.SECTION)
    yield _text("　".join(facts), Look.PLAIN)


def _data(columns: tuple[Column, ...], row: Row, lang: str) -> Line:
    """A row; what it has no value for is an empty box for the pen."""
    values = row + ("",) * (len(columns) - len(row))
    return Line(
        tuple(
            (place, shown(column, value, lang), Look.STRONG if column.strong else Look.CELL)
            for place, (column, value) in enumerate(zip(columns, values, strict=True))
        ),
        is_data=True,
    )


def shown(column: Column, value: Value, lang: str) -> Shown:
    """What people calculate with: kilograms and yuan as decimal numbers."""
    if isinstance(value, int):
        return value / PER_UNIT[column.cell] if column.cell in PER_UNIT else value
    return worded(column, value, lang)


def _name(layout: Layout, section: Section, lang: str) -> str:
    """A note is named by its number, everything else by all that its rows share."""
    whole = zip(layout.group, section.group, strict=True)
    return " ".join(
        worded(column, value, lang) for column, value in list(whole)[: 1 if layout.page_per_section else None]
    )


def _sums(paper: Paper, label: str, sums: list[int], *, part: str = "") -> Line:
    """:param part: leaves the columns of other parts empty; all are summed without it."""
    first = len(paper.layout.group)
    columns = paper.layout.columns
    numbers: dict[int, Shown] = {
        first + index: shown(columns[index], total, "")
        for index, total in zip(paper.layout.summed, sums, strict=True)
        if not part or columns[index].part in ("", part)
    }
    cells = {**dict.fromkeys(range(len(paper.layout.flat)), ""), **numbers, 0: label}
    return Line(tuple((place, value, Look.SUM) for place, value in cells.items()))


def _signatures(who: tuple[Title, ...], lang: str) -> Line:
    words = (f"{title.text(lang)} {WORDS['signature'].text(lang)} ____________" for title in who)
    return Line(((0, "　　".join(words), Look.PLAIN),), ends_page=True)
