"""Rows of loading lists and delivery notes."""

from collections import defaultdict
from typing import Final

from django.conf import settings

from fulfillment.domain.papers import (
    SHANGHAI,
    Load,
    LoadGood,
    LoadStop,
    Note,
    NoteRow,
    Paper,
    PaperHead,
    loading_paper,
    note_paper,
)
from fulfillment.models import DeliveryNote, PickLine, SortLine, Wave
from fulfillment.selectors.papers.shared import CARD, NOTE, cards, zone_sql
from groupbuy.domain.words import Zone
from groupbuy.kernel.streams import streamed


def notes(wave: Wave, head: PaperHead) -> Paper:
    found = cards(wave, head.version)
    lines: dict[int, list[tuple[PickLine, int]]] = defaultdict(list)
    for line in SortLine.objects.filter(wave=wave, paper_version=head.version):
        lines[line.point_id].append((found[line.sku_id], line.quantity))
    # A stop to which nothing is brought any more has a position, but no paper to sign.
    places = DeliveryNote.objects.filter(wave=wave, paper_version=head.version).select_related("stop")
    issued = [note for note in places.order_by("position") if lines[note.point_id]]
    return note_paper(head=head, notes=[_note(note, lines[note.point_id]) for note in issued])


def _note(note: DeliveryNote, lines: list[tuple[PickLine, int]]) -> Note:
    lines.sort(key=lambda entry: (list(Zone).index(Zone(entry[0].zone)), entry[0].bin, entry[0].sku.code))
    return Note(
        number=note.number,
        position=note.position,
        point_code=note.point_code,
        point=note.point_name,
        address=note.address,
        leader=note.leader,
        phone=note.phone,
        stop=note.sequence,
        expected_at=note.expected_at,
        crates_out=note.crates,
        crates_back=None,
        sign_url=f"{settings.PUBLIC_URL}/leader/deliveries/{note.stop.public_id}/",
        rows=tuple(
            NoteRow(sku=card.sku.code, name=card.name, spec=card.spec, unit=card.sale_unit, quantity=quantity)
            for card, quantity in lines
        ),
    )


def loading(wave: Wave, head: PaperHead) -> Paper:
    params = {"wave": wave.pk, "version": head.version}
    stops: dict[int, list[LoadStop]] = defaultdict(list)
    routes: dict[int, tuple[str, str, str]] = {}
    for row in streamed(_STOPS, params):
        number, name, vehicle, driver, stop, position, code, point, expected_at, crates, weight_g, pieces = row
        expected = expected_at.astimezone(SHANGHAI).strftime("%m-%d %H:%M") if expected_at else ""
        routes[number] = (name, vehicle, driver)
        place = len(stops[number]) + 1
        stops[number].append(LoadStop(place, stop, position, code, point, expected, crates, weight_g, pieces))
    goods: dict[int, list[LoadGood]] = defaultdict(list)
    for number, *good in streamed(_GOODS, params):
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
