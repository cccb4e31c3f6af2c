"""Being paid through a real provider in its own process: whatever it says, how often and how late, counts once."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from groupbuy.domain.states import OrderState
from groupbuy.kernel import clock
from groupbuy.kernel.errors import StateConflict
from groupbuy.models import LedgerEntry, LedgerLeg, Message, Order, Payment, PaymentNotice, Refund
from groupbuy.providers.payment import NoticeForged
from groupbuy.services import outbox, payments
from groupbuy.services.orders import order_cancel
from groupbuy.services.refund_sending import AmountWrong
from groupbuy.tasks import expire_unpaid_orders, query_payments
from tests.books import assert_books
from tests.clocks import SECOND
from tests.services.steps import payment_states, placed
from tests.services.wechat import Wechat
from tests.world import close_and_freeze, pay, shift_clock, world

pytestmark = pytest.mark.django_db


def kinds() -> list[str]:
    return list(LedgerEntry.objects.order_by("pk").values_list("kind", flat=True))


def balance(account: str) -> int:
    return sum(LedgerLeg.objects.filter(account=account).values_list("amount_fen", flat=True))


def test_a_notice_pays_the_order(wechat: Wechat) -> None:
    order = placed(world())
    payment = wechat.start(order)
    assert payment.prepay_id

    wechat.pay(payment, notify=True)
    wechat.deliver()

    assert payment_states(order) == ("paid", ["paid"])
    payment.refresh_from_db()
    assert (payment.counts, payment.amount_fen, payment.next_query_at) == (True, 798, None)
    assert payment.transaction_id
    assert order.paid_at == payment.paid_at
    assert (balance("provider"), balance("held")) == (798, -798)
    assert wechat.books(payment) == {"paid_fen": 798, "refunded_fen": 0, "held_fen": 798}
    outbox.relay()
    assert Message.objects.get().body == f"订单 {order.number} 已支付 7.98 元，截单后我们会为您备货。"
    assert_books(ages=True)


def test_a_notice_takes_seven_statements(wechat: Wechat) -> None:
    """The clock, the two rows, two moves, the booking, the message, the notice; whatever more comes in is a step back."""
    wechat.pay(wechat.start(placed(world())), notify=True)
    ((headers, body),) = wechat.mailbox.wait_for(1)

    with CaptureQueriesContext(connection) as seen:
        payments.payment_notice(provider="wechat", headers=headers, body=body)

    own = [query["sql"] for query in seen if "SAVEPOINT" not in query["sql"]]
    assert len(own) == 7


def test_the_same_notice_again_and_again_is_booked_once(wechat: Wechat) -> None:
    order = placed(world())
    payment = wechat.start(order)
    wechat.pay(payment, notify=True)
    wechat.mailbox.wait_for(1)

    wechat.provider.judge("resend", out_trade_no=payment.out_trade_no, times=3)
    wechat.deliver(4)
    wechat.deliver(4)
    query_payments()

    assert payment_states(order) == ("paid", ["paid"])
    assert kinds() == ["payment"]
    assert PaymentNotice.objects.count() == 1
    assert_books()


def test_a_payment_whose_notice_was_swallowed_is_found_by_the_sweep(wechat: Wechat) -> None:
    order = placed(world())
    payment = wechat.start(order)
    wechat.pay(payment, notify=False)

    query_payments()
    assert payment_states(order) == ("placed", ["created"])
    shift_clock(by=11 * SECOND)
    query_payments()

    assert payment_states(order) == ("paid", ["paid"])
    query_payments()
    assert kinds() == ["payment"]
    assert_books()


def test_an_unpaid_payment_is_asked_about_less_and_less_often(wechat: Wechat) -> None:
    payment = wechat.start(placed(world()))
    waits = []

    for _ in range(8):
        before = clock.now()
        payments.payment_query(payment_id=payment.pk)
        payment.refresh_from_db()
        assert payment.next_query_at is not None
        waits.append(round((payment.next_query_at - before).total_seconds()))

    assert waits == [10, 20, 40, 80, 160, 320, 600, 600]


def test_asking_to_pay_twice_is_one_payment(wechat: Wechat) -> None:
    order = placed(world())

    assert wechat.start(order).pk == wechat.start(order).pk

    assert Payment.objects.count() == 1


def test_an_order_that_is_paid_or_past_its_time_cannot_be_paid(wechat: Wechat) -> None:
    w = world()
    paid, slow = placed(w), placed(w)
    pay(order=paid)

    with pytest.raises(StateConflict):
        wechat.start(paid)
    shift_clock(by=15 * 60 * SECOND)
    with pytest.raises(payments.PayDeadlinePassed):
        wechat.start(slow)

    assert Payment.objects.count() == 1


def test_a_provider_that_does_not_answer_leaves_the_order_waiting(wechat: Wechat, faults: Any) -> None:
    order = placed(world())
    faults(api_error_rate=1.0)

    with pytest.raises(payments.PaymentUnavailable):
        wechat.start(order)

    assert payment_states(order) == ("placed", ["created"])
    faults(api_error_rate=0.0)
    payment = wechat.start(order)
    wechat.pay(payment, notify=True)
    wechat.deliver()
    assert payment_states(order) == ("paid", ["paid"])
    assert_books()


def test_an_unpaid_order_is_closed_at_the_provider_and_ends(wechat: Wechat) -> None:
    w = world()
    order = placed(w)
    payment = wechat.start(order)

    shift_clock(by=15 * 60 * SECOND)
    expire_unpaid_orders()
    expire_unpaid_orders()

    assert payment_states(order) == ("cancelled", ["closed"])
    w.tomato.refresh_from_db()
    assert w.tomato.sold == 0
    answer = wechat.provider.judge(f"ledger?out_trade_no={payment.out_trade_no}")
    assert [trade["state"] for trade in answer["trades"]] == ["CLOSED"]
    assert_books()


def test_an_order_paid_in_time_is_paid_although_it_was_about_to_expire(wechat: Wechat) -> None:
    order = placed(world())
    wechat.pay(wechat.start(order), notify=False)

    shift_clock(by=15 * 60 * SECOND)
    expire_unpaid_orders()

    assert payment_states(order) == ("paid", ["paid"])
    assert kinds() == ["payment"]
    assert not Refund.objects.exists()
    assert_books()


def test_a_payment_a_second_late_is_refunded_once(wechat: Wechat) -> None:
    w = world()
    order = placed(w)
    payment = wechat.start(order)
    Order.objects.filter(pk=order.pk).update(pay_by=clock.now() - 2 * SECOND)

    wechat.pay(payment, notify=True)
    wechat.deliver()
    wechat.deliver()
    expire_unpaid_orders()
    query_payments()

    assert payment_states(order) == ("cancelled", ["paid"])
    refund = Refund.objects.get()
    assert (refund.amount_fen, refund.reason, refund.lines.count()) == (798, "late_payment", 0)
    assert kinds() == ["payment_to_refund"]
    assert (balance("provider"), balance("refund_due"), balance("held")) == (798, -798, 0)
    assert_books()


def test_money_that_comes_after_the_freeze_is_refunded_once(wechat: Wechat, faults: Any) -> None:
    w = world()
    order = placed(w)
    payment = wechat.start(order)
    faults(api_error_rate=1.0)
    close_and_freeze(campaign=w.campaign)
    faults(api_error_rate=0.0)

    wechat.pay(payment, notify=True)
    wechat.deliver()
    query_payments()
    query_payments()

    assert payment_states(order) == ("cancelled", ["paid"])
    assert list(Refund.objects.values_list("amount_fen", "reason")) == [(798, "late_payment")]
    assert kinds() == ["payment_to_refund"]
    assert_books()


def test_an_expired_order_waits_for_a_dead_provider_only_for_the_grace(wechat: Wechat, faults: Any) -> None:
    w = world()
    w.campaign.grace_s = 180
    w.campaign.save(update_fields=["grace_s"])
    order = placed(w)
    payment = wechat.start(order)
    faults(api_error_rate=1.0)

    shift_clock(by=(15 * 60 + 179) * SECOND)
    expire_unpaid_orders()
    assert payment_states(order) == ("placed", ["created"])
    shift_clock(by=(15 * 60 + 181) * SECOND)
    expire_unpaid_orders()
    assert payment_states(order) == ("cancelled", ["created"])

    faults(api_error_rate=0.0)
    wechat.pay(payment, notify=False)
    query_payments()
    assert payment_states(order) == ("cancelled", ["paid"])
    assert Refund.objects.get().reason == "late_payment"
    assert_books()


def test_a_pending_payment_of_a_cancelled_order_is_closed_by_the_sweep(wechat: Wechat) -> None:
    w = world()
    order = placed(w)
    wechat.start(order)

    order_cancel(order=order, actor=w.shopper)
    query_payments()

    assert payment_states(order) == ("cancelled", ["closed"])
    assert Payment.objects.get().next_query_at is None


def test_a_pending_payment_that_was_never_announced_is_closed_too(wechat: Wechat) -> None:
    w = world()
    order = placed(w)
    payments._pending(order, "wechat")

    order_cancel(order=order, actor=w.shopper)
    query_payments()

    assert payment_states(order) == ("cancelled", ["closed"])


def test_a_second_payment_of_one_order_is_given_back() -> None:
    w = world()
    order = placed(w)
    first = payments._pending(order, "wechat")
    payments._closed(first)
    pay(order=order)

    payments.payment_apply(
        out_trade_no=first.out_trade_no, transaction_id="42second", amount_fen=798, paid_at=clock.now()
    )

    assert payment_states(order) == ("paid", ["paid", "paid"])
    assert Refund.objects.get().reason == "double_payment"
    assert sorted(order.payments.values_list("counts", flat=True)) == [False, True]
    assert (balance("provider"), balance("held"), balance("refund_due")) == (1596, -798, -798)
    assert_books()


@pytest.mark.parametrize("off", [-1, 1])
def test_another_amount_than_ours_changes_nothing(off: int) -> None:
    order = placed(world())
    payment = payments._pending(order, "wechat")

    with pytest.raises(AmountWrong):
        payments.payment_apply(
            out_trade_no=payment.out_trade_no, transaction_id="42", amount_fen=798 + off, paid_at=clock.now()
        )

    assert payment_states(order) == ("placed", ["created"])
    assert kinds() == []


def test_a_number_that_is_not_ours_is_unknown() -> None:
    with pytest.raises(payments.PaymentUnknown):
        payments.payment_apply(out_trade_no=uuid.uuid4().hex, transaction_id="42", amount_fen=1, paid_at=clock.now())


@pytest.mark.parametrize("late", [dt.timedelta(0), dt.timedelta(microseconds=1)])
def test_paid_at_the_very_deadline_counts_and_a_microsecond_later_does_not(late: dt.timedelta) -> None:
    order = placed(world())
    payment = payments._pending(order, "wechat")

    payments.payment_apply(
        out_trade_no=payment.out_trade_no, transaction_id="42", amount_fen=798, paid_at=order.pay_by + late
    )

    expected = OrderState.PLACED if late else OrderState.PAID
    assert payment_states(order) == (expected, ["paid"])
    assert Refund.objects.count() == bool(late)


def test_an_altered_or_stale_notice_changes_nothing(wechat: Wechat) -> None:
    order = placed(world())
    wechat.pay(wechat.start(order), notify=True)
    ((headers, body),) = wechat.mailbox.wait_for(1)

    with pytest.raises(NoticeForged):
        payments.payment_notice(provider="wechat", headers=headers, body=body.replace(b"create_time", b"Create_time"))
    shift_clock(by=6 * 60 * SECOND)
    with pytest.raises(NoticeForged):
        payments.payment_notice(provider="wechat", headers=headers, body=body)

    assert payment_states(order) == ("placed", ["created"])
    assert not PaymentNotice.objects.exists()
