"""
The discounts of an order: read with its group, chosen by the pure core, taken and written with the order.

An order without any costs no statement more than one on a platform without them.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from groupbuy.domain.promotion_choice import choose
from groupbuy.domain.promotions import (
    CouponTerms,
    Discounts,
    LineTerms,
    PromotionKind,
    PromotionTerms,
    Source,
    Why,
)
from groupbuy.kernel.db import prepared
from groupbuy.kernel.errors import DomainError
from groupbuy.models import Order

# Given as the wanted coupon: use none, though there are some.
NO_COUPON: Final = UUID(int=0)


class CouponUnusable(DomainError):
    """``why``: ``gone`` (used, ended, not his) or a word of ``Why``; ``missing_fen``: what its threshold lacks."""

    code = "coupon_unusable"
    message = _("这张券不能用于这个订单。")


class DiscountGone(DomainError):
    code = "discount_gone"
    message = _("优惠券或新人价刚被您的另一个订单使用，请确认后重新下单。")


# Columns of the statement that reads the group ``g`` of campaign ``c`` at ``instant.now``; NULL where there is nothing.
# What of an offer depends on the order's instant or person is judged there, not here.
COLUMNS: Final = """
    (SELECT jsonb_agg(jsonb_build_object(
         'id', p.id, 'name', p.name, 'kind', p.kind, 'threshold', greatest(p.spend_fen, p.pieces),
         'off_fen', p.off_fen, 'rate_bp', p.rate_bp, 'repeats', p.repeats, 'cap_fen', p.cap_fen,
         'category', p.category_id, 'with_coupon', p.with_coupon,
         'offers', ARRAY(SELECT offer_id FROM groupbuy_promotion_offers WHERE promotion_id = p.id)))
     FROM groupbuy_promotion p
     WHERE (p.campaign_id = c.id OR p.campaign_id IS NULL) AND p.stopped_at IS NULL
       AND p.starts_at <= instant.now AND instant.now < p.ends_at) AS promotions,
    (SELECT jsonb_agg(jsonb_build_object(
         'id', coupon.id, 'public_id', coupon.public_id, 'name', kind.name, 'face_fen', kind.face_fen,
         'threshold_fen', kind.threshold_fen, 'ends_at', coupon.ends_at,
         'here', kind.group_id IS NULL OR kind.group_id = g.id))
     FROM groupbuy_coupon coupon JOIN groupbuy_couponkind kind ON kind.id = coupon.kind_id
     WHERE coupon.shopper_id = %(shopper)s::bigint AND coupon.order_id IS NULL AND coupon.ends_at > instant.now) AS coupons
"""

# A column of the statement that reads the offers ``o``: whoever has a live order is no newcomer any more. The
# question is asked once, and only where an offer has a newcomer price.
NEWCOMER_PRICE: Final = """
    CASE WHEN o.newcomer_fen IS NOT NULL AND NOT EXISTS (
        SELECT FROM groupbuy_order mine
        WHERE mine.shopper_id = %(shopper)s::bigint AND mine.state IN ('placed', 'paid', 'accepted')) THEN o.newcomer_fen
    END AS newcomer_fen, o.newcomer_pieces
"""


def best_for(
    group: Mapping[str, Any], offers: Sequence[Mapping[str, Any]], wanted: Mapping[UUID, int], coupon: UUID | None
) -> tuple[Discounts, dict[int, UUID]]:
    """
    Return the best discounts for what is wanted (offer's public id -> sale units), and the public ids of the coupons.

    :param group, offers: rows with the columns above.
    :param coupon: the one that the shopper chose, NO_COUPON, or None: the best.
    :raises CouponUnusable: the chosen one does not fit this order.
    """
    newcomer = any(offer["newcomer_fen"] is not None for offer in offers)
    if not (newcomer or group["promotions"] or group["coupons"] or coupon):
        return Discounts(), {}
    held = {} if coupon == NO_COUPON else {UUID(row["public_id"]): _coupon(row) for row in _rows(group["coupons"])}
    chosen = held.get(coupon) if coupon else None
    if coupon and coupon != NO_COUPON and chosen is None:
        raise CouponUnusable(attr="coupon", why="gone")
    discounts = choose(
        [_line(offer, wanted[offer["public_id"]]) for offer in offers],
        [_promotion(row) for row in _rows(group["promotions"])],
        list(held.values()),
        newcomer=newcomer,
        must_use=chosen.id if chosen else None,
    )
    if chosen and discounts.coupon_id != chosen.id:
        raise _unusable(discounts, chosen.id)
    return discounts, {terms.id: public_id for public_id, terms in held.items()}


def _unusable(discounts: Discounts, coupon_id: int) -> CouponUnusable:
    unused = next(unused for unused in discounts.unused if unused.coupon_id == coupon_id)
    if unused.why == Why.THRESHOLD:
        return CouponUnusable(
            _("还没有达到这张券的使用门槛。"), attr="coupon", why=unused.why, missing_fen=unused.missing_fen
        )
    return CouponUnusable(attr="coupon", why=unused.why)


def _rows(listed: str | None) -> list[dict[str, Any]]:
    return json.loads(listed) if listed else []


def _line(offer: Mapping[str, Any], quantity: int) -> LineTerms:
    return LineTerms(
        key=offer["id"],
        category=offer["category_id"],
        price_fen=offer["price_fen"],
        quantity=quantity,
        newcomer_fen=offer["newcomer_fen"],
        newcomer_pieces=offer["newcomer_pieces"],
    )


def _promotion(row: dict[str, Any]) -> PromotionTerms:
    return PromotionTerms(**row | {"kind": PromotionKind(row["kind"]), "offers": frozenset(row["offers"])})


def _coupon(row: dict[str, Any]) -> CouponTerms:
    return CouponTerms(
        id=row["id"],
        name=row["name"],
        face_fen=row["face_fen"],
        threshold_fen=row["threshold_fen"],
        ends_at=dt.datetime.fromisoformat(row["ends_at"]),
        here=row["here"],
    )


# A coupon is taken only while it is held, a newcomer's right only where there is none yet; whoever comes second waits
# for the first one's commit and then finds neither. Nothing is counted but what was taken.
_TAKE_AND_WRITE: Final = """
    WITH coupon AS (
        UPDATE groupbuy_coupon SET order_id = %(order)s::bigint
        WHERE id = %(coupon)s::bigint AND shopper_id = %(shopper)s::bigint AND order_id IS NULL RETURNING id
    ), newcomer AS (
        INSERT INTO groupbuy_newcomeruse (shopper_id, order_id)
        SELECT %(shopper)s::bigint, %(order)s::bigint WHERE %(newcomer)s::boolean ON CONFLICT (shopper_id) DO NOTHING RETURNING order_id
    ), parts AS (
        INSERT INTO groupbuy_linediscount (line_id, source, promotion_id, coupon_id, name, off_fen)
        SELECT * FROM unnest(%(lines)s::bigint[], %(sources)s::text[], %(promotions)s::bigint[], %(coupons)s::bigint[],
                             %(names)s::text[], %(fen)s::bigint[])
    )
    SELECT (SELECT count(*) FROM coupon) AS coupons, (SELECT count(*) FROM newcomer) AS newcomers
"""


def take(order: Order, discounts: Discounts) -> None:
    """
    Use the coupon and the newcomer's right for an order that was just inserted, and write its lines' discounts.

    :raises DiscountGone: another order of the shopper was faster; the transaction must end.
    """
    if not discounts.parts:
        return
    line_ids = {line.offer_id: line.pk for line in order.lines.all()}
    parts = discounts.parts
    (taken,) = prepared(
        _TAKE_AND_WRITE,
        {
            "order": order.pk,
            "shopper": order.shopper_id,
            "coupon": discounts.coupon_id,
            "newcomer": discounts.newcomer,
            "lines": [line_ids[part.line] for part in parts],
            "sources": [part.source for part in parts],
            "promotions": [part.source_id if part.source == Source.PROMOTION else None for part in parts],
            "coupons": [part.source_id if part.source == Source.COUPON else None for part in parts],
            "names": [part.name for part in parts],
            "fen": [part.fen for part in parts],
        },
    )
    if taken["coupons"] != (discounts.coupon_id is not None) or taken["newcomers"] != discounts.newcomer:
        raise DiscountGone(attr="coupon")
