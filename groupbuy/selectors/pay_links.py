"""The link by which anybody may pay an order: signed, so that nobody can make one up, and good until its ``pay_by``."""

import datetime as dt

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from groupbuy.domain.states import OrderState
from groupbuy.kernel.errors import DomainError, Missing
from groupbuy.models import Order


def _signer() -> Signer:
    """Chat programs end a link at a colon, which is the usual separator."""
    return Signer(salt="groupbuy.pay_link", sep=".")


def pay_url(order: Order) -> str:
    """Return the full address of the page on which the order can be paid."""
    token = _signer().sign(order.public_id.hex)
    return f"{settings.PUBLIC_URL}{reverse('shop:pay', args=[token])}"


def order_behind(token: str) -> Order:
    """
    Return the order of a pay link, payable or not any more.

    :raises Missing: nobody has signed it.
    """
    try:
        public_id = _signer().unsign(token)
    except BadSignature as error:
        raise Missing from error
    orders = Order.objects.select_related("campaign", "point").prefetch_related("lines")
    order = orders.filter(public_id=public_id).first()
    if order is None:
        raise Missing
    return order


class PayLinkOver(DomainError):
    """``paid``: whether the order was paid; else it cannot be any more."""

    status = 410
    code = "pay_link_over"
    message = _("这个付款链接已失效。")


def require_payable(order: Order, now: dt.datetime) -> None:
    """:raises PayLinkOver: no payment can be started any more."""
    if not is_payable(order, now):
        raise PayLinkOver(paid=order.paid_at is not None)


def is_payable(order: Order, now: dt.datetime) -> bool:
    """Return whether a payment can be started at ``now``; ``payment_start`` judges again."""
    return order.state == OrderState.PLACED and now < order.pay_by
