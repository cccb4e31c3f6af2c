"""What an order would cost, and whether it could be placed: the answer of ``order_place`` without any effect."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from groupbuy.models import User
from groupbuy.selectors import pages_shop
from groupbuy.services import stock
from groupbuy.services.order_terms import LineWanted, PricedLine, order_terms
from groupbuy.services.orders import limit_reached, sold_out


@dataclass(frozen=True)
class QuotedLine:
    """Amounts in fen, quantities in sale units. ``left``: of the whole offer, ``most``: for one shopper; None: no end."""

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


@dataclass(frozen=True)
class Quote:
    items_fen: int
    discount_fen: int
    total_fen: int
    lines: list[QuotedLine]


@transaction.atomic
def order_quote(
    *, shopper: User, group_id: UUID, lines: Sequence[LineWanted], expected_fen: int | None = None
) -> Quote:
    """
    Price an order as ``order_place`` would at this moment, and say no where it would.

    Arguments and errors are those of ``order_place``. Nothing is written, no counter is locked: somebody else may be
    faster.
    """
    terms = order_terms(group_id=group_id, lines=lines, expected_fen=expected_fen)
    quantities = {line.offer["id"]: line.quantity for line in terms.lines}
    limited = [line.offer for line in terms.lines if line.offer["per_shopper"] is not None]
    held = pages_shop.held(shopper=shopper, offer_ids=[offer["id"] for offer in limited]) if limited else {}
    over = [o for o in limited if held.get(o["id"], 0) + quantities[o["id"]] > o["per_shopper"]]
    if over:
        raise limit_reached(over)
    left = stock.left(list(quantities))
    missing = [line.offer for line in terms.lines if not _enough(left[line.offer["id"]], line.quantity)]
    if missing:
        raise sold_out(missing, left)
    return Quote(
        items_fen=terms.items_fen,
        discount_fen=terms.discount_fen,
        total_fen=terms.total_fen,
        lines=[_line(line, left[line.offer["id"]]) for line in terms.lines],
    )


def _enough(left: int | None, quantity: int) -> bool:
    return left is None or quantity <= left


def _line(line: PricedLine, left: int | None) -> QuotedLine:
    offer = line.offer
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
    )
