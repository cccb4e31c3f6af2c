"""What an operator's action on a campaign will do, before it is done."""

from dataclasses import dataclass

from groupbuy.domain.states import OrderState
from groupbuy.kernel.db import rows
from groupbuy.models import Order


@dataclass(frozen=True)
class Effect:
    """``orders`` that lose something, paid or not; ``people`` who pay for them; ``fen`` that go back to them."""

    orders: int
    people: int
    fen: int


NOTHING = Effect(orders=0, people=0, fen=0)


def effect_of_cancelling(campaign_id: int) -> Effect:
    """Count what cancelling a campaign takes away: all that is still in its live orders."""
    return _effect("o.campaign_id = %s", campaign_id)


def effect_of_withdrawing(offer_id: int) -> Effect:
    """Count what withdrawing an offer takes away. An unpaid order with it ends; a paid one loses these pieces."""
    return _effect("line.offer_id = %s AND line.quantity > line.short + line.refunded", offer_id)


def unpaid_orders(campaign_id: int) -> int:
    """Count the orders that end if they are not paid within the grace after the cutoff."""
    return Order.objects.filter(campaign=campaign_id, state=OrderState.PLACED).count()


def _effect(where: str, key: int) -> Effect:
    (found,) = rows(
        f"""
        SELECT count(DISTINCT o.id) AS orders, count(DISTINCT o.payer_id) AS people,
               coalesce(sum(line.net_fen - line.refunded_fen) FILTER (WHERE o.state <> 'placed'), 0)::bigint AS fen
        FROM groupbuy_order o JOIN groupbuy_orderline line ON line.order_id = o.id
        WHERE o.state IN ('placed', 'paid', 'accepted') AND {where}
        """,  # noqa: S608 - one of the conditions above
        [key],
    )
    return Effect(**found)
