"""Promotions and coupons as shoppers see them: what is in force, what can be claimed, what one holds, what was used."""

import datetime as dt
from typing import Any

from django.db.models import BigIntegerField, Count, F, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from groupbuy.domain.states import LIVE
from groupbuy.models import Coupon, CouponKind, Group, LineDiscount, Order, Promotion, User


def in_force(campaign_id: int, now: dt.datetime) -> QuerySet[Promotion]:
    """Return the promotions of a campaign and those of the platform that are in force at ``now``."""
    mine = Promotion.objects.filter(Q(campaign=campaign_id) | Q(campaign=None), stopped_at=None)
    return mine.filter(starts_at__lte=now, ends_at__gt=now).order_by("id")


def claimable(group: Group, *, shopper: User | None, now: dt.datetime) -> QuerySet[CouponKind]:
    """
    Return what can be claimed through a group's link at ``now``, that group's own first.

    ``mine`` counts what ``shopper`` (None: nobody is logged in) has claimed; what he has enough of is left out.
    """
    kinds = CouponKind.objects.filter(Q(group=group) | Q(group=None), stopped_at=None, claimed__lt=F("total"))
    kinds = kinds.filter(claim_starts_at__lte=now, claim_ends_at__gt=now)
    his = Q(coupons__shopper=shopper) if shopper else Q(pk=None)
    return (
        kinds.annotate(mine=Count("coupons", filter=his))
        .filter(mine__lt=F("per_shopper"))
        .select_related("group")
        .order_by(F("group").asc(nulls_last=True), "id")
    )


def coupons_of(shopper: User) -> QuerySet[Coupon]:
    """Return all coupons that a shopper has claimed."""
    return Coupon.objects.filter(shopper=shopper).select_related("kind__group__campaign", "order")


def discounts_of(order: Order) -> list[dict[str, Any]]:
    """Return what each source took off an order: rows of ``source``, ``name`` and ``off_fen``, in order of reckoning."""
    parts = LineDiscount.objects.filter(line__order=order).values("source", "name", "promotion", "coupon")
    return [dict(part) for part in parts.annotate(off_fen=Sum("off_fen"), first=Min("id")).order_by("first")]


def promotions_with_uses(promotions: QuerySet[Any]) -> QuerySet[Any]:
    """Add ``use_count`` (live orders) and ``cost_fen`` (what their lines were given), refunds left out of account."""
    return _with_uses(promotions, LineDiscount.objects.filter(promotion=OuterRef("pk")), "promotion")


def kinds_with_uses(kinds: QuerySet[Any]) -> QuerySet[Any]:
    """Add ``use_count`` and ``cost_fen``, as of promotions."""
    return _with_uses(kinds, LineDiscount.objects.filter(coupon__kind=OuterRef("pk")), "coupon__kind")


def _with_uses(rows: QuerySet[Any], parts: QuerySet[LineDiscount], source: str) -> QuerySet[Any]:
    live = parts.filter(line__order__state__in=LIVE).order_by().values(source)
    counted: QuerySet[Any] = rows.annotate(
        use_count=Coalesce(Subquery(live.annotate(n=Count("line__order", distinct=True)).values("n")), 0),
        cost_fen=Coalesce(Subquery(live.annotate(n=Sum("off_fen")).values("n")), 0, output_field=BigIntegerField()),
    )
    return counted
