"""Rows of point lists, household lists and labels."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Final

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
    What every shopper of a wave, or of one of its points, gets by a version, by position, person, zone and bin; names and phones masked.

    Asked again each time it is gone through. A shopper is named as in his first order, with the rooms of all of them.
    """

    wave_id: int
    version: int
    point_id: int | None = None

    def __iter__(self) -> Iterator[ShopperRow]:
        masked: tuple[str, str] = ("", "")
        known = ""
        for row in streamed(_SHOPPERS, {**asdict(self), "tail": CODE_TAIL}):
            *point, person, code_tail, name, phone, room, zone, sku, goods, quantity = row
            if person != known:
                known, masked = person, (mask_name(name), mask_phone(unseal(phone)) if phone else "")
            yield ShopperRow._make((*point, person, code_tail, *masked, room, zone, sku, goods, quantity))


# A pickup is missing only where goods have followed their shopper to another point since.
_SHOPPERS: Final = f"""
    WITH due AS MATERIALIZED (
        SELECT due.paper_version, due.wave_id, due.order_id, due.point_id, due.sku_id, due.due, o.shopper_id
        FROM ({due_as_issued("wave.id = %(wave_id)s AND issue.version = %(version)s")}) AS due
        JOIN groupbuy_order o ON o.id = due.order_id
        WHERE due.due > 0 AND (%(point_id)s::bigint IS NULL OR due.point_id = %(point_id)s)
    ), person AS (
        SELECT due.point_id, due.shopper_id, string_agg(DISTINCT nullif(o.room, ''), '、') AS room,
               (array_agg(o.receiver_name ORDER BY o.id))[1] AS name,
               (array_agg(o.receiver_phone_sealed ORDER BY o.id))[1] AS phone
        FROM due JOIN groupbuy_order o ON o.id = due.order_id GROUP BY due.point_id, due.shopper_id
    ), line AS (
        SELECT wave_id, paper_version, point_id, shopper_id, sku_id, sum(due)::int AS quantity
        FROM due GROUP BY wave_id, paper_version, point_id, shopper_id, sku_id
    )
    SELECT note.position, note.point_code, note.point_name, note.route_name, note.sequence, note.crates,
           replace(stop.public_id::text, '-', ''),
           coalesce(replace(pickup.public_id::text, '-', ''), md5(line.shopper_id::text)) AS person,
           coalesce(right(pickup.code, %(tail)s), ''), coalesce(nullif(person.name, ''), shopper.display_name),
           coalesce(nullif(person.phone, ''), shopper.phone_sealed), coalesce(person.room, ''),
           card.zone, sku.code, card.name, line.quantity
    FROM line {CARD} {NOTE}
    JOIN fulfillment_stop stop ON stop.id = note.stop_id
    JOIN fulfillment_wave wave ON wave.id = line.wave_id
    JOIN person ON person.point_id = line.point_id AND person.shopper_id = line.shopper_id
    JOIN groupbuy_user shopper ON shopper.id = line.shopper_id
    LEFT JOIN fulfillment_pickup pickup ON pickup.shopper_id = line.shopper_id AND pickup.point_id = line.point_id
        AND pickup.delivery_date = wave.delivery_date
    ORDER BY note.position, person, {zone_sql("card.zone")}, card.bin, sku.code
"""  # noqa: S608 - constants only
