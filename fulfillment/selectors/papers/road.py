"""Rows of loading lists and delivery notes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from django.conf import settings

from fulfillment.domain.papers import (
    Load,
    LoadGood,
    LoadStop,
    Note,
    NoteRow,
    Paper,
    PaperHead,
    loading_paper,
    local_time,
    note_paper,
)
from fulfillment.models import Wave
from fulfillment.selectors.flat_query import FlatQuery
from fulfillment.selectors.papers.shared import CARD, NOTE, zone_sql
from groupbuy.kernel.streams import streamed


def notes(wave: Wave, head: PaperHead) -> Paper:
    """A stop to which nothing is brought any more has a position, but no paper to sign."""
    rows = FlatQuery(
        group="note.number, note.position, note.point_code, note.point_name",
        extra="""note.route_name, note.address, note.leader, note.phone, note.sequence, note.expected_at, note.crates,
                 stop.public_id::text""",
        columns="sku.code, card.name, card.spec, card.sale_unit, line.quantity",
        body=f"""FROM fulfillment_sortline line {CARD} {NOTE}
                 JOIN fulfillment_stop stop ON stop.id = note.stop_id AND stop.wave_id = note.wave_id
                 WHERE line.wave_id = %s AND line.paper_version = %s""",
        order=f"note.position, {zone_sql('card.zone')}, card.bin, sku.code",
        params=[wave.pk, head.version],
    )
    return note_paper(head=head, notes=_Notes(rows), flat=rows)


@dataclass(frozen=True, slots=True)
class _Notes:
    """Notes made while their rows are read, as often as asked."""

    rows: FlatQuery

    def __iter__(self) -> Iterator[Note]:
        for stop, lines in groupby(self.rows, key=lambda row: row[:NOTE_WIDTH]):
            yield _note(stop, (NoteRow._make(line[NOTE_WIDTH:]) for line in lines))


NOTE_WIDTH: Final = 12


def _note(stop: tuple[Any, ...], lines: Iterable[NoteRow]) -> Note:
    number, position, point_code, point, route, address, leader, phone, sequence, expected_at, crates, stop_id = stop
    return Note(
        number=number,
        position=position,
        point_code=point_code,
        point=point,
        address=address,
        leader=leader,
        phone=phone,
        stop=sequence,
        expected_at=expected_at,
        crates_out=crates,
        crates_back=None,
        sign_url=f"{settings.PUBLIC_URL}/leader/deliveries/{stop_id}/",
        rows=tuple(lines),
        route=route,
    )


def loading(wave: Wave, head: PaperHead) -> Paper:
    params = {"wave": wave.pk, "version": head.version}
    stops: dict[int, list[LoadStop]] = defaultdict(list)
    routes: dict[int, tuple[str, str, str]] = {}
    for row in streamed(_STOPS, params, hashed=True):
        number, name, vehicle, driver, stop, position, code, point, expected_at, crates, weight_g, pieces = row
        expected = local_time(expected_at)
        routes[number] = (name, vehicle, driver)
        place = len(stops[number]) + 1
        stops[number].append(LoadStop(place, stop, position, code, point, expected, crates, weight_g, pieces))
    goods: dict[int, list[LoadGood]] = defaultdict(list)
    for number, *good in streamed(_GOODS, params, hashed=True):
        goods[number].append(LoadGood(*good))
    loads = [
        Load(number, name, vehicle, driver, tuple(stops[number]), tuple(goods[number]))
        for number, (name, vehicle, driver) in routes.items()
    ]
    return loading_paper(head=head, loads=loads)


# The last stop first; a stop that gets nothing by this version is not loaded.
_STOPS: Final = f"""
    SELECT note.route_number, note.route_name, note.vehicle, note.driver, note.sequence, note.position,
           note.point_code, note.point_name, note.expected_at, note.crates,
           sum(line.quantity::bigint * card.weight_g)::bigint, sum(line.quantity)
    FROM fulfillment_sortline line {CARD} {NOTE}
    WHERE line.wave_id = %(wave)s AND line.paper_version = %(version)s
    GROUP BY note.id ORDER BY note.route_number, note.sequence DESC, note.position DESC
"""  # noqa: S608 - constants only

_GOODS: Final = f"""
    SELECT note.route_number, card.zone, sku.code, card.name, card.spec, card.sale_unit, sum(line.quantity)
    FROM fulfillment_sortline line {CARD} {NOTE}
    WHERE line.wave_id = %(wave)s AND line.paper_version = %(version)s
    GROUP BY note.route_number, card.id, sku.code
    ORDER BY note.route_number, {zone_sql("card.zone")}, card.bin, sku.code
"""  # noqa: S608 - constants only
