"""Rows of point lists, household lists and labels."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any, Final, NamedTuple

from fulfillment.domain.bags import CODE_TAIL
from fulfillment.domain.layouts import PaperKind
from fulfillment.domain.papers import Paper, PaperHead, ShopperRow, bag_paper, flat_paper, label_paper
from fulfillment.models import Wave
from fulfillment.selectors.as_issued import due_as_issued
from fulfillment.selectors.flat_query import FlatQuery
from fulfillment.selectors.papers.shared import CARD, NOTE, zone_sql
from groupbuy.kernel.privacy import mask_name, mask_phone, unseal
from groupbuy.kernel.streams import streamed


def point(wave: Wave, head: PaperHead) -> Paper:
    rows = FlatQuery(
        group="""note.route_number, note.route_name, note.sequence, note.position, note.point_code, note.point_name,
                 note.crates, sum(line.quantity) OVER (PARTITION BY line.point_id)""",
        extra="note.route_name",
        columns="card.zone, card.bin, sku.code, card.name, card.spec, card.sale_unit, line.quantity",
        body=f"FROM fulfillment_sortline line {CARD} {NOTE} WHERE line.wave_id = %s AND line.paper_version = %s",
        order=f"""note.route_number, note.sequence, note.position, {zone_sql("card.zone")}, card.bin, sku.code""",
        params=[wave.pk, head.version],
    )
    return flat_paper(kind=PaperKind.POINT, head=head, rows=rows)


def bag(wave: Wave, head: PaperHead) -> Paper:
    return bag_paper(head=head, rows=ShopperRows(wave.pk, head.version))


def label(wave: Wave, head: PaperHead, point_id: int | None = None) -> Paper:
    """:param point_id: only the crates and bags of this point."""
    return label_paper(head=head, rows=ShopperRows(wave.pk, head.version, point_id))


@dataclass(frozen=True, slots=True)
class ShopperRows:
    """
    What every shopper of a wave, or of one of its points, gets by a version; names and phones masked.

    By position, person, zone and bin. Asked again each time it is gone through. A shopper is named as in his first
    order, with the rooms of all of them.
    """

    wave_id: int
    version: int
    point_id: int | None = None

    def __iter__(self) -> Iterator[ShopperRow]:
        places, cards = _places(self.wave_id, self.version), _cards(self.wave_id, self.version)
        given = {**asdict(self), "places": _ranks(places), "cards": _ranks(cards), "tail": CODE_TAIL}
        lines = map(_Line._make, streamed(_LINES, given))
        for (point_id, _), of_one in groupby(lines, key=lambda line: (line.point_id, line.shopper_id)):
            yield from _merged(places[point_id], cards, list(of_one))


class _Line(NamedTuple):
    """One order line that has pieces left; sealed and unmasked."""

    order_id: int
    point_id: int
    shopper_id: int
    sku_id: int
    person: str
    code_tail: str
    name: str
    phone: str
    room: str
    quantity: int


def _places(wave_id: int, version: int) -> dict[int, tuple[Any, ...]]:
    """What a version says about each point, in the order of the positions."""
    found = streamed(
        """
        SELECT note.point_id, note.position, note.point_code, note.point_name, note.route_name, note.sequence,
               note.crates, replace(stop.public_id::text, '-', '')
        FROM fulfillment_deliverynote note JOIN fulfillment_stop stop ON stop.id = note.stop_id
        WHERE note.wave_id = %s AND note.paper_version = %s ORDER BY note.position
        """,
        [wave_id, version],
    )
    return {row[0]: row[1:] for row in found}


def _cards(wave_id: int, version: int) -> dict[int, tuple[str, str, str]]:
    """What a version says about each SKU (zone, code, name), by zone and bin."""
    found = streamed(
        f"""
        SELECT card.sku_id, card.zone, sku.code, card.name
        FROM fulfillment_pickline card JOIN groupbuy_sku sku ON sku.id = card.sku_id
        WHERE card.wave_id = %s AND card.paper_version = %s ORDER BY {zone_sql("card.zone")}, card.bin, sku.code
        """,  # noqa: S608 - constants only
        [wave_id, version],
    )
    return {sku_id: (zone, code, name) for sku_id, zone, code, name in found}


def _ranks(ordered: Iterable[int]) -> str:
    return json.dumps({str(pk): place for place, pk in enumerate(ordered)})


def _merged(place: tuple[Any, ...], cards: dict[int, tuple[str, str, str]], lines: list[_Line]) -> Iterator[ShopperRow]:
    """Rows of one person: whatever he ordered twice is one row."""
    by_age = sorted(lines, key=lambda line: line.order_id)
    first = by_age[0]
    rooms = "、".join(dict.fromkeys(line.room for line in by_age if line.room))
    phone = mask_phone(unseal(first.phone)) if first.phone else ""
    who = (first.person, first.code_tail, mask_name(first.name), phone, rooms)
    for sku_id, same in groupby(lines, key=lambda line: line.sku_id):
        yield ShopperRow._make((*place, *who, *cards[sku_id], sum(line.quantity for line in same)))


# A wave is printed a minute after it was built, before the planner has statistics of it. Joined with the points and SKUs
# of the version, of which it then expects one each, it would read all lines once for every SKU: so these are looked up
# above, and only their order is told. A pickup is missing only where goods have followed their shopper since.
_LINES: Final = f"""
    SELECT line.order_id, line.point_id, o.shopper_id, line.sku_id,
           coalesce(replace(pickup.public_id::text, '-', ''), md5(o.shopper_id::text)),
           coalesce(right(pickup.code, %(tail)s), ''), coalesce(nullif(o.receiver_name, ''), shopper.display_name),
           coalesce(nullif(o.receiver_phone_sealed, ''), shopper.phone_sealed), o.room, line.due
    FROM ({due_as_issued("wave.id = %(wave_id)s AND issue.version = %(version)s")}) AS line
    JOIN fulfillment_wave wave ON wave.id = line.wave_id
    JOIN groupbuy_order o ON o.id = line.order_id
    JOIN groupbuy_user shopper ON shopper.id = o.shopper_id
    LEFT JOIN fulfillment_pickup pickup ON pickup.shopper_id = o.shopper_id AND pickup.point_id = line.point_id
        AND pickup.delivery_date = wave.delivery_date
    WHERE line.due > 0 AND (%(point_id)s::bigint IS NULL OR line.point_id = %(point_id)s)
    ORDER BY (%(places)s::jsonb ->> line.point_id::text)::int, o.shopper_id,
             (%(cards)s::jsonb ->> line.sku_id::text)::int, line.order_id
"""  # noqa: S608 - constants only
