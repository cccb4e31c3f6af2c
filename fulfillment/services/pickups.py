"""
Pickup (提货): pieces change hands. The event's uuid comes from the device, so that a repeat confirms nothing twice.
"""

import datetime as dt
from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from fulfillment.models import Pickup, PickupEvent, PickupItem
from fulfillment.selectors.pickups import line_ids, lines_of
from fulfillment.services.handover import NotYourPoint, may_work
from groupbuy.kernel import clock
from groupbuy.kernel.db import rows
from groupbuy.kernel.errors import DomainError, Invalid
from groupbuy.models import User
from groupbuy.services import journal
from groupbuy.services.sales import lines_collect


class NotArrived(DomainError):
    code = "not_arrived"
    message = _("商品还没有到货签收，或不属于这次提货。")


class EventReused(DomainError):
    status = 422
    code = "event_reused"
    message = _("这个核销编号已用于另一次提货。")


@transaction.atomic
def pickup_confirm(
    *,
    pickup: Pickup,
    actor: User,
    event: UUID,
    pieces: Mapping[UUID, int],
    device_at: dt.datetime | None = None,
) -> PickupEvent:
    """
    Hand pieces of a pickup to the shopper; all or none. The same ``event`` again returns the first one's record.

    :param event: made by the device before it showed success.
    :param pieces: public id of an order line -> sale units handed out, >= 1.
    :raises NotYourPoint: the actor does not work at the point.
    :raises Invalid: no pieces are named.
    :raises NotArrived: a line is not of this pickup or its delivery is not signed for.
    :raises NothingLeft: a line has fewer pieces left; nothing is counted.
    :raises EventReused: the event belongs to another pickup.
    """
    if not may_work(user=actor, point_id=pickup.point_id):
        raise NotYourPoint
    if not pieces or any(quantity < 1 for quantity in pieces.values()):
        raise Invalid(_("请选择要提走的商品和件数。"), attr="lines")
    # One hand-over of a pickup at a time: the second sees what the first has left.
    pickup = Pickup.objects.select_for_update(no_key=True, of=("self",)).select_related("point").get(pk=pickup.pk)
    now = clock.now()
    event_id = _claim(pickup, actor, event, device_at, now)
    if event_id is None:
        return _first_time(pickup, event)
    lines = line_ids(pickup, list(pieces))
    if len(lines) < len(pieces):
        raise NotArrived
    counts = {lines[public_id].pk: quantity for public_id, quantity in pieces.items()}
    lines_collect(counts)
    PickupItem.objects.bulk_create(
        PickupItem(event_id=event_id, line_id=line_id, quantity=quantity) for line_id, quantity in counts.items()
    )
    _finish(pickup, now)
    journal.tell(topic="pickup.done", person_id=pickup.shopper_id, now=now, point=pickup.point.name)
    return PickupEvent.objects.get(pk=event_id)


def _claim(pickup: Pickup, actor: User, event: UUID, device_at: dt.datetime | None, now: dt.datetime) -> int | None:
    """Insert the event; None if it is there already."""
    claimed = rows(
        """
        INSERT INTO fulfillment_pickupevent (uuid, pickup_id, actor_id, device_at, at) VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT (uuid) DO NOTHING RETURNING id
        """,
        [event, pickup.pk, actor.pk, device_at, now],
    )
    return claimed[0]["id"] if claimed else None


def _first_time(pickup: Pickup, event: UUID) -> PickupEvent:
    earlier = PickupEvent.objects.get(uuid=event)
    if earlier.pickup_id != pickup.pk:
        raise EventReused
    return earlier


def _finish(pickup: Pickup, now: dt.datetime) -> None:
    """Stamp the pickup done when nothing is left; its code is free again then."""
    if all(line.collected >= line.due for line in lines_of(pickup)):
        Pickup.objects.filter(pk=pickup.pk, done_at=None).update(done_at=now)


def items_take(*, item_ids: list[int], now: dt.datetime) -> list[dict[str, int]]:
    """Hand confirmed items to the next stage, each once; return ``id``, ``line_id``, ``quantity`` in order of id."""
    taken = rows(
        """
        UPDATE fulfillment_pickupitem SET taken_at = %s WHERE id = ANY(%s) AND taken_at IS NULL
        RETURNING id, line_id, quantity
        """,
        [now, item_ids],
    )
    return sorted(taken, key=lambda item: item["id"])
