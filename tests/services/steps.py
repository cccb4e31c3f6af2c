"""Steps that several tests walk: order, give back, build the wave, bring it to a point, hand out."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.db import transaction

from fulfillment.models import Pickup, PickupEvent, Stop, Wave
from fulfillment.selectors.pickups import lines_of
from fulfillment.services.dispatch import dispatch_send
from fulfillment.services.handover import handover_sign
from fulfillment.services.pickups import pickup_confirm
from fulfillment.services.waves import wave_build
from groupbuy.domain.words import RefundReason
from groupbuy.models import Campaign, LedgerLeg, Order, OrderLine, PickupPoint, Refund, User
from groupbuy.services.refunds import refund_request
from tests.world import World, close_and_freeze, place


@contextmanager
def rolled_back() -> Iterator[None]:
    """Take everything back at the end, so that one test can try many examples in one database."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


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


def placed(w: World, tomatoes: int = 2) -> Order:
    """Place the shopper's order, which waits for its payment."""
    return place(shopper=w.shopper, group=w.group, quantities={w.tomato: tomatoes})


def payment_states(order: Order) -> tuple[str, list[str]]:
    """Return the state of an order and of its payments, oldest first."""
    order.refresh_from_db()
    return order.state, list(order.payments.order_by("pk").values_list("state", flat=True))


def give_back(line: OrderLine, pieces: int = 1) -> Refund:
    """Have an operator refund pieces of an accepted order."""
    return refund_request(order_id=line.order_id, pieces={line.pk: pieces}, reason=RefundReason.OPERATOR, actor_id=None)


def balances() -> dict[str, int]:
    """Return the sum of each account of the ledger that was ever moved."""
    found: dict[str, int] = {}
    for account, amount_fen in LedgerLeg.objects.values_list("account", "amount_fen"):
        found[account] = found.get(account, 0) + amount_fen
    return found
