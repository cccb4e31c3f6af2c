"""Rows of what goes with the truck."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from fulfillment.domain.layouts import PaperKind
from fulfillment.domain.papers.sheet import SHANGHAI, Change, Paper, PaperHead, Section


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


def note_paper(*, head: PaperHead, notes: Iterable[Note], changes: tuple[Change, ...] = ()) -> Paper:
    """:param notes: in the order of the stops."""
    return Paper(PaperKind.NOTE, head, tuple(_note_section(note) for note in notes), changes)


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
