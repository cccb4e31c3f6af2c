"""Who pays: another person than the shopper, and two who want to pay at once."""

from typing import Any

import pytest

from groupbuy.kernel.errors import StateConflict
from groupbuy.models import Message
from groupbuy.services import outbox, payments
from groupbuy.services.orders import order_cancel
from groupbuy.tasks import send_refunds
from tests.books import assert_books
from tests.services.steps import payment_states, placed
from tests.services.wechat import Wechat
from tests.world import world

pytestmark = pytest.mark.django_db


def test_whoever_pays_is_the_payer_and_is_refunded_and_both_are_told(wechat: Wechat) -> None:
    w = world()
    order = placed(w)
    payment, _ = payments.payment_start(order=order, payer=w.neighbour, payer_ref="openid-neighbour")

    wechat.pay(payment, notify=True)
    wechat.deliver()
    order.refresh_from_db()
    order_cancel(order=order, actor=w.shopper)
    send_refunds()
    outbox.relay()

    assert (order.shopper, order.payer) == (w.shopper, w.neighbour)
    assert wechat.books(payment) == {"paid_fen": 798, "refunded_fen": 798, "held_fen": 0}
    both = {(who.pk, what) for who in (w.shopper, w.neighbour) for what in ("支付成功", "订单已取消")}
    assert set(Message.objects.values_list("person", "title")) == both
    assert_books()


def test_a_second_person_who_wants_to_pay_closes_the_firsts_payment(wechat: Wechat) -> None:
    w = world()
    order = placed(w)
    wechat.start(order)

    second, _ = payments.payment_start(order=order, payer=w.neighbour, payer_ref="openid-neighbour")

    assert payment_states(order) == ("placed", ["closed", "created"])
    assert second.payer == w.neighbour
    assert_books()


def test_a_second_person_comes_too_late_when_the_first_has_just_paid(wechat: Wechat) -> None:
    w = world()
    order = placed(w)
    wechat.pay(wechat.start(order), notify=False)

    with pytest.raises(StateConflict):
        payments.payment_start(order=order, payer=w.neighbour, payer_ref="openid-neighbour")

    assert payment_states(order) == ("paid", ["paid"])
    assert_books()


def test_a_first_payment_that_cannot_be_closed_now_keeps_the_second_away(wechat: Wechat, faults: Any) -> None:
    w = world()
    order = placed(w)
    wechat.start(order)
    faults(api_error_rate=1.0)

    with pytest.raises(payments.PaymentUnavailable):
        payments.payment_start(order=order, payer=w.neighbour, payer_ref="openid-neighbour")

    assert payment_states(order) == ("placed", ["created"])


def test_a_payment_that_another_person_began_a_moment_before_is_not_handed_over() -> None:
    w = world()
    order = placed(w)
    payments._pending(order, "wechat", w.neighbour)

    with pytest.raises(StateConflict, match="另一笔支付"):
        payments._pending(order, "wechat")
