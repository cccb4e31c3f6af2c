"""Reads of the back office: what its lists show beside the rows' own columns, and the numbers of its first page."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    Case,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from groupbuy.domain.states import PAID_FOR, CampaignState, RefundState
from groupbuy.models import Campaign, Group, Order, OrderLine, Payment, Refund, SweepFailure, User


def with_progress(campaigns: QuerySet[Campaign]) -> QuerySet[Campaign]:
    """
    Add ``group_count``, ``order_count``, ``people_count``, ``piece_count`` and ``paid_fen`` of paid and accepted orders.

    Pieces count sale units less short and refunded; ``paid_fen`` is what was paid less what went back.
    """
    groups = Group.objects.filter(campaign=OuterRef("pk")).order_by().values("campaign")
    orders = Order.objects.filter(campaign=OuterRef("pk"), state__in=PAID_FOR).order_by().values("campaign")
    lines = OrderLine.objects.filter(campaign=OuterRef("pk"), order__state__in=PAID_FOR).order_by().values("campaign")
    due, kept = F("quantity") - F("short") - F("refunded"), F("net_fen") - F("refunded_fen")
    return campaigns.annotate(
        group_count=_number(groups.annotate(n=Count("pk"))),
        order_count=_number(orders.annotate(n=Count("pk"))),
        people_count=_number(orders.annotate(n=Count("shopper", distinct=True))),
        piece_count=_number(lines.annotate(n=Sum(due))),
        paid_fen=_number(lines.annotate(n=Sum(kept))),
    )


def with_amounts(groups: QuerySet[Group]) -> QuerySet[Group]:
    """Add ``order_count`` and ``paid_fen`` (less what went back) of paid and accepted orders."""
    orders = Order.objects.filter(group=OuterRef("pk"), state__in=PAID_FOR).order_by().values("group")
    lines = (
        OrderLine.objects.filter(order__group=OuterRef("pk"), order__state__in=PAID_FOR)
        .order_by()
        .values("order__group")
    )
    return groups.annotate(
        order_count=_number(orders.annotate(n=Count("pk"))),
        paid_fen=_number(lines.annotate(n=Sum(F("net_fen") - F("refunded_fen")))),
    )


def _number(query: QuerySet[Any, Any]) -> Coalesce:
    return Coalesce(Subquery(query.values("n")), 0)


def warehouse_ids(user: User) -> list[int] | None:
    """Return the warehouses whose papers a person sees in the back office; None: all, for those who run warehouses."""
    if user.has_perm("groupbuy.change_warehouse") or user.has_perm("groupbuy.view_ledgerentry"):
        return None
    return list(user.warehouse_posts.filter(active=True).values_list("warehouse_id", flat=True))


@dataclass(frozen=True)
class Numbers:
    """Money in fen. ``paid_…``: payments that count since midnight, where the platform works."""

    open_campaigns: int
    next_cutoff: Campaign | None
    paid_orders: int
    paid_fen: int
    refunds_by_hand: int
    refunds_fen: int
    parked: int
    held: int


def numbers(*, since: dt.datetime) -> Numbers:
    """Return what stands on the first page; six statements. ``since``: the midnight before now."""
    opened = Campaign.objects.filter(state=CampaignState.OPEN).order_by("cutoff_at", "pk")
    paid = Payment.objects.filter(counts=True, paid_at__gte=since).aggregate(
        orders=Count("pk"), fen=Coalesce(Sum("amount_fen"), 0)
    )
    by_hand = Refund.objects.filter(state=RefundState.MANUAL).aggregate(
        n=Count("pk"), fen=Coalesce(Sum("amount_fen"), 0)
    )
    return Numbers(
        open_campaigns=opened.count(),
        next_cutoff=opened.first(),
        paid_orders=paid["orders"],
        paid_fen=paid["fen"],
        refunds_by_hand=by_hand["n"],
        refunds_fen=by_hand["fen"],
        held=Campaign.objects.filter(held_at__isnull=False).exclude(state=CampaignState.CANCELLED).count(),
        parked=SweepFailure.objects.filter(Q(parked=True)).count(),
    )


def with_wait(refunds: QuerySet[Refund], *, now: dt.datetime) -> QuerySet[Refund]:
    """Add ``waits`` to refunds that are not done: how long ago they were promised."""
    since = ExpressionWrapper(Value(now) - F("created_at"), DurationField())
    return refunds.annotate(waits=Case(When(done_at=None, then=since)))


@dataclass(frozen=True)
class RefundSum:
    """``fen`` of ``count`` refunds, and how long the oldest of them waits (None: none does)."""

    count: int
    fen: int
    longest: dt.timedelta | None


def refund_sum(refunds: QuerySet[Any]) -> RefundSum:
    """Sum up refunds that ``with_wait`` has seen; one statement."""
    found = refunds.order_by().aggregate(n=Count("pk"), fen=Coalesce(Sum("amount_fen"), 0), longest=Max("waits"))
    return RefundSum(found["n"], found["fen"], found["longest"])
