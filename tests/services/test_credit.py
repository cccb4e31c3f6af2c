"""Store credit: given by an operator, paid with at once, given back to where it came from."""

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from groupbuy.domain.words import RefundReason
from groupbuy.kernel.errors import Forbidden, Invalid, StateConflict
from groupbuy.models import (
    AuditEvent,
    CreditBalance,
    CreditGrant,
    LedgerEntry,
    LedgerLeg,
    Message,
    Order,
    Payment,
    User,
)
from groupbuy.selectors import credit as reads
from groupbuy.services import credit, outbox, payments
from groupbuy.services.credit import CreditLimit, CreditShort, credit_grant
from groupbuy.services.orders import order_cancel
from groupbuy.services.refunds import refund_request
from groupbuy.tasks import query_payments, reconcile_bills, send_refunds
from tests.books import assert_books
from tests.services.steps import placed
from tests.services.wechat import Wechat
from tests.world import World, close_and_freeze, shift_clock, world

pytestmark = pytest.mark.django_db


def grant(w: World, fen: int, *, reason: str = "番茄破损", actor: User | None = None) -> CreditGrant:
    return credit_grant(person=w.shopper, amount_fen=fen, reason=reason, actor_id=(actor or w.staff).pk)


def pay_by_credit(order: Order) -> Payment:
    return payments.payment_start(order=order, payer=order.payer, payer_ref="", provider="credit")[0]


def balances() -> dict[str, int]:
    found: dict[str, int] = {}
    for leg in LedgerLeg.objects.all():
        found[leg.account] = found.get(leg.account, 0) + leg.amount_fen
    return {account: fen for account, fen in found.items() if fen}


def test_a_grant_is_booked_told_and_audited() -> None:
    w = world()

    given = grant(w, 2000)
    outbox.relay()

    assert reads.balance(w.shopper) == 2000
    assert balances() == {"credit_owed": -2000, "credit_cost": 2000}
    assert Message.objects.get().body == "您收到 20.00 元余额：番茄破损。下单后可用余额支付。"
    audit = AuditEvent.objects.get(action="credit_grant")
    assert (audit.actor, audit.subject_id) == (w.staff, w.shopper.pk)
    assert audit.facts == {"fen": 2000, "reason": "番茄破损"}
    assert (given.granted_by, given.reason) == (w.staff, "番茄破损")
    assert_books()


def test_an_order_is_paid_by_credit_at_once() -> None:
    w = world()
    grant(w, 2000)
    order = placed(w)

    payment = pay_by_credit(order)

    order.refresh_from_db()
    assert (order.state, payment.state, payment.counts) == ("paid", "paid", True)
    assert order.paid_at == payment.paid_at
    assert reads.balance(w.shopper) == 1202
    assert balances() == {"credit_owed": -1202, "credit_cost": 2000, "held": -798}
    assert payment.next_query_at is None
    assert_books(ages=True)


def test_asking_again_gives_the_payment_that_was_made() -> None:
    w = world()
    grant(w, 800)
    order = placed(w)

    first = pay_by_credit(order)
    again = pay_by_credit(Order.objects.get(pk=order.pk))

    assert first.pk == again.pk
    assert reads.balance(w.shopper) == 2
    assert Payment.objects.count() == 1


def test_all_of_it_can_be_spent_and_a_fen_more_cannot() -> None:
    w = world()
    grant(w, 1596)
    exact, more = placed(w), placed(w, 3)

    pay_by_credit(exact)
    with pytest.raises(CreditShort) as error:
        pay_by_credit(more)
    pay_by_credit(placed(w))

    assert error.value.facts == {"left_fen": 798}
    assert reads.balance(w.shopper) == 0
    assert [*Order.objects.order_by("pk").values_list("state", flat=True)] == ["paid", "placed", "paid"]
    assert not more.payments.exists()
    assert_books()


def test_who_has_never_had_credit_has_none() -> None:
    w = world()

    with pytest.raises(CreditShort) as error:
        pay_by_credit(placed(w))

    assert error.value.facts == {"left_fen": 0}


def test_without_the_question_beforehand_the_guarded_update_says_no_and_leaves_no_trace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    w = world()
    grant(w, 797)
    order = placed(w)
    monkeypatch.setattr(credit, "check", lambda **_: None)

    with pytest.raises(CreditShort):
        pay_by_credit(order)

    assert (reads.balance(w.shopper), Payment.objects.count()) == (797, 0)
    assert_books()


def test_a_cancelled_order_gives_the_credit_back_and_nothing_to_wechat() -> None:
    w = world()
    grant(w, 2000)
    order = placed(w)
    pay_by_credit(order)

    order_cancel(order=order, actor=w.shopper)
    assert reads.balance(w.shopper) == 1202
    send_refunds()
    send_refunds()

    assert reads.balance(w.shopper) == 2000
    assert balances() == {"credit_owed": -2000, "credit_cost": 2000}
    assert order.refunds.get().state == "succeeded"
    assert_books(ages=True)


def test_partial_refunds_come_back_one_by_one_without_the_pause_that_wechat_wants(settings: Any) -> None:
    settings.GROUPBUY_REFUNDS_PER_PAYMENT = 1
    w = world()
    grant(w, 2000)
    order = placed(w, 3)
    pay_by_credit(order)
    close_and_freeze(campaign=w.campaign)
    line = order.lines.get()

    for _ in range(2):
        refund_request(order_id=order.pk, pieces={line.pk: 1}, reason=RefundReason.OPERATOR, actor_id=None)
        send_refunds()

    assert [*order.refunds.values_list("state", flat=True)] == ["succeeded", "succeeded"]
    assert reads.balance(w.shopper) == 2000 - 399
    assert_books(ages=True)


def test_a_credit_refund_is_never_too_old() -> None:
    w = world()
    grant(w, 2000)
    order = placed(w)
    pay_by_credit(order)
    close_and_freeze(campaign=w.campaign)
    shift_clock(by=dt.timedelta(days=400))

    refund_request(order_id=order.pk, pieces={order.lines.get().pk: 2}, reason=RefundReason.OPERATOR, actor_id=None)
    send_refunds()

    assert reads.balance(w.shopper) == 2000
    assert_books()


def test_changing_from_wechat_to_credit_closes_the_payment_there(wechat: Wechat) -> None:
    w = world()
    grant(w, 2000)
    order = placed(w)
    announced = wechat.start(order)

    pay_by_credit(order)

    assert [*order.payments.order_by("pk").values_list("provider", "state")] == [
        ("wechat", "closed"),
        ("credit", "paid"),
    ]
    assert wechat.books(announced)["paid_fen"] == 0
    assert_books()


def test_money_that_had_come_at_wechat_keeps_the_credit(wechat: Wechat) -> None:
    w = world()
    grant(w, 2000)
    order = placed(w)
    wechat.pay(wechat.start(order), notify=False)

    with pytest.raises(StateConflict):
        pay_by_credit(order)

    assert reads.balance(w.shopper) == 2000
    assert [*order.payments.values_list("provider", "counts")] == [("wechat", True)]
    assert_books()


def test_too_little_credit_leaves_the_payment_at_wechat_open(wechat: Wechat) -> None:
    w = world()
    order = placed(w)
    wechat.start(order)

    with pytest.raises(CreditShort):
        pay_by_credit(order)

    assert order.payments.get().state == "created"


def test_credit_has_no_bill_and_is_never_asked_about() -> None:
    w = world()
    grant(w, 2000)
    pay_by_credit(placed(w))
    shift_clock(by=dt.timedelta(days=2))

    query_payments()
    reconcile_bills()

    assert_books()


@pytest.mark.parametrize("fen", [0, -1, 50_001])
def test_a_grant_has_its_limits(fen: int) -> None:
    w = world()

    with pytest.raises(Invalid):
        grant(w, fen)

    assert not CreditBalance.objects.exists()


def test_a_grant_needs_a_reason_and_another_person() -> None:
    w = world()

    with pytest.raises(Invalid):
        grant(w, 100, reason="  ")
    with pytest.raises(Forbidden):
        grant(w, 100, actor=w.shopper)

    assert not LedgerEntry.objects.exists()


def test_an_operator_gives_away_only_so_much_a_day() -> None:
    w = world()
    for _ in range(4):
        grant(w, 50_000)

    with pytest.raises(CreditLimit):
        grant(w, 1)
    grant(w, 1, actor=w.picker)
    shift_clock(by=dt.timedelta(days=1))
    grant(w, 1)

    assert reads.balance(w.shopper) == 200_002
    assert_books()


def test_the_database_refuses_a_negative_balance() -> None:
    w = world()
    grant(w, 100)

    with pytest.raises(IntegrityError, match="creditbalance_not_negative"), transaction.atomic():
        CreditBalance.objects.update(fen=-1)
