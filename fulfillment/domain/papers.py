"""
The papers of the warehouse (仓库单据): what each of them holds. Nothing here knows a file format.

A paper is a snapshot of one version of a wave, made of sections (a zone, a SKU, a pickup point) of rows.
Columns and their order: ``layouts``. Rules: DOMAIN "Papers of the warehouse".
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import accumulate, groupby
from typing import NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from fulfillment.domain.layouts import LAYOUTS, Layout, PaperKind

SHANGHAI = ZoneInfo("Asia/Shanghai")

Value: TypeAlias = str | int
Row: TypeAlias = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """
    Rows that belong together.

    :param group: values of ``Layout.group``.
    :param rows: values of ``Layout.columns`` but the boxes for the pen; gone through once per rendering.
    :param facts: pairs of a key of ``FACT_TITLES`` and what to print.
    :param qr: text of a QR code in the heading; empty for none.
    """

    group: Row
    rows: Iterable[Row]
    facts: tuple[tuple[str, str], ...] = ()
    qr: str = ""


class Change(NamedTuple):
    """One difference from the version before (改单): quantities in sale units, 0 for a row that was or is not there."""

    point: str
    sku: str
    name: str
    was: int
    now: int


@dataclass(frozen=True, slots=True)
class PaperHead:
    """
    What every page of a paper shows.

    :param issued_at: aware UTC instant of issue, printed in Asia/Shanghai; the only time on a paper, so that the same
        version gives the same bytes whenever it is printed.
    """

    wave: str
    version: int
    warehouse: str
    delivery_date: date
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class Paper:
    """
    One paper, ready to be rendered any number of times.

    :param sections: can be gone through more than once.
    :param changes: differences from the version before; empty for a first issue.
    """

    kind: PaperKind
    head: PaperHead
    sections: Iterable[Section]
    changes: tuple[Change, ...] = ()

    @property
    def layout(self) -> Layout:
        return LAYOUTS[self.kind]


class PickRow(NamedTuple):
    """
    One SKU to fetch. ``quantity`` and ``pieces`` are sale units; ``quantity = cases * case_size + pieces``.

    ``barcode`` may be empty: then only the SKU's code is printed.
    """

    zone: str
    bin: str
    barcode: str
    sku: str
    name: str
    spec: str
    quantity: int
    unit: str
    case_size: int
    cases: int
    pieces: int


class SortRow(NamedTuple):
    """One SKU to put to one position; ``quantity`` in sale units."""

    bin: str
    sku: str
    name: str
    spec: str
    position: int
    point_code: str
    point: str
    quantity: int


class NoteRow(NamedTuple):
    """One SKU handed over at a pickup point; ``quantity`` in sale units."""

    sku: str
    name: str
    spec: str
    unit: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Note:
    """
    One delivery note (配送交接单).

    :param phone: of the leader, masked already.
    :param expected_at: aware instant of arrival, or None while no route is planned.
    :param crates_out, crates_back: None leaves a blank for the pen.
    :param sign_url: page on which the leader signs by phone; printed as a QR code.
    """

    number: str
    position: int
    point_code: str
    point: str
    address: str
    leader: str
    phone: str
    stop: int | None
    expected_at: datetime | None
    crates_out: int | None
    crates_back: int | None
    sign_url: str
    rows: tuple[NoteRow, ...]


class RowsOutOfOrder(ValueError):
    """Rows of one section do not follow each other, so its sum would be printed twice, each time too low."""


@dataclass(frozen=True, slots=True)
class GroupedRows:
    """
    Sections made while reading ordered flat rows, as often as asked.

    :raises TypeError: for a generator, from which a second rendering would be an empty paper.
    """

    rows: Iterable[Row]
    width: int
    finish: Callable[[Row, Iterator[Row]], Section]

    def __post_init__(self) -> None:
        if isinstance(self.rows, Iterator):
            raise TypeError("rows that can be read only once")

    def __iter__(self) -> Iterator[Section]:
        seen: set[Row] = set()
        for group, rows in groupby(self.rows, key=lambda row: row[: self.width]):
            if group in seen:
                raise RowsOutOfOrder(group)
            seen.add(group)
            yield self.finish(group, (row[self.width :] for row in rows))


def pick_paper(*, head: PaperHead, rows: Iterable[PickRow], changes: tuple[Change, ...] = ()) -> Paper:
    """
    :param rows: ordered by zone, then bin; not a generator.
    :raises RowsOutOfOrder: while rendering, when a zone comes back.
    """
    layout = LAYOUTS[PaperKind.PICK]
    return Paper(PaperKind.PICK, head, GroupedRows(rows, len(layout.group), Section), changes)


def sort_paper(*, head: PaperHead, rows: Iterable[SortRow], changes: tuple[Change, ...] = ()) -> Paper:
    """
    Adds the SKU's total and, row by row, what has been put so far.

    :param rows: ordered by bin and SKU, then position; not a generator.
    :raises RowsOutOfOrder: while rendering, when a SKU comes back.
    """
    given = len(LAYOUTS[PaperKind.SORT].group) - 1  # the total is worked out
    return Paper(PaperKind.SORT, head, GroupedRows(rows, given, _sort_section), changes)


def note_paper(*, head: PaperHead, notes: Iterable[Note], changes: tuple[Change, ...] = ()) -> Paper:
    """:param notes: in the order of the stops."""
    return Paper(PaperKind.NOTE, head, tuple(_note_section(note) for note in notes), changes)


def _sort_section(group: Row, rows: Iterator[Row]) -> Section:
    put = list(rows)
    running = list(accumulate(int(row[-1]) for row in put))
    return Section((*group, running[-1]), tuple((*row, so_far) for row, so_far in zip(put, running, strict=True)))


def _note_section(note: Note) -> Section:
    facts = {
        "address": note.address,
        "leader": note.leader,
        "phone": note.phone,
        "stop": _or_blank(note.stop),
        "expected": note.expected_at.astimezone(SHANGHAI).strftime("%m-%d %H:%M") if note.expected_at else "",
        "crates_out": _or_blank(note.crates_out),
        "crates_back": _or_blank(note.crates_back),
    }
    group = (note.number, note.position, note.point_code, note.point)
    return Section(group, note.rows, tuple(facts.items()), note.sign_url)


def _or_blank(number: int | None) -> str:
    return "" if number is None else str(number)
