"""What an order would cost, and whether it could be placed: the answer of ``order_place`` without any effect."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from groupbuy.domain.promotions import Hint, Source, Why
from groupbuy.models import User
from groupbuy.services import stock
from groupbuy.services.order_terms import LineWanted, PricedLine, Terms, order_terms
from groupbuy.services.orders import community_limit_reached, limit_reached, sold_out


@dataclass(frozen=True)
class QuotedLine:
    """
    Amounts in fen, quantities in sale units. ``most``: for one shopper, ``left``: of the whole offer,
    ``community_left``: for the point's community; None: no end.
    """

    offer: UUID
    name: str
    spec: str
    unit: str
    quantity: int
    price_fen: int
    amount_fen: int
    discount_fen: int
    net_fen: int
    minimum: int
    step: int
    most: int | None
    left: int | None
    community_left: int | None


@dataclass(frozen=True)
class QuotedDiscount:
    """What one promotion, coupon or newcomer price takes off; ``lines``: offer -> its share in fen."""

    source: Source
    coupon: UUID | None
    name: str
    off_fen: int
    lines: Mapping[UUID, int]


@dataclass(frozen=True)
class UnusedCoupon:
    """A coupon that the shopper holds and that is not used; ``missing_fen`` of its threshold, if that is why."""

    coupon: UUID
    name: str
    why: Why
    missing_fen: int


@dataclass(frozen=True)
class Price:
    """What an order costs and why. ``hints``: promotions that are near."""

    items_fen: int
    discount_fen: int
    total_fen: int
    discounts: Sequence[QuotedDiscount] = ()
    hints: Sequence[Hint] = ()
    unused: Sequence[UnusedCoupon] = ()


@dataclass(frozen=True, kw_only=True)
class Quote(Price):
    lines: list[QuotedLine]


@transaction.atomic
def order_price(*, shopper: User, group_id: UUID, lines: Sequence[LineWanted], coupon: UUID | None = None) -> Price:
    """
    Price an order as ``order_place`` would at this moment, whether or not the pieces can still be had.

    Arguments and errors are those of ``order_place``, but for stock and limits.
    """
    return Price(**_price(order_terms(shopper=shopper, group_id=group_id, lines=lines, coupon=coupon)))


@transaction.atomic
def order_quote(
    *,
    shopper: User,
    group_id: UUID,
    lines: Sequence[LineWanted],
    expected_fen: int | None = None,
    coupon: UUID | None = None,
    placed_by: User | None = None,
) -> Quote:
    """
    Price an order as ``order_place`` would at this moment, and say no where it would.

    Arguments and errors are those of ``order_place``. Nothing is written, no counter is locked: somebody else may be
    faster.
    """
    terms = order_terms(
        shopper=shopper,
        group_id=group_id,
        lines=lines,
        expected_fen=expected_fen,
        coupon=coupon,
        personal=placed_by is None,
    )
    held, over = _held(stock.SHOPPER, shopper.pk, terms)
    if over:
        raise limit_reached(over)
    held, over = _held(stock.COMMUNITY, terms.group["community_id"], terms)
    if over:
        raise community_limit_reached(over, held)
    left = stock.left(list(terms.quantities))
    missing = [line.offer for line in terms.lines if not _enough(left[line.offer["id"]], line.quantity)]
    if missing:
        raise sold_out(missing, left)
    return Quote(
        **_price(terms),
        lines=[_line(line, left[line.offer["id"]], held.get(line.offer["id"], 0)) for line in terms.lines],
    )


def _price(terms: Terms) -> dict[str, Any]:
    """Make the fields of ``Price``."""
    return {
        "items_fen": terms.items_fen,
        "discount_fen": terms.discount_fen,
        "total_fen": terms.total_fen,
        "discounts": _discounts(terms),
        "hints": terms.discounts.hints,
        "unused": tuple(
            UnusedCoupon(terms.coupons[unused.coupon_id], unused.name, unused.why, unused.missing_fen)
            for unused in terms.discounts.unused
        ),
    }


def _discounts(terms: Terms) -> tuple[QuotedDiscount, ...]:
    offers = {line.offer["id"]: line.offer["public_id"] for line in terms.lines}
    return tuple(
        QuotedDiscount(
            source=used.source,
            coupon=terms.coupons.get(used.source_id or 0) if used.source == Source.COUPON else None,
            name=used.name,
            off_fen=used.fen,
            lines={offers[part.line]: part.fen for part in terms.discounts.parts if part.comes_from(used)},
        )
        for used in terms.discounts.used
    )


def _held(share: stock.Share, holder_id: int, terms: Terms) -> tuple[dict[int, int], list[Mapping[str, Any]]]:
    """Return what he, or they, hold of the limited offers, and those of which the order would be too much."""
    limited, wanted = terms.limited(share.limit), terms.quantities
    held = stock.held(share, holder_id, [offer["id"] for offer in limited]) if limited else {}
    return held, [o for o in limited if held.get(o["id"], 0) + wanted[o["id"]] > o[share.limit]]


def _enough(left: int | None, quantity: int) -> bool:
    return left is None or quantity <= left


def _line(line: PricedLine, left: int | None, held: int) -> QuotedLine:
    """``held``: what the community has of the offer already, where that is limited."""
    offer = line.offer
    cap: int | None = offer["per_community"]
    return QuotedLine(
        offer=offer["public_id"],
        name=offer["name"],
        spec=offer["spec"],
        unit=offer["sale_unit"],
        quantity=line.quantity,
        price_fen=offer["price_fen"],
        amount_fen=line.amount_fen,
        discount_fen=line.discount_fen,
        net_fen=line.net_fen,
        minimum=offer["minimum"],
        step=offer["step"],
        most=offer["per_shopper"],
        left=left,
        community_left=None if cap is None else max(cap - held, 0),
    )
