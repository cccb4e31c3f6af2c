"""Showing a full phone number: for the leader of the pickup point, once asked, and written down (DOMAIN "Privacy")."""

from django.db import transaction

from groupbuy.domain.words import PointRole
from groupbuy.kernel import clock
from groupbuy.kernel.errors import Forbidden
from groupbuy.models import Order, PointStaff, User
from groupbuy.services import journal


@transaction.atomic
def phone_reveal(*, order: Order, actor: User) -> str:
    """
    Return the receiver's full number; who saw whose number is in the audit trail, the number is not.

    :raises Forbidden: the actor is not the active leader of the order's point.
    """
    leads = PointStaff.objects.filter(user=actor, point=order.point_id, role=PointRole.LEADER, active=True)
    if order.leader_id != actor.pk or not leads.exists():
        raise Forbidden
    journal.audit(action="phone_reveal", subject_kind="order", subject_id=order.pk, now=clock.now(), actor_id=actor.pk)
    return order.receiver_phone
