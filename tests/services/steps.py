"""Steps of the line that several tests walk: build the wave, bring it to a point, hand out."""

import uuid
from collections.abc import Mapping

from fulfillment.models import Pickup, PickupEvent, Stop, Wave
from fulfillment.selectors.pickups import lines_of
from fulfillment.services.dispatch import dispatch_send
from fulfillment.services.handover import handover_sign
from fulfillment.services.pickups import pickup_confirm
from fulfillment.services.waves import wave_build
from groupbuy.models import Campaign, PickupPoint, User
from tests.world import World, close_and_freeze


def build(campaign: Campaign) -> Wave:
    """Close a campaign now and build the wave that takes it."""
    close_and_freeze(campaign=campaign)
    wave = wave_build(warehouse_id=campaign.warehouse_id, delivery_date=campaign.delivery_date)
    assert wave is not None
    return wave


def bring(wave: Wave, *, point: PickupPoint, leader: User) -> Stop:
    """Send a wave off if it has not left, and sign for it at one point."""
    wave.refresh_from_db()
    if wave.state == "built":
        dispatch_send(wave_id=wave.pk)
    return handover_sign(stop_id=wave.stops.get(point=point).pk, actor=leader)


def deliver(w: World) -> Wave:
    """Bring everything that was ordered in the world's campaign to the leader's point."""
    wave = build(w.campaign)
    bring(wave, point=w.near, leader=w.leader)
    return wave


def hand_out(pickup: Pickup, *, actor: User, pieces: Mapping[str, int], event: uuid.UUID | None = None) -> PickupEvent:
    """Hand out pieces by SKU code, of the first line that has the SKU."""
    lines = {line.sku.code: line.public_id for line in reversed(lines_of(pickup))}
    return pickup_confirm(
        pickup=pickup,
        actor=actor,
        event=event or uuid.uuid4(),
        pieces={lines[code]: quantity for code, quantity in pieces.items()},
    )
