"""Refunds of one payment go to the provider as one, under one number, a pause apart, and only so many."""

import datetime as dt
from itertools import pairwise
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from groupbuy.domain.words import RefundReason
from groupbuy.kernel import clock
from groupbuy.models import OrderLine, Outbox, Payment, Refund
from groupbuy.services import payments, refunds
from groupbuy.tasks import send_refunds
from tests.books import assert_books
from tests.clocks import SECOND
from tests.services.steps import balances, give_back, rolled_back
from tests.services.wechat import Wechat
from tests.world import close_and_freeze, place, shift_clock, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def three_tomatoes(wechat: Wechat) -> OrderLine:
    """The line of an accepted order of three tomatoes, 1197 fen, paid through the provider."""
    w = world()
    order = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    wechat.pay(wechat.start(order), notify=True)
    wechat.deliver()
    close_and_freeze(campaign=w.campaign)
    return order.lines.get()


def at_provider(wechat: Wechat) -> list[tuple[str, int]]:
    payment = Payment.objects.get()
    answer = wechat.provider.judge(f"ledger?out_trade_no={payment.out_trade_no}")
    return [(refund["out_refund_no"], refund["amount_fen"]) for refund in answer["refunds"]]


def departures() -> list[dt.datetime]:
    """When the parcels left."""
    return sorted(refund.sent_at for refund in Refund.objects.filter(sent_as=F("pk")) if refund.sent_at)


def send_at(second: int) -> list[str]:
    """Sweep ``second`` seconds from now; return the states of all refunds, oldest first."""
    shift_clock(by=second * SECOND)
    send_refunds()
    return list(Refund.objects.order_by("pk").values_list("state", flat=True))


def test_refunds_of_one_payment_that_wait_go_out_as_one_and_keep_their_lines(
    wechat: Wechat, three_tomatoes: OrderLine
) -> None:
    first, second = give_back(three_tomatoes, 1), give_back(three_tomatoes, 2)

    assert send_at(0) == ["sending", "sending"]
    assert send_at(3) == ["succeeded", "succeeded"]

    assert at_provider(wechat) == [(first.out_refund_no, 1197)]
    assert set(Refund.objects.values_list("sent_as", "tries")) == {(first.pk, 2)}
    assert list(second.lines.values_list("quantity", "amount_fen")) == [(2, 798)]
    assert Outbox.objects.filter(topic="refund.done").count() == 1
    assert balances() == {"provider": 0, "held": 0, "refund_due": 0}
    assert_books()


def test_a_refund_that_comes_later_waits_for_the_one_on_its_way_and_a_minute(
    wechat: Wechat, three_tomatoes: OrderLine
) -> None:
    give_back(three_tomatoes, 1)
    assert send_at(0) == ["sending"]
    second, third = give_back(three_tomatoes, 1), give_back(three_tomatoes, 1)
    assert second.out_refund_no != third.out_refund_no

    assert send_at(3) == ["succeeded", "intended", "intended"]
    assert send_at(50) == ["succeeded", "intended", "intended"]
    assert send_at(70) == ["succeeded", "sending", "sending"]
    assert send_at(80) == ["succeeded", "succeeded", "succeeded"]

    assert [fen for _, fen in at_provider(wechat)] == [399, 798]
    early, late = departures()
    assert late - early >= 60 * SECOND
    assert_books()


def test_after_fifty_refunds_of_a_payment_the_next_goes_to_a_person(
    wechat: Wechat, three_tomatoes: OrderLine, settings: Any
) -> None:
    settings.GROUPBUY_REFUNDS_PER_PAYMENT = 2
    for turn in range(3):
        give_back(three_tomatoes, 1)
        send_at(200 * turn)
        send_at(200 * turn + 3)

    states = list(Refund.objects.order_by("pk").values_list("state", "last_error"))
    assert states == [("succeeded", ""), ("succeeded", ""), ("manual", "这笔付款已退款 2 次，渠道不再受理")]
    assert [fen for _, fen in at_provider(wechat)] == [399, 399]
    assert balances()["refund_due"] == -399
    assert_books()


@pytest.mark.parametrize(("late", "state"), [(-10, "sending"), (10, "manual")])
def test_a_refund_beyond_a_year_goes_to_a_person_without_a_try(
    wechat: Wechat, three_tomatoes: OrderLine, late: int, state: str
) -> None:
    Payment.objects.update(paid_at=clock.now() - dt.timedelta(days=365, seconds=late))
    give_back(three_tomatoes, 1)

    assert send_at(0) == [state]

    assert len(at_provider(wechat)) == (state == "sending")
    assert_books()


def test_the_database_refuses_to_promise_more_than_was_paid(three_tomatoes: OrderLine) -> None:
    give_back(three_tomatoes, 2)
    payment = Payment.objects.get()
    assert payment.refunded_fen == 798

    with pytest.raises(IntegrityError, match="payment_refunds_within_it"), transaction.atomic():
        refunds.refund_payment(payment, reason=RefundReason.LATE_PAYMENT, now=clock.now())

    assert Refund.objects.count() == 1


@examples(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(["refund", "refund", 1, 5, 61, "down", "up"]), max_size=14))
def test_whatever_comes_when_the_provider_gives_back_what_we_promised_a_minute_apart(
    wechat: Wechat, faults: Any, steps: list[str | int]
) -> None:
    with rolled_back():
        w = world()
        order = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 9})
        payment = wechat.start(order)
        wechat.pay(payment)
        payments.payment_query(payment_id=payment.pk)
        close_and_freeze(campaign=w.campaign)
        seconds = 0
        for step in [*steps, "up", 61, 3600, 3600]:
            if step in ("down", "up"):
                faults(refund_lost_answer_rate=0.5 * (step == "down"), refund_error_rate=0.3 * (step == "down"))
            elif step == "refund" and order.lines.get().due:
                give_back(order.lines.get(), 1)
            elif isinstance(step, int):
                seconds += step
                send_at(seconds)

        promised = Refund.objects.count() * 399
        assert set(Refund.objects.values_list("state", flat=True)) <= {"succeeded"}
        assert wechat.books(payment)["refunded_fen"] == promised
        assert all(later - earlier >= 60 * SECOND for earlier, later in pairwise(departures()))
        assert len(at_provider(wechat)) == len(departures())
        assert_books()
