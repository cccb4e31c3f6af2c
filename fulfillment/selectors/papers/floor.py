"""Rows of pick and sort lists, and of weight checks."""

from typing import Final

from fulfillment.domain.layouts import PaperKind
from fulfillment.domain.papers import CheckRow, Paper, PaperHead, PickRow, check_paper, flat_paper, pick_paper
from fulfillment.models import PickLine, Wave
from fulfillment.selectors.flat_query import FlatQuery
from fulfillment.selectors.papers.shared import CARD, NOTE, zone_order, zone_sql
from groupbuy.kernel.streams import streamed


def pick(wave: Wave, head: PaperHead) -> Paper:
    lines = (
        PickLine.objects.filter(wave=wave, paper_version=head.version)
        .select_related("sku")
        .order_by(zone_order("zone"), "bin", "sku__code")
    )
    return pick_paper(
        head=head,
        rows=[
            PickRow(
                zone=line.zone,
                bin=line.bin,
                barcode=line.barcode,
                sku=line.sku.code,
                name=line.name,
                spec=line.spec,
                quantity=line.quantity,
                unit=line.sale_unit,
                case_size=line.case_size,
                cases=line.cases,
                pieces=line.pieces,
            )
            for line in lines
        ],
    )


def sort(wave: Wave, head: PaperHead) -> Paper:
    """What the warehouse puts where: to each point that it sorts for, and to each grid in one heap."""
    rows = FlatQuery(
        group="card.bin, sku.code, card.name, card.spec, sum(line.quantity) OVER (PARTITION BY line.sku_id)",
        extra="card.zone",
        columns="""line.position, line.code, line.name, line.quantity,
                   sum(line.quantity) OVER (PARTITION BY line.sku_id ORDER BY line.position)""",
        body=f"FROM ({_ON_THE_FLOOR}) AS line {CARD}",
        order=f"{zone_sql('card.zone')}, card.bin, sku.code, line.position",
        params=[wave.pk, head.version] * 2,
    )
    return flat_paper(kind=PaperKind.SORT, head=head, rows=rows)


_ON_THE_FLOOR: Final = f"""
    SELECT line.wave_id, line.paper_version, line.sku_id, note.position, note.point_code AS code,
           note.point_name AS name, line.quantity
    FROM fulfillment_sortline line {NOTE}
    WHERE line.wave_id = %s AND line.paper_version = %s AND note.grid_position IS NULL
    UNION ALL
    SELECT line.wave_id, line.paper_version, line.sku_id, note.grid_position, note.grid_code, note.grid_name,
           sum(line.quantity)::int
    FROM fulfillment_sortline line {NOTE}
    WHERE line.wave_id = %s AND line.paper_version = %s AND note.grid_position IS NOT NULL
    GROUP BY line.wave_id, line.paper_version, line.sku_id, note.grid_position, note.grid_code, note.grid_name
"""  # noqa: S608 - constants only


def grid(wave: Wave, head: PaperHead) -> Paper:
    """What each grid warehouse puts to the points behind it; a wave without grids has none."""
    rows = FlatQuery(
        group="""note.grid_position, note.grid_code, note.grid_name, card.bin, sku.code, card.name, card.spec,
                 sum(line.quantity) OVER (PARTITION BY note.grid_position, line.sku_id)""",
        extra="note.grid_name",
        columns="""note.position, note.point_code, note.point_name, line.quantity,
                   sum(line.quantity) OVER (PARTITION BY note.grid_position, line.sku_id ORDER BY note.position)""",
        body=f"""
            FROM fulfillment_sortline line {CARD} {NOTE}
            WHERE line.wave_id = %s AND line.paper_version = %s AND note.grid_position IS NOT NULL
        """,
        order=f"note.grid_position, {zone_sql('card.zone')}, card.bin, sku.code, note.position",
        params=[wave.pk, head.version],
    )
    return flat_paper(kind=PaperKind.GRID, head=head, rows=rows)


def check(wave: Wave, head: PaperHead) -> Paper:
    """
    Only goods settled by weight, with what had been weighed when the version was issued.

    Once decided, pieces that nobody weighed count as nominal. Before, a position shows the weight of all its pieces.
    """
    found = streamed(_WEIGHED, {"wave": wave.pk, "version": head.version}, hashed=True)
    return check_paper(head=head, rows=[CheckRow(*row) for row in found])


_WEIGHED: Final = f"""
    WITH decided AS (
        SELECT entry.sku_id, entry.point_id, sum(share.real_base - share.nominal_base)::bigint AS difference,
               sum(share.amount_fen)::bigint AS refund_fen
        FROM fulfillment_weightshare share
        JOIN fulfillment_weightentry entry ON entry.id = share.entry_id
        JOIN fulfillment_paperissue issue ON issue.wave_id = entry.wave_id AND issue.version = %(version)s
        WHERE entry.wave_id = %(wave)s AND share.decided_at <= issue.issued_at GROUP BY entry.sku_id, entry.point_id
    )
    SELECT card.bin, sku.code, card.name, card.spec, card.base_unit, card.base_per_sale, note.position,
           note.point_code, note.point_name, line.quantity,
           coalesce(line.quantity::bigint * card.base_per_sale + decided.difference, entry.real_base),
           decided.refund_fen
    FROM fulfillment_sortline line {CARD} {NOTE}
    JOIN fulfillment_paperissue issue ON issue.wave_id = line.wave_id AND issue.version = line.paper_version
    LEFT JOIN decided ON decided.sku_id = line.sku_id AND decided.point_id = line.point_id
    LEFT JOIN fulfillment_weightentry entry ON entry.wave_id = line.wave_id AND entry.sku_id = line.sku_id
        AND entry.point_id = line.point_id AND entry.line_id IS NULL AND entry.at <= issue.issued_at
        AND (entry.undone_at IS NULL OR entry.undone_at > issue.issued_at)
    WHERE line.wave_id = %(wave)s AND line.paper_version = %(version)s AND card.weighed
    ORDER BY {zone_sql("card.zone")}, card.bin, sku.code, note.position
"""  # noqa: S608 - constants only
