"""Promotions and coupons of the small world, in force from an hour ago for a day."""

import datetime as dt
from typing import Any

from groupbuy.domain.promotions import PromotionKind
from groupbuy.kernel import clock
from groupbuy.models import Coupon, CouponKind, Group, Offer, Promotion, User
from groupbuy.services.coupons import coupon_claim, coupon_kind_create
from groupbuy.services.promotions import promotion_create

HOUR = dt.timedelta(hours=1)


def spend_and_save(spend_fen: int, off_fen: int, **more: Any) -> Promotion:
    now = clock.now()
    terms: dict[str, Any] = {
        "name": f"满 {spend_fen} 减 {off_fen}",
        "starts_at": now - HOUR,
        "ends_at": now + 24 * HOUR,
    } | more
    return promotion_create(kind=PromotionKind.AMOUNT_OFF, spend_fen=spend_fen, off_fen=off_fen, actor_id=None, **terms)


def pieces_at_rate(pieces: int, rate_bp: int, **more: Any) -> Promotion:
    now = clock.now()
    terms: dict[str, Any] = {"name": f"满 {pieces} 件", "starts_at": now - HOUR, "ends_at": now + 24 * HOUR} | more
    return promotion_create(kind=PromotionKind.RATE, pieces=pieces, rate_bp=rate_bp, actor_id=None, **terms)


def coupon_kind(face_fen: int, threshold_fen: int = 0, *, total: int = 10, **more: Any) -> CouponKind:
    now = clock.now()
    terms: dict[str, Any] = {"claim_starts_at": now - HOUR, "claim_ends_at": now + 24 * HOUR, "use_days": 7} | more
    name = f"{face_fen} 分券"
    return coupon_kind_create(
        name=name, face_fen=face_fen, threshold_fen=threshold_fen, total=total, actor_id=None, **terms
    )


def claimed(kind: CouponKind, shopper: User, group: Group | None = None) -> Coupon:
    return coupon_claim(shopper=shopper, kind_id=kind.public_id, group_id=group.public_id if group else None)


def newcomer_price(offer: Offer, price_fen: int, pieces: int = 1) -> None:
    Offer.objects.filter(pk=offer.pk).update(newcomer_fen=price_fen, newcomer_pieces=pieces)
