"""Rows of pick and sort lists."""

from fulfillment.domain.papers import Paper, PaperHead, PickRow, SortRow, pick_paper, sort_paper
from fulfillment.models import PickLine, SortLine, Wave
from fulfillment.selectors.papers.shared import cards, stops, zone_order
from groupbuy.domain.words import Zone


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
    found = cards(wave, head.version)
    places = {stop.point_id: stop for stop in stops(wave)}
    put = [
        (found[line.sku_id], places[line.point_id], line.quantity)
        for line in SortLine.objects.filter(wave=wave, paper_version=head.version)
    ]
    put.sort(
        key=lambda entry: (list(Zone).index(Zone(entry[0].zone)), entry[0].bin, entry[0].sku.code, entry[1].position)
    )
    return sort_paper(
        head=head,
        rows=[
            SortRow(
                bin=card.bin,
                sku=card.sku.code,
                name=card.name,
                spec=card.spec,
                position=stop.position,
                point_code=stop.point.code,
                point=stop.point.name,
                quantity=quantity,
            )
            for card, stop, quantity in put
        ],
    )
