"""Rows of what goes with the truck."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from fulfillment.domain.layouts import LoadingPart, PaperKind
from fulfillment.domain.papers.sheet import FlatText, Paper, PaperHead, Section, local_time


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
    route: str = ""


class LoadStop(NamedTuple):
    """
    One stop of a route. ``stop`` is its place on the road from 1; ``load_order`` the place in which it is loaded.

    :param expected: local time as printed, or empty. ``pieces`` in sale units.
    """

    load_order: int
    stop: int
    position: int
    point_code: str
    point: str
    expected: str
    crates: int
    weight_g: int
    pieces: int


class LoadGood(NamedTuple):
    """One SKU on a truck; ``quantity`` in sale units."""

    zone: str
    sku: str
    name: str
    spec: str
    unit: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Load:
    """
    What one route takes along.

    :param stops: the last stop first, since it is loaded first.
    :param vehicle, driver: empty leaves a blank for the pen.
    """

    route_number: int
    route: str
    vehicle: str
    driver: str
    stops: tuple[LoadStop, ...]
    goods: tuple[LoadGood, ...]


def loading_paper(*, head: PaperHead, loads: Iterable[Load]) -> Paper:
    """:param loads: by route; each makes a section of stops and one of goods."""
    sections = [section for load in loads for section in _load_sections(load)]
    return Paper(PaperKind.LOADING, head, tuple(sections))


def _load_sections(load: Load) -> Iterator[Section]:
    facts = (("vehicle", load.vehicle), ("driver", load.driver), ("temperature", ""))
    no_stop, no_good = ("",) * len(LoadStop._fields), ("",) * len(LoadGood._fields)
    route = (load.route_number, load.route)
    yield Section(
        (*route, LoadingPart.STOPS), [(*stop, *no_good) for stop in load.stops], facts, part=LoadingPart.STOPS
    )
    yield Section((*route, LoadingPart.GOODS), [(*no_stop, *good) for good in load.goods], part=LoadingPart.GOODS)


def note_paper(*, head: PaperHead, notes: Iterable[Note], flat: FlatText | None = None) -> Paper:
    """:param notes: in the order of the stops; not a generator. ``flat``: their rows as text."""
    if isinstance(notes, Iterator):
        raise TypeError("notes that can be read only once")
    return Paper(PaperKind.NOTE, head, _NoteSections(notes), flat=flat)


@dataclass(frozen=True, slots=True)
class _NoteSections:
    notes: Iterable[Note]

    def __iter__(self) -> Iterator[Section]:
        return map(_note_section, self.notes)


def _note_section(note: Note) -> Section:
    facts = {
        "address": note.address,
        "leader": note.leader,
        "phone": note.phone,
        "stop": _or_blank(note.stop),
        "expected": local_time(note.expected_at),
        "crates_out": _or_blank(note.crates_out),
        "crates_back": _or_blank(note.crates_back),
    }
    group = (note.number, note.position, note.point_code, note.point)
    return Section(group, note.rows, tuple(facts.items()), note.sign_url, volume=note.route)


def _or_blank(number: int | None) -> str:
    return "" if number is None else str(number)
