"""The end of an order that was not paid in time."""

import datetime as dt

from django.db import transaction

from groupbuy.domain.states import ORDER, OrderState, PaymentState
from groupbuy.kernel import clock
from groupbuy.kernel.transition import move_where
from groupbuy.models import Order
from groupbuy.providers.payment import ProviderUnavailable
from groupbuy.services import journal, refunds, stock
from groupbuy.services.payments import close_at_provider


def order_expire(*, order_id: int) -> None:
    """
    End an order whose time to pay is over. One with a pending payment is first closed at the provider.

    If the provider had been paid in time the order is paid. If it does not answer, the order keeps waiting for the
    campaign's grace and is then cancelled; money that still comes is refunded.
    """
    order = Order.objects.select_related("campaign").get(pk=order_id)
    pending = order.payments.filter(state=PaymentState.CREATED).first()
    if pending:
        try:
            close_at_provider(pending)
        except ProviderUnavailable:
            if clock.now() < order.pay_by + dt.timedelta(seconds=order.campaign.grace_s):
                return
    _expire(order)


@transaction.atomic
def _expire(order: Order) -> None:
    """Cancel if it still waits; give its pieces back exactly then."""
    now = clock.now()
    expired = move_where(
        ORDER,
        old=OrderState.PLACED,
        new=OrderState.CANCELLED,
        where="t.id = %s AND t.pay_by <= %s",
        params=[order.pk, now],
        now=now,
        reason="not paid in time",
    )
    if expired:
        refunds.ask_about_pending(expired, now=now)
        journal.tell(
            topic="order.expired",
            person_id=order.payer_id,
            also_id=order.shopper_id,
            now=now,
            number=order.number,
        )
        stock.give_back(expired)
