"""One person's credit between rivals: it is spent once, and nothing that comes back is lost."""

import re
from functools import partial
from typing import Any

import pytest
from django.db.models import QuerySet

from groupbuy.kernel.errors import StateConflict
from groupbuy.models import CreditBalance, CreditGrant, Order, Payment, Refund
from groupbuy.selectors.credit import balance
from groupbuy.services import credit, orders, payments
from groupbuy.services.credit import CreditLimit, CreditShort, credit_grant
from groupbuy.services.orders import order_cancel
from groupbuy.services.refund_sending import refund_send
from tests.books import assert_books
from tests.concurrency.races import after, at_once, before, count, outcome_of
from tests.world import World, place, world

pytestmark = pytest.mark.django_db(transaction=True)


def with_credit(fen: int) -> World:
    w = world()
    credit_grant(person=w.shopper, amount_fen=fen, reason="补偿", actor_id=w.staff.pk)
    return w


def placed(w: World) -> Order:
    return place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})


def pay(order: Order) -> Payment:
    return payments.payment_start(order=order, payer=order.payer, payer_ref="", provider="credit")[0]


def test_credit_for_one_of_two_orders_pays_exactly_one(monkeypatch: pytest.MonkeyPatch) -> None:
    w = with_credit(500)
    first, second = placed(w), placed(w)
    seam = after(monkeypatch, credit, "take", partial(pay, second))

    pay(first)

    assert isinstance(seam.join(), CreditShort)
    assert seam.blocked
    assert (balance(w.shopper), Payment.objects.get().order_id) == (101, first.pk)
    assert_books()


def test_credit_for_three_of_six_orders_pays_three_behind_a_barrier() -> None:
    w = with_credit(3 * 399)
    six = [placed(w) for _ in range(6)]

    outcomes = at_once([partial(pay, order) for order in six])

    assert (count(outcomes, Payment), count(outcomes, CreditShort)) == (3, 3)
    assert balance(w.shopper) == 0
    assert_books()


def test_twin_a_balance_that_is_read_and_then_written_pays_both(monkeypatch: pytest.MonkeyPatch) -> None:
    w = with_credit(500)
    first, second = placed(w), placed(w)

    def read() -> int:
        return CreditBalance.objects.get().fen

    def take(*, person: Any, amount_fen: int) -> None:
        left = read_first()
        assert left >= amount_fen
        CreditBalance.objects.update(fen=left - amount_fen)

    module = type("module", (), {"read": staticmethod(read)})
    seam = after(monkeypatch, module, "read", partial(pay, second))
    read_first = module.read  # type: ignore[attr-defined]
    monkeypatch.setattr(credit, "take", take)

    pay(first)

    assert seam.join().state == "paid"
    assert (Payment.objects.filter(state="paid").count(), balance(w.shopper)) == (2, 101)


def test_one_order_paid_six_times_at_once_costs_once() -> None:
    w = with_credit(2000)
    order = placed(w)

    outcomes = at_once([partial(pay, order)] * 6)

    assert {outcome.pk for outcome in outcomes} == {Payment.objects.get().pk}
    assert balance(w.shopper) == 2000 - 399
    assert_books()


def test_a_cancelling_that_comes_during_the_payment_gives_the_credit_back(monkeypatch: pytest.MonkeyPatch) -> None:
    w = with_credit(500)
    order = placed(w)
    seam = before(monkeypatch, payments, "_apply", partial(order_cancel, order=order, actor=w.shopper))

    pay(order)

    assert seam.join() is None
    assert seam.blocked
    refund_send(refund_id=Refund.objects.get().pk)
    order.refresh_from_db()
    assert (order.state, balance(w.shopper)) == ("refunded", 500)
    assert_books()


def test_a_payment_that_comes_during_the_cancelling_takes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    w = with_credit(500)
    order = placed(w)
    seam = after(monkeypatch, orders, "move", partial(pay, order))

    order_cancel(order=order, actor=w.shopper)

    assert isinstance(seam.join(), StateConflict)
    assert seam.blocked
    assert (Payment.objects.count(), balance(w.shopper)) == (0, 500)
    assert_books()


def test_twin_without_the_row_lock_a_cancelled_order_is_paid_and_has_to_be_refunded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    w = with_credit(500)
    order = placed(w)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_: self)
    monkeypatch.setattr(payments, "_LOCK", re.sub(r"FOR NO KEY UPDATE OF \w", "", payments._LOCK))
    seam = before(monkeypatch, payments, "_apply", partial(order_cancel, order=order, actor=w.shopper))

    pay(order)

    seam.join()
    assert Refund.objects.get().reason == "late_payment"
    assert balance(w.shopper) == 101


def refunding(w: World) -> tuple[Refund, Order]:
    """A refund of 399 fen that waits, and an order for which it is needed."""
    done, wanted = placed(w), placed(w)
    pay(done)
    order_cancel(order=done, actor=w.shopper)
    return Refund.objects.get(), wanted


def test_a_refund_that_comes_during_a_payment_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    w = with_credit(1000)
    refund, wanted = refunding(w)
    seam = after(monkeypatch, credit, "take", partial(refund_send, refund_id=refund.pk))

    pay(wanted)

    assert seam.join() is None
    assert seam.blocked
    assert balance(w.shopper) == 1000 - 399
    assert_books()


def test_twin_a_refund_added_to_what_was_read_before_loses_the_payment(monkeypatch: pytest.MonkeyPatch) -> None:
    w = with_credit(1000)
    refund, wanted = refunding(w)

    def give(*, person_id: int, amount_fen: int) -> None:
        held = CreditBalance.objects.get(person=person_id).fen
        pay(wanted)
        CreditBalance.objects.filter(person=person_id).update(fen=held + amount_fen)

    monkeypatch.setattr(credit, "give", give)

    refund_send(refund_id=refund.pk)

    assert balance(w.shopper) == 1000
    with pytest.raises(AssertionError, match="I6-credit"):
        assert_books()


def grants(w: World) -> list[Any]:
    give = partial(credit_grant, person=w.shopper, amount_fen=50_000, reason="补偿", actor_id=w.staff.pk)
    return at_once([partial(outcome_of, give)] * 6)


def test_an_operators_grants_at_once_stay_within_his_day() -> None:
    w = world()

    outcomes = grants(w)

    assert (count(outcomes, CreditGrant), count(outcomes, CreditLimit)) == (4, 2)
    assert balance(w.shopper) == 200_000
    assert_books()


def test_twin_without_the_operators_row_two_grants_see_the_same_sum(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.GROUPBUY_CREDIT_GRANT_DAY_FEN = 500
    w = world()
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_: self)
    give = partial(credit_grant, person=w.shopper, amount_fen=400, reason="补偿", actor_id=w.staff.pk)
    seam = after(monkeypatch, credit, "_check_day", give)

    give()

    assert isinstance(seam.join(), CreditGrant)
    assert balance(w.shopper) == 800
