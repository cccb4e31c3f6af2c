"""Rows of purchase orders."""

from itertools import groupby

from fulfillment.domain.papers import Paper, PaperHead, Purchase, PurchaseRow, purchase_paper
from fulfillment.models import PurchaseLine, Wave


def purchases(wave: Wave, head: PaperHead, supplier: str = "") -> Paper:
    """
    Return the orders issued up to the paper's version; what an earlier order's cases hold is not asked for again.

    :param supplier: code of the one whose orders are wanted; empty for all.
    """
    lines = (
        PurchaseLine.objects.filter(order__wave=wave, order__paper_version__lte=head.version, cases__gte=1)
        .select_related("order")
        .order_by("order__supplier_code", "order__sequence", "category_code", "code")
    )
    if supplier:
        lines = lines.filter(order__supplier_code=supplier)
    return purchase_paper(
        head=head,
        supplier=supplier,
        purchases=[
            Purchase(
                number=order.number,
                supplier_code=order.supplier_code,
                supplier=order.supplier_name,
                rows=tuple(map(_row, of_order)),
            )
            for order, of_order in groupby(lines, key=lambda line: line.order)
        ],
    )


def _row(line: PurchaseLine) -> PurchaseRow:
    bought = line.demand - line.from_surplus
    return PurchaseRow(
        sku=line.code,
        name=line.name,
        spec=line.spec,
        demand=bought,
        unit=line.sale_unit,
        demand_base=bought * line.base_per_sale,
        base_unit=line.base_unit,
        case_size=line.case_size,
        cases=line.cases,
        surplus=line.surplus,
        surplus_base=line.surplus * line.base_per_sale,
        cost_fen=line.cost_fen,
        amount_fen=line.amount_fen,
    )
