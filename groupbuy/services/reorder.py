"""Ordering again with changes (改单重下): an order that is not paid gives way to the cart that it came from."""

from django.db import transaction

from groupbuy.domain.states import OrderState
from groupbuy.kernel.errors import StateConflict
from groupbuy.models import Order, User
from groupbuy.services.order_terms import enter_open_campaign
from groupbuy.services.orders import order_cancel


@transaction.atomic
def order_reorder(*, order: Order, actor: User) -> None:
    """
    Cancel an order that is not paid, so that its lines can be ordered anew: its payment has a fixed amount.

    One that was cancelled already is left as it is.

    :raises CampaignClosed: the database clock has reached the cutoff; nothing could be ordered.
    :raises StateConflict: it is paid, maybe a moment ago; it is never refunded by this.
    """
    enter_open_campaign(order.campaign_id)
    state = Order.objects.select_for_update(no_key=True).values_list("state", flat=True).get(pk=order.pk)
    if state == OrderState.PLACED:
        order_cancel(order=order, actor=actor)
    elif state != OrderState.CANCELLED:
        raise StateConflict
