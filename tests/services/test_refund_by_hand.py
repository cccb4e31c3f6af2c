"""Refunds on a person's list: tried again under their number, paid outside, or turned into store credit, each once."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from groupbuy.domain.words import RefundReason
from groupbuy.kernel import clock
from groupbuy.kernel.db import run
from groupbuy.kernel.errors import Invalid, StateConflict
from groupbuy.models import AuditEvent, LedgerEntry, LedgerLeg, Message, OrderLine, Payment, Refund, StateChange
from groupbuy.selectors import credit as reads
from groupbuy.selectors.backoffice import refund_sum, with_wait
from groupbuy.services import outbox, refund_sending, refunds
from groupbuy.services.refund_by_hand import (
    ParcelSplit,
    RefundBusy,
    RefundHopeless,
    refund_retry,
    refund_settle_as_credit,
    refund_settle_by_hand,
)
from groupbuy.tasks import send_refunds
from tests.books import assert_books, broken_books
from tests.clocks import SECOND
from tests.services.wechat import Wechat
from tests.world import World, close_and_freeze, place, shift_clock, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def w(wechat: Wechat, settings: Any) -> World:
    """An accepted order of three tomatoes, 1197 fen, paid through the provider; one refusal leads to a person."""
    settings.GROUPBUY_SWEEP_ATTEMPTS = 1
    w = world()
    order = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    wechat.pay(wechat.start(order), notify=True)
    wechat.deliver()
    close_and_freeze(campaign=w.campaign)
    return w


def give_back(pieces: int = 1) -> Refund:
    line = OrderLine.objects.get()
    return refunds.refund_request(
        order_id=line.order_id, pieces={line.pk: pieces}, reason=RefundReason.OPERATOR, actor_id=None
    )


def sweep(second: int) -> list[str]:
    """Sweep ``second`` seconds from now; return the states of all refunds, oldest first."""
    shift_clock(by=second * SECOND)
    send_refunds()
    return list(Refund.objects.order_by("pk").values_list("state", flat=True))


def at_provider(wechat: Wechat) -> list[tuple[str, int]]:
    answer = wechat.provider.judge(f"ledger?out_trade_no={Payment.objects.get().out_trade_no}")
    return [(refund["out_refund_no"], refund["amount_fen"]) for refund in answer["refunds"]]


def owed() -> dict[str, int]:
    found: dict[str, int] = {}
    for leg in LedgerLeg.objects.all():
        found[leg.account] = found.get(leg.account, 0) + leg.amount_fen
    return {account: fen for account, fen in found.items() if fen}


def test_a_retry_sends_the_same_number_and_is_audited(w: World, wechat: Wechat, faults: Any) -> None:
    refund = give_back()
    faults(refund_no_funds_rate=1.0)
    assert sweep(0) == ["manual"]
    faults(refund_no_funds_rate=0.0)

    assert refund_retry(refund=refund, actor_id=w.staff.pk) == 1
    assert sweep(3) == ["sending"]
    assert sweep(20) == ["succeeded"]

    assert at_provider(wechat) == [(refund.out_refund_no, 399)]
    audit = AuditEvent.objects.get(action="refund_retry")
    assert (audit.actor, audit.subject_id, audit.facts["number"]) == (w.staff, refund.pk, refund.out_refund_no)
    assert audit.facts["reason"].startswith("NOT_ENOUGH")
    move = StateChange.objects.get(machine="refund", subject_id=refund.pk, old="manual")
    assert (move.new, move.actor, move.reason) == ("sending", w.staff, "retried")
    assert_books(ages=True)


def test_a_retry_of_what_the_provider_had_done_pays_nothing_again(w: World, wechat: Wechat, faults: Any) -> None:
    refund = give_back()
    faults(refund_lost_answer_rate=1.0)
    assert sweep(0) == ["sending"]
    faults(refund_lost_answer_rate=0.0)
    refund_sending._give_up(refund_sending.parcel_of(Refund.objects.get(), Payment.objects.get()), "NOT_ENOUGH")

    refund_retry(refund=refund, actor_id=w.staff.pk)
    assert sweep(3) == ["succeeded"]

    assert at_provider(wechat) == [(refund.out_refund_no, 399)]
    assert_books()


def test_a_refusal_after_a_retry_brings_it_back_to_the_person(w: World, wechat: Wechat, faults: Any) -> None:
    refund = give_back()
    faults(refund_no_funds_rate=1.0)
    sweep(0)

    for turn in (1, 2):
        refund_retry(refund=refund, actor_id=w.staff.pk)
        assert sweep(100 * turn) == ["manual"]

    assert at_provider(wechat) == []
    assert owed()["refund_due"] == -399
    assert_books()


@pytest.mark.parametrize(("fault", "same"), [("refund_abnormal_rate", True), ("refund_closed_rate", False)])
def test_only_a_number_that_the_provider_has_closed_is_replaced(
    w: World, wechat: Wechat, faults: Any, fault: str, same: bool
) -> None:
    refund, along = give_back(1), give_back(2)
    faults(**{fault: 1.0})
    sweep(0)
    assert sweep(3) == ["manual", "manual"]
    faults(**{fault: 0.0})

    assert refund_retry(refund=along, actor_id=w.staff.pk) == 2
    sweep(100)
    states = sweep(110)

    refund.refresh_from_db()
    sent = at_provider(wechat)
    if same:
        assert (states, sent) == (["manual", "manual"], [(refund.out_refund_no, 1197)])
    else:
        old = AuditEvent.objects.filter(action="refund_retry").earliest("pk").facts["number"]
        assert old != refund.out_refund_no
        assert states == ["succeeded", "succeeded"]
        assert sorted(sent) == sorted([(old, 1197), (refund.out_refund_no, 1197)])
    assert wechat.books(Payment.objects.get())["refunded_fen"] == (0 if same else 1197)
    assert_books()


def test_an_answer_about_a_replaced_number_is_not_one_about_the_new(w: World, faults: Any) -> None:
    refund = give_back()
    faults(refund_closed_rate=1.0)
    sweep(0)
    stale = refund_sending.parcel_of(Refund.objects.get(), Payment.objects.get())
    assert sweep(3) == ["manual"]
    refund_retry(refund=refund, actor_id=w.staff.pk)
    faults(refund_closed_rate=0.0)
    assert sweep(100) == ["sending"]

    with pytest.raises(StateConflict):
        refund_sending._give_up(stale, "CLOSED")

    assert sweep(110) == ["succeeded"]
    assert_books()


def test_what_was_never_sent_is_tried_anew_if_the_provider_takes_it(w: World, wechat: Wechat, settings: Any) -> None:
    settings.GROUPBUY_REFUNDS_PER_PAYMENT = 0
    refund = give_back()
    assert sweep(0) == ["manual"]

    with pytest.raises(RefundHopeless, match="这笔付款已退款 0 次，渠道不再受理"):
        refund_retry(refund=refund, actor_id=w.staff.pk)
    settings.GROUPBUY_REFUNDS_PER_PAYMENT = 50
    refund_retry(refund=refund, actor_id=w.staff.pk)
    sweep(3)

    assert sweep(20) == ["succeeded"]
    assert at_provider(wechat) == [(refund.out_refund_no, 399)]
    assert_books()


def test_a_parcel_of_which_a_part_is_settled_is_not_sent_again(w: World, wechat: Wechat, faults: Any) -> None:
    first, along = give_back(1), give_back(2)
    faults(refund_no_funds_rate=1.0)
    assert sweep(0) == ["manual", "manual"]
    faults(refund_no_funds_rate=0.0)
    refund_settle_by_hand(refund=along, actor_id=w.staff.pk, note="现金")

    with pytest.raises(ParcelSplit):
        refund_retry(refund=first, actor_id=w.staff.pk)
    refund_settle_as_credit(refund=first, actor_id=w.staff.pk, note="顾客同意")

    assert sweep(100) == ["succeeded", "succeeded"]
    assert at_provider(wechat) == []
    assert owed() == {"credit_owed": -399, "provider": 399}
    assert_books()


def test_a_retry_waits_while_another_parcel_is_on_its_way(w: World, faults: Any) -> None:
    first = give_back()
    faults(refund_no_funds_rate=1.0)
    sweep(0)
    faults(refund_no_funds_rate=0.0, refund_settle_s=3600.0)
    give_back()
    assert sweep(100) == ["manual", "sending"]

    with pytest.raises(RefundBusy):
        refund_retry(refund=first, actor_id=w.staff.pk)

    assert_books()


def test_credit_in_place_of_the_money_is_booked_told_and_final(w: World, wechat: Wechat, faults: Any) -> None:
    refund = give_back(2)
    faults(refund_no_funds_rate=1.0)
    sweep(0)

    refund_settle_as_credit(refund=refund, actor_id=w.staff.pk, note=" 顾客同意 ")
    outbox.relay()

    refund.refresh_from_db()
    assert (refund.state, refund.as_credit, refund.last_error) == ("succeeded", True, "")
    assert reads.balance(w.shopper) == 798
    assert owed() == {"provider": 1197, "held": -399, "credit_owed": -798}
    told = Message.objects.filter(person=w.shopper).latest("pk")
    assert told.body == f"订单 {refund.order.number} 的退款 7.98 元已转入您的余额，下单后可用余额支付。"
    assert AuditEvent.objects.get(action="refund_as_credit").facts == {"fen": 798, "reason": "顾客同意"}
    for act in (refund_settle_as_credit, refund_settle_by_hand):
        with pytest.raises(StateConflict):
            act(refund=refund, actor_id=w.staff.pk, note="again")
    with pytest.raises(StateConflict):
        refund_retry(refund=refund, actor_id=w.staff.pk)
    assert LedgerEntry.objects.filter(kind="refund_done").count() == 1
    assert at_provider(wechat) == []
    assert_books()


@pytest.mark.parametrize("said", [True, False])
def test_the_books_see_a_refund_that_says_credit_and_was_paid_in_money_or_the_other_way_round(
    w: World, faults: Any, said: bool
) -> None:
    refund = give_back()
    faults(refund_no_funds_rate=1.0)
    sweep(0)
    settle = refund_settle_by_hand if said else refund_settle_as_credit
    settle(refund=refund, actor_id=w.staff.pk, note="顾客同意")

    run("UPDATE groupbuy_refund SET as_credit = %s", [said])

    assert broken_books() == ["I6-order"]


@pytest.mark.parametrize("act", [refund_settle_as_credit, refund_settle_by_hand])
def test_nothing_is_settled_without_a_note_or_before_a_person_has_it(
    w: World, faults: Any, act: Callable[..., None]
) -> None:
    refund = give_back()

    with pytest.raises(StateConflict):
        act(refund=refund, actor_id=w.staff.pk, note="现金")
    with pytest.raises(StateConflict):
        refund_retry(refund=refund, actor_id=w.staff.pk)
    faults(refund_no_funds_rate=1.0)
    assert sweep(0) == ["manual"]
    with pytest.raises(Invalid):
        act(refund=refund, actor_id=w.staff.pk, note="  ")

    assert not AuditEvent.objects.filter(action__in=["refund_by_hand", "refund_as_credit", "refund_retry"]).exists()
    assert owed()["refund_due"] == -399
    assert_books()


def test_the_database_refuses_credit_for_a_refund_that_is_not_done(w: World) -> None:
    give_back()

    with pytest.raises(IntegrityError, match="refund_credit_is_final"), transaction.atomic():
        Refund.objects.update(as_credit=True)


def test_the_list_sums_up_yuan_and_the_longest_wait(w: World) -> None:
    give_back(1)
    give_back(1)
    now = clock.now()
    Refund.objects.filter(pk=Refund.objects.earliest("pk").pk).update(created_at=now - dt.timedelta(days=2))

    found = refund_sum(with_wait(Refund.objects.all(), now=now))

    assert (found.count, found.fen, found.longest) == (2, 798, dt.timedelta(days=2))
    assert refund_sum(with_wait(Refund.objects.none(), now=now)).longest is None
