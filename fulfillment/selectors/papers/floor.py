"""Rows of pick and sort lists."""

from fulfillment.domain.layouts import PaperKind
from fulfillment.domain.papers import Paper, PaperHead, PickRow, flat_paper, pick_paper
from fulfillment.models import PickLine, Wave
from fulfillment.selectors.flat_query import FlatQuery
from fulfillment.selectors.papers.shared import zone_order, zone_sql


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
    rows = FlatQuery(
        group="card.bin, sku.code, card.name, card.spec, sum(line.quantity) OVER (PARTITION BY line.sku_id)",
        extra="card.zone",
        columns="""note.position, note.point_code, note.point_name, line.quantity,
                   sum(line.quantity) OVER (PARTITION BY line.sku_id ORDER BY note.position)""",
        body="""
            FROM fulfillment_sortline line
            JOIN fulfillment_pickline card
                ON card.wave_id = line.wave_id AND card.paper_version = line.paper_version AND card.sku_id = line.sku_id
            JOIN groupbuy_sku sku ON sku.id = line.sku_id
            JOIN fulfillment_deliverynote note ON note.wave_id = line.wave_id
                AND note.paper_version = line.paper_version AND note.point_id = line.point_id
            WHERE line.wave_id = %s AND line.paper_version = %s
        """,
        order=f"{zone_sql('card.zone')}, card.bin, sku.code, note.position",
        params=[wave.pk, head.version],
    )
    return flat_paper(kind=PaperKind.SORT, head=head, rows=rows)
