"""Purchase orders as the warehouse sees them: what is expected, what came, what the wave will miss. No costs."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Count, F, IntegerField, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from fulfillment.domain.states import PurchaseState, WaveState
from fulfillment.models import PurchaseLine, PurchaseOrder, Receipt, ReceiptLine, Wave
from fulfillment.selectors import waves
from groupbuy.kernel.db import rows
from groupbuy.models import User
from groupbuy.selectors import posts


def visible_to(user: User) -> QuerySet[PurchaseOrder]:
    """Orders of the waves that a person sees."""
    return PurchaseOrder.objects.filter(wave__in=waves.visible_to(user)).select_related("wave__warehouse", "warehouse")


def at_work(user: User) -> QuerySet[PurchaseOrder]:
    """Return what a person's list holds: the orders of his own warehouses, all that he sees if he has no post."""
    orders, own = visible_to(user), posts.warehouse_ids(user)
    return orders.filter(warehouse__in=own) if own else orders


def with_counts(orders: QuerySet[PurchaseOrder]) -> QuerySet[PurchaseOrder]:
    """Add ``sku_count``, ``expected`` and ``arrived`` (sale units, damaged ones too) and ``missing``."""
    lines = PurchaseLine.objects.filter(order=OuterRef("pk")).order_by().values("order")
    came = _standing().filter(receipt__order=OuterRef("pk")).order_by().values("receipt__order")
    return orders.annotate(
        sku_count=_number(lines.annotate(n=Count("pk"))),
        expected=_number(lines.annotate(n=Sum(F("cases") * F("case_size")))),
        arrived=_number(came.annotate(n=Sum("counted"))),
        missing=_number(lines.annotate(n=Sum("missing"))),
    )


def _number(query: QuerySet[Any, Any]) -> Coalesce:
    return Coalesce(Subquery(query.values("n"), output_field=IntegerField()), 0)


def _standing() -> QuerySet[ReceiptLine]:
    return ReceiptLine.objects.filter(receipt__undone_at=None)


@dataclass(frozen=True)
class LineCount:
    """One line and what came of it so far, in sale units; ``arrived`` counts damaged ones too."""

    line: PurchaseLine
    arrived: int
    damaged: int

    @property
    def expected(self) -> int:
        return self.line.cases * self.line.case_size

    @property
    def surplus_base(self) -> int:
        """What whole cases bring beyond the demand, in base units."""
        return self.line.surplus * self.line.base_per_sale

    @property
    def left(self) -> int:
        return max(0, self.expected - self.arrived)

    @property
    def over(self) -> int:
        return max(0, self.arrived - self.expected)


def counts_of(order: PurchaseOrder) -> list[LineCount]:
    """Return every line of an order, by category and code; one statement."""
    lines = PurchaseLine.objects.filter(order=order).annotate(
        arrived=Coalesce(Sum("received__counted", filter=Q(received__receipt__undone_at=None)), 0),
        broken=Coalesce(Sum("received__damaged", filter=Q(received__receipt__undone_at=None)), 0),
    )
    return [LineCount(line, line.arrived, line.broken) for line in lines.order_by("category_code", "code")]


def receipts_of(order: PurchaseOrder) -> QuerySet[Receipt]:
    """Return the counts of an order, newest first, the undone ones too."""
    lines = Prefetch("lines", ReceiptLine.objects.select_related("line").order_by("line__category_code", "line__code"))
    found = Receipt.objects.filter(order=order).select_related("actor", "undone_by")
    return found.prefetch_related(lines).order_by("-at", "-pk")


class Missing(NamedTuple):
    """``pieces`` sale units of a line's SKU that the wave needs and nothing that was ordered brings."""

    line: PurchaseLine
    pieces: int


def short_of(order: PurchaseOrder) -> list[Missing]:
    """Return what closing the order now would enter as shortages; nothing when it or the wave's pick is closed."""
    opened = order.state == PurchaseState.ISSUED and takes_shortages(order.wave)
    return missing_of(order) if opened else []


def takes_shortages(wave: Wave) -> bool:
    """Whether what is missing can still be entered for the wave."""
    return wave.state == WaveState.BUILT and wave.pick_closed_at is None


def missing_of(order: PurchaseOrder) -> list[Missing]:
    """
    Return what would be missing for the wave if the order were closed as it is counted now; two statements.

    Its orders that are still open are taken to come whole, and what is entered as missing already is not missing twice.
    Pieces found broken while picking are a matter of their own, but nobody misses more than he ordered. The pick is open,
    so that what order lines go without already was given back with an earlier wave, which was voided.
    """
    found = rows(_MISSING, {"order": order.pk, "wave": order.wave_id, "received": PurchaseState.RECEIVED})
    pieces = {row["line_id"]: row["pieces"] for row in found}
    lines = PurchaseLine.objects.filter(pk__in=pieces).order_by("category_code", "code")
    return [Missing(line, pieces[line.pk]) for line in lines]


_MISSING = """
WITH wanted AS (
    SELECT id, sku_id FROM fulfillment_purchaseline WHERE order_id = %(order)s
), needed AS (
    SELECT line.sku_id, sum(line.quantity - line.short - line.refunded) AS pieces
    FROM fulfillment_wavecampaign place
    JOIN groupbuy_offer offer ON offer.campaign_id = place.campaign_id AND offer.sku_id IN (SELECT sku_id FROM wanted)
    JOIN groupbuy_orderline line ON line.offer_id = offer.id
    JOIN groupbuy_order o ON o.id = line.order_id AND o.state = 'accepted'
    WHERE place.wave_id = %(wave)s AND place.active
    GROUP BY line.sku_id
), brought AS (
    SELECT line.sku_id, sum(CASE WHEN o.id = %(order)s OR o.state = %(received)s THEN came.pieces
                                 ELSE line.cases * line.case_size END) AS pieces
    FROM fulfillment_purchaseorder o
    JOIN fulfillment_purchaseline line ON line.order_id = o.id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(counted.counted - counted.damaged), 0) AS pieces
        FROM fulfillment_receiptline counted
        JOIN fulfillment_receipt receipt ON receipt.id = counted.receipt_id AND receipt.undone_at IS NULL
        WHERE counted.line_id = line.id
    ) AS came
    WHERE o.wave_id = %(wave)s AND o.state <> 'cancelled' AND line.sku_id IN (SELECT sku_id FROM wanted)
    GROUP BY line.sku_id
), entered AS (
    SELECT sku_id, sum(pieces) AS pieces, sum(pieces) FILTER (WHERE cause = 'missing') AS missing
    FROM fulfillment_shortage WHERE wave_id = %(wave)s AND undone_at IS NULL GROUP BY sku_id
), lacking AS (
    SELECT wanted.id, least(needed.pieces - brought.pieces - coalesce(entered.missing, 0),
                            needed.pieces - coalesce(entered.pieces, 0)) AS pieces
    FROM wanted JOIN needed ON needed.sku_id = wanted.sku_id JOIN brought ON brought.sku_id = wanted.sku_id
    LEFT JOIN entered ON entered.sku_id = wanted.sku_id
)
SELECT id AS line_id, pieces::int AS pieces FROM lacking WHERE pieces > 0
"""
