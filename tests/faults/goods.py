"""Goods that have reached the pickup point, and their handing out."""

from __future__ import annotations

import uuid

from fulfillment.models import Pickup, PickupEvent
from fulfillment.services import pickups
from groupbuy.models import OrderLine
from tests.faults.ground import Ground
from tests.promotions import spend_and_save
from tests.services.steps import bring, build


def arrived(ground: Ground, number: int, *, discount_fen: int = 0) -> list[OrderLine]:
    """
    Empty the world and return lines of three tomatoes each, at the pickup point; all are one pickup.

    :param discount_fen: taken off the 1197 that each costs.
    """
    campaign = ground.fresh().campaign
    campaign.offers.update(stock=None)
    if discount_fen:
        spend_and_save(1197, discount_fen, campaign=campaign)
    found = []
    for _ in range(number):
        order = ground.order(campaign, tomatoes=3)
        ground.paid(order)
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
