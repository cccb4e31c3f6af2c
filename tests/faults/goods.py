"""Goods that have reached the pickup point, and their handing out."""

from __future__ import annotations

import uuid

from fulfillment.models import Pickup, PickupEvent
from fulfillment.services import pickups
from groupbuy.models import Order, OrderLine
from tests.faults.ground import Ground
from tests.services.steps import bring, build
from tests.world import pay


def arrived(ground: Ground, number: int, *, net_fen: int = 1197) -> list[OrderLine]:
    """
    Empty the world and return lines of three tomatoes each, at the pickup point; all are one pickup.

    :param net_fen: what each line costs, 1 to 1197; the rest is a discount.
    """
    campaign = ground.fresh().campaign
    campaign.offers.update(stock=None)
    found = []
    for _ in range(number):
        order = ground.order(campaign, tomatoes=3)
        discount_fen = order.total_fen - net_fen
        OrderLine.objects.filter(order=order).update(discount_fen=discount_fen, net_fen=net_fen)
        Order.objects.filter(pk=order.pk).update(discount_fen=discount_fen, total_fen=net_fen)
        pay(order=order)
        found.append(order.lines.get())
    bring(build(campaign), point=ground.world.near, leader=ground.world.leader)
    return found


def collect(ground: Ground, line: OrderLine, *, pieces: int = 3, event: uuid.UUID | None = None) -> PickupEvent:
    """Hand pieces of a line to the shopper, as the leader does."""
    return pickups.pickup_confirm(
        pickup=Pickup.objects.get(shopper=line.order.shopper),
        actor=ground.world.leader,
        event=event or uuid.uuid4(),
        pieces={line.public_id: pieces},
    )
