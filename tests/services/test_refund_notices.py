"""Notices about refunds: the same end in every order with the answers of our own calls, and nothing booked twice."""

import time
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from django.db import transaction

from groupbuy.models import LedgerEntry, LedgerLeg, Outbox, PaymentNotice, Refund
from groupbuy.providers.payment import RefundNotice, RefundState
from groupbuy.services import payments, refund_sending
from groupbuy.services.orders import order_cancel
from groupbuy.tasks import send_refunds
from tests.books import assert_books
from tests.clocks import SECOND
from tests.services.wechat import Wechat
from tests.world import place, shift_clock, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def refund(wechat: Wechat) -> Refund:
    """The refund of 798 fen of an order that was paid through the provider and then cancelled."""
    w = world()
    order = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 2})
    payment = wechat.start(order)
    wechat.pay(payment)
    payments.payment_query(payment_id=payment.pk)
    order_cancel(order=order, actor=w.shopper)
    return Refund.objects.get()


def deliver(wechat: Wechat, number: int = 1) -> None:
    ((headers, body),) = wechat.mailbox.wait_for(1)
    for _ in range(number):
        payments.payment_notice(provider="wechat", headers=headers, body=body)


def facts(refund: Refund) -> tuple[str, list[str], int]:
    """State, entries, and what is still owed."""
    refund.refresh_from_db()
    kinds = list(LedgerEntry.objects.order_by("pk").values_list("kind", flat=True))
    owed = sum(LedgerLeg.objects.filter(account="refund_due").values_list("amount_fen", flat=True))
    return refund.state, kinds, owed


DONE = ("succeeded", ["payment", "refund_intent", "refund_done"], 0)
BY_HAND = ("manual", ["payment", "refund_intent"], -798)


def test_a_notice_ends_a_refund_without_another_question(wechat: Wechat, refund: Refund) -> None:
    send_refunds()

    deliver(wechat, 3)

    assert facts(refund) == DONE
    assert PaymentNotice.objects.get().event_type == "REFUND.SUCCESS"
    assert Outbox.objects.filter(topic="refund.done").count() == 1
    shift_clock(by=60 * SECOND)
    send_refunds()
    asked = [request["path"] for request in wechat.provider.judge("requests")]
    assert f"/v3/refund/domestic/refunds/{refund.out_refund_no}" not in asked
    assert_books()


@pytest.mark.parametrize(
    ("fault", "end"), [(None, DONE), ("refund_abnormal_rate", BY_HAND), ("refund_closed_rate", BY_HAND)]
)
def test_notices_answers_and_questions_end_the_same_in_every_order(
    wechat: Wechat, refund: Refund, faults: Any, fault: str | None, end: tuple[str, list[str], int]
) -> None:
    if fault:
        faults(**{fault: 1.0})
    parcel = refund_sending._begin(refund.pk)
    assert parcel is not None
    answer = refund_sending._ask(parcel)
    shift_clock(by=3 * SECOND)
    steps: dict[str, Callable[[], Any]] = {
        "answer": lambda: refund_sending._answered(parcel, answer),
        "notice": lambda: deliver(wechat),
        "again": lambda: deliver(wechat),
        "question": send_refunds,
    }

    for order in permutations(steps):
        with transaction.atomic():
            for step in order:
                steps[step]()
            assert facts(refund) == end, order
            assert_books()
            transaction.set_rollback(True)


def notice(refund: Refund, state: RefundState, **changes: Any) -> RefundNotice:
    wanted: dict[str, Any] = {
        "notice_id": f"EV-{state}",
        "event_type": f"REFUND.{state}",
        "out_trade_no": refund.payment.out_trade_no,
        "out_refund_no": refund.out_refund_no,
        "refund_id": "50",
        "amount_fen": 798,
        "total_fen": 798,
        "state": state,
        "succeeded_at": None,
    }
    return RefundNotice(**wanted | changes)


@pytest.mark.parametrize("states", list(permutations([RefundState.ABNORMAL, RefundState.CLOSED, RefundState.SUCCESS])))
def test_success_wins_whatever_else_the_provider_says(refund: Refund, states: tuple[RefundState, ...]) -> None:
    refund_sending._begin(refund.pk)

    for state in states:
        refund_sending.refund_apply(notice(refund, state))

    assert facts(refund) == DONE
    assert_books()


def test_a_notice_before_the_refusal_of_our_own_call_wins(wechat: Wechat, refund: Refund, faults: Any) -> None:
    faults(refund_no_funds_rate=1.0)
    assert refund_sending._begin(refund.pk)
    refund_sending.refund_apply(notice(refund, RefundState.SUCCESS))

    shift_clock(by=3 * SECOND)
    send_refunds()

    assert facts(refund) == DONE


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"amount_fen": 797}, refund_sending.AmountWrong),
        ({"total_fen": 799}, refund_sending.AmountWrong),
        ({"out_refund_no": "R404"}, refund_sending.RefundUnknown),
        ({"out_trade_no": "T404"}, refund_sending.RefundUnknown),
    ],
    ids=str,
)
def test_a_notice_that_does_not_fit_changes_nothing(refund: Refund, changes: dict[str, Any], error: type) -> None:
    refund_sending._begin(refund.pk)

    with pytest.raises(error):
        refund_sending.refund_apply(notice(refund, RefundState.SUCCESS, **changes))

    assert facts(refund)[0] == "sending"


def test_a_notice_about_a_refund_that_was_not_sent_is_unknown(refund: Refund) -> None:
    with pytest.raises(refund_sending.RefundUnknown):
        refund_sending.refund_apply(notice(refund, RefundState.SUCCESS))

    assert facts(refund)[0] == "intended"


def test_a_swallowed_notice_is_made_good_by_asking(wechat: Wechat, refund: Refund, faults: Any) -> None:
    faults(notice_swallow_rate=1.0)
    send_refunds()
    shift_clock(by=3 * SECOND)
    send_refunds()

    time.sleep(0.3)
    assert wechat.mailbox.received == []
    assert facts(refund) == DONE
