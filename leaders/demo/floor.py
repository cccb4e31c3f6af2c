"""The warehouse's part of the demo: what suppliers brought, and one wave that waits for the visitor's own hands."""

import uuid

from django.db import transaction

from fulfillment.models import PurchaseOrder, Wave
from fulfillment.selectors.purchases import counts_of
from fulfillment.services.receipts import Arrived, receipt_close, receipt_record
from groupbuy.models import User


@transaction.atomic
def receive(wave: Wave, *, actor: User) -> None:
    """Have everything arrive as ordered, before the goods leave."""
    for order in PurchaseOrder.objects.filter(wave=wave).order_by("pk"):
        _count(order, actor)
        receipt_close(order_id=order.pk, edition=1, actor_id=actor.pk)


@transaction.atomic
def receive_in_part(wave: Wave, *, actor: User) -> None:
    """Count most orders, the first of them with a broken piece, and close none: the rest is for the visitor."""
    *first, _, _, _ = PurchaseOrder.objects.filter(wave=wave).order_by("pk")
    for order in first:
        _count(order, actor, damaged=int(order == first[0]))


def _count(order: PurchaseOrder, actor: User, *, damaged: int = 0) -> None:
    arrived = {each.line.public_id: Arrived(each.expected) for each in counts_of(order)}
    line, came = next(iter(arrived.items()))
    arrived[line] = came._replace(damaged=damaged)
    receipt_record(order_id=order.pk, arrived=arrived, edition=order.edition, actor_id=actor.pk, uuid=uuid.uuid4())
