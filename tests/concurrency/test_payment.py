"""Equal keys, equal notices, and paying against cancelling: one effect, and the money agrees with the provider's."""

import re
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError
from django.db.models import QuerySet

from groupbuy.kernel import clock
from groupbuy.kernel.errors import StateConflict
from groupbuy.models import LedgerEntry, Order, Payment, Refund
from groupbuy.services import idempotency, orders, payments
from groupbuy.services.idempotency import Answer, run_once
from groupbuy.services.orders import order_cancel
from tests.books import assert_books
from tests.concurrency.races import after, at_once, before, outcome_of
from tests.world import World, place, world

pytestmark = pytest.mark.django_db(transaction=True)

KEY = "0123456789abcdef"


def place_once(w: World) -> Answer:
    def work() -> Answer:
        return Answer(201, place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1}).number)

    return run_once(actor_id=w.shopper.pk, key=KEY, request={"tomato": 1}, work=work)


def test_ten_equal_keys_at_once_are_one_order_and_ten_equal_answers() -> None:
    w = world()

    answers = at_once([partial(place_once, w)] * 10)

    number = Order.objects.get().number
    assert [(answer.status, answer.data) for answer in answers] == [(201, number)] * 10
    assert sum(answer.replayed for answer in answers) == 9
    assert_books()


def test_twin_without_the_key_row_there_are_ten_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    monkeypatch.setattr(idempotency, "prepared", lambda *_: [True])

    at_once([partial(place_once, w)] * 10)

    assert Order.objects.count() == 10


def pending(w: World) -> tuple[Order, Payment]:
    order = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 2})
    return order, payments._pending(order, "demo")


def apply(payment: Payment) -> Payment:
    return payments.payment_apply(
        out_trade_no=payment.out_trade_no, transaction_id="4200", amount_fen=798, paid_at=clock.now()
    )


def kinds() -> list[str]:
    return list(LedgerEntry.objects.order_by("pk").values_list("kind", flat=True))


def test_one_payment_announced_six_times_at_once_is_booked_once() -> None:
    w = world()
    order, payment = pending(w)

    outcomes = at_once([partial(apply, payment)] * 6)

    assert [outcome.pk for outcome in outcomes] == [payment.pk] * 6
    assert kinds() == ["payment"]
    order.refresh_from_db()
    assert order.state == "paid"
    assert_books()


def test_a_second_notice_waits_for_the_first_and_finds_it_done(monkeypatch: pytest.MonkeyPatch) -> None:
    _, payment = pending(world())
    seam = before(monkeypatch, payments, "_apply", partial(apply, payment))

    apply(payment)

    assert seam.join().state == "paid"
    assert seam.blocked
    assert kinds() == ["payment"]


def without_row_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    unlocked = re.sub(r"FOR NO KEY UPDATE OF \w", "", payments._LOCK)
    monkeypatch.setattr(payments, "_LOCK", unlocked)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_: self)


def test_twin_without_the_row_locks_the_second_notice_is_a_conflict(monkeypatch: pytest.MonkeyPatch) -> None:
    _, payment = pending(world())
    without_row_locks(monkeypatch)
    seam = before(monkeypatch, payments, "_apply", partial(apply, payment))

    outcome = outcome_of(partial(apply, payment))

    assert isinstance(outcome, StateConflict)
    assert seam.join().state == "paid"


def test_twin_without_locks_and_moves_only_the_ledgers_key_refuses_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    _, payment = pending(world())
    without_row_locks(monkeypatch)
    monkeypatch.setattr(payments, "moved", lambda *_, **__: True)
    monkeypatch.setattr(payments, "move", lambda *_, **__: None)
    seam = before(monkeypatch, payments, "_apply", partial(apply, payment))

    outcome = outcome_of(partial(apply, payment))

    seam.join()
    assert isinstance(outcome, IntegrityError)
    assert "ledgerentry_once" in str(outcome)


def test_a_payment_that_beats_the_cancelling_is_refunded_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    order, payment = pending(w)
    seam = after(monkeypatch, orders, "enter_open_campaign", partial(apply, payment))

    order_cancel(order=order, actor=w.shopper)

    seam.join()
    assert not seam.blocked
    order.refresh_from_db()
    assert order.state == "refunded"
    assert list(Refund.objects.values_list("amount_fen", "reason")) == [(798, "shopper_cancelled")]
    assert kinds() == ["payment", "refund_intent"]
    assert_books()


def test_a_payment_that_comes_during_the_cancelling_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    order, payment = pending(w)
    seam = after(monkeypatch, orders, "move", partial(apply, payment))

    order_cancel(order=order, actor=w.shopper)

    assert seam.join().state == "paid"
    assert seam.blocked
    order.refresh_from_db()
    assert order.state == "cancelled"
    assert list(Refund.objects.values_list("amount_fen", "reason")) == [(798, "late_payment")]
    assert kinds() == ["payment_to_refund"]
    assert_books()


def test_a_cancelling_that_comes_during_the_payment_refunds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    order, payment = pending(w)
    seam = before(monkeypatch, payments, "_apply", partial(order_cancel, order=order, actor=w.shopper))

    apply(payment)

    assert seam.join() is None
    assert seam.blocked
    order.refresh_from_db()
    assert order.state == "refunded"
    assert list(Refund.objects.values_list("amount_fen", "reason")) == [(798, "shopper_cancelled")]
    assert_books()


def test_twin_a_cancelling_without_the_row_lock_acts_on_what_is_no_longer_true(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    order, payment = pending(w)
    without_row_locks(monkeypatch)
    seam = before(monkeypatch, orders, "move", partial(apply, payment))

    outcome = outcome_of(partial(order_cancel, order=order, actor=w.shopper))

    seam.join()
    # The guarded move still saves the money; but the shopper is told no, although he could cancel.
    assert isinstance(outcome, StateConflict)
    order.refresh_from_db()
    assert order.state == "paid"
    assert_books()


@pytest.mark.parametrize("cancel_first", [False, True])
def test_paying_and_cancelling_behind_a_barrier_agree(cancel_first: bool) -> None:
    w = world()
    order, payment = pending(w)
    works: list[Any] = [partial(apply, payment), partial(order_cancel, order=order, actor=w.shopper)]

    at_once(works[::-1] if cancel_first else works)

    order.refresh_from_db()
    assert (order.state, Refund.objects.get().reason) in [
        ("refunded", "shopper_cancelled"),
        ("cancelled", "late_payment"),
    ]
    assert_books()
