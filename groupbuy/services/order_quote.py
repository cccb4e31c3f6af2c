"""What an order would cost, and whether it could be placed: the answer of ``order_place`` without any effect."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from groupbuy.models import User
from groupbuy.selectors import pages_shop
from groupbuy.services import stock
from groupbuy.services.orders import LineWanted, limit_reached, order_terms, sold_out


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
    quantities = {offer["id"]: terms.wanted[offer["public_id"]] for offer in terms.offers}
    limited = [offer for offer in terms.offers if offer["per_shopper"] is not None]
    held = pages_shop.held(shopper=shopper, offer_ids=[offer["id"] for offer in limited]) if limited else {}
    over = [o for o in limited if held.get(o["id"], 0) + quantities[o["id"]] > o["per_shopper"]]
    if over:
        raise limit_reached(over)
    left = stock.left(list(quantities))
    missing = [offer for offer in terms.offers if not _enough(left[offer["id"]], quantities[offer["id"]])]
    if missing:
        raise sold_out(missing, left)
    return Quote(
        items_fen=terms.total_fen,
        discount_fen=0,
        total_fen=terms.total_fen,
        lines=[_line(offer, quantities[offer["id"]], left[offer["id"]]) for offer in terms.offers],
    )


def _enough(left: int | None, quantity: int) -> bool:
    return left is None or quantity <= left


def _line(offer: Mapping[str, Any], quantity: int, left: int | None) -> QuotedLine:
    return QuotedLine(
        offer=offer["public_id"],
        name=offer["name"],
        spec=offer["spec"],
        unit=offer["sale_unit"],
        quantity=quantity,
        price_fen=offer["price_fen"],
        amount_fen=offer["price_fen"] * quantity,
        minimum=offer["minimum"],
        step=offer["step"],
        most=offer["per_shopper"],
        left=left,
    )
