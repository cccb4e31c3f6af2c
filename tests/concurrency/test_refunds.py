"""Two refunds of one payment at once: never more than was paid, never two parcels on their way."""

from collections.abc import Callable
from functools import partial

import pytest
from django.db import IntegrityError
from django.db.models import F, QuerySet
from django.test import override_settings

from groupbuy.kernel import clock
from groupbuy.kernel.errors import StateConflict
from groupbuy.models import LedgerEntry, OrderLine, Payment, Refund
from groupbuy.providers.by_hand import PaidByHand
from groupbuy.providers.payment import ProviderUnavailable
from groupbuy.services import refund_by_hand, refund_sending, refunds
from groupbuy.services.refund_sending import refund_send
from tests.books import assert_books
from tests.concurrency.races import after, at_once, before, count, outcome_of
from tests.services.steps import give_back
from tests.world import close_and_freeze, place_and_pay, world

pytestmark = pytest.mark.django_db(transaction=True)


def two_tomatoes() -> OrderLine:
    """The line of an accepted order of two tomatoes, 798 fen, paid at a provider without an outside."""
    w = world()
    order = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 2})
    order.payments.update(provider="demo")
    close_and_freeze(campaign=w.campaign)
    return order.lines.get()


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that gives no verdict, so that what was sent stays on its way."""

    def refund(self: PaidByHand, **_: object) -> None:
        raise ProviderUnavailable

    monkeypatch.setattr(PaidByHand, "refund", refund)


def without_row_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_: self)


def on_their_way() -> int:
    return Refund.objects.filter(state="sending", sent_as=F("pk")).count()


@pytest.mark.parametrize("turn", range(3))
def test_eight_refunds_of_two_pieces_at_once_give_back_two(turn: int) -> None:
    line = two_tomatoes()

    outcomes = at_once([partial(give_back, line)] * 8)

    assert count(outcomes, Refund) == 2
    assert count(outcomes, refunds.NothingToRefund) == 6
    assert Payment.objects.get().refunded_fen == 798
    assert_books()


def test_a_second_refund_of_everything_waits_for_the_first_and_finds_nothing_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = two_tomatoes()
    seam = before(monkeypatch, refunds, "_intent", partial(give_back, line, 2))

    give_back(line, 2)

    assert isinstance(seam.join(), refunds.NothingToRefund)
    assert seam.blocked
    assert_books()


def test_twin_without_the_row_locks_only_the_payments_own_limit_refuses_the_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = two_tomatoes()
    without_row_locks(monkeypatch)
    seam = before(monkeypatch, refunds, "_intent", partial(give_back, line, 2))

    outcome = outcome_of(partial(give_back, line, 2))

    assert isinstance(seam.join(), Refund)
    assert isinstance(outcome, IntegrityError)
    assert "payment_refunds_within_it" in str(outcome)
    assert Refund.objects.count() == 1


def test_twin_without_locks_and_limit_twice_as_much_is_promised(
    monkeypatch: pytest.MonkeyPatch, without_constraint: Callable[[str, str], None]
) -> None:
    line = two_tomatoes()
    without_row_locks(monkeypatch)
    without_constraint("groupbuy_payment", "payment_refunds_within_it")
    seam = before(monkeypatch, refunds, "_intent", partial(give_back, line, 2))

    give_back(line, 2)

    seam.join()
    assert Payment.objects.get().refunded_fen == 2 * 798


def test_two_refunds_of_one_payment_that_are_sent_at_once_are_one_parcel(
    monkeypatch: pytest.MonkeyPatch, silent: None
) -> None:
    line = two_tomatoes()
    first, second = give_back(line), give_back(line)
    seam = before(monkeypatch, refund_sending, "move_where", partial(refund_send, refund_id=second.pk))

    refund_send(refund_id=first.pk)

    assert seam.join() is None
    assert not seam.blocked
    assert list(Refund.objects.values_list("state", "sent_as", "tries")) == [("sending", first.pk, 1)] * 2
    assert_books()


def test_a_refund_that_is_asked_for_while_one_is_sent_waits_for_the_next_parcel(
    monkeypatch: pytest.MonkeyPatch, silent: None
) -> None:
    line = two_tomatoes()
    first = give_back(line)
    seam = after(monkeypatch, refund_sending, "_free_at", partial(give_back, line))

    refund_send(refund_id=first.pk)

    second = seam.join()
    assert seam.blocked  # by the payment's row, in which both count
    refund_send(refund_id=second.pk)
    second.refresh_from_db()
    assert (second.state, on_their_way()) == ("intended", 1)
    assert second.next_try_at > clock.now()
    assert_books()


def test_twin_without_the_look_at_what_is_on_its_way_the_database_refuses_a_second_parcel(
    monkeypatch: pytest.MonkeyPatch, silent: None
) -> None:
    line = two_tomatoes()
    refund_send(refund_id=give_back(line).pk)
    second = give_back(line)
    monkeypatch.setattr(refund_sending, "_free_at", lambda _, now: now)

    outcome = outcome_of(partial(refund_send, refund_id=second.pk))

    assert isinstance(outcome, IntegrityError)
    assert "refund_one_on_its_way" in str(outcome)
    assert on_their_way() == 1


def on_the_persons_list(line: OrderLine) -> tuple[Refund, Refund]:
    """Two refunds that were sent under one number and refused for good."""
    first, along = give_back(line), give_back(line)
    with override_settings(GROUPBUY_SWEEP_ATTEMPTS=1):
        refund_send(refund_id=first.pk)
    assert list(Refund.objects.values_list("state", "sent_as")) == [("manual", first.pk)] * 2
    return first, along


def settle(refund: Refund) -> None:
    refund_by_hand.refund_settle_by_hand(refund=refund, actor_id=refund.order.leader_id, note="现金")


def retry(refund: Refund) -> int:
    return refund_by_hand.refund_retry(refund=refund, actor_id=refund.order.leader_id)


def test_a_part_that_is_paid_by_hand_while_its_parcel_is_tried_again_waits_and_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, along = on_the_persons_list(two_tomatoes())
    seam = after(monkeypatch, refund_by_hand, "_check_whole", partial(settle, along))

    retry(first)

    assert isinstance(seam.join(), StateConflict)
    assert seam.blocked
    assert list(Refund.objects.values_list("state", flat=True)) == ["sending", "sending"]
    assert_books()


def test_twin_without_the_payments_row_the_number_is_sent_with_what_was_paid_by_hand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, along = on_the_persons_list(two_tomatoes())
    without_row_locks(monkeypatch)
    seam = after(monkeypatch, refund_by_hand, "_check_whole", partial(settle, along))

    retry(first)

    assert seam.join() is None
    assert dict(Refund.objects.values_list("pk", "state")) == {first.pk: "sending", along.pk: "succeeded"}
    sent = refund_sending.parcel_of(first, first.payment)
    assert sent.amount_fen == 798  # of which 399 are paid already


@pytest.mark.parametrize("turn", range(3))
def test_of_retry_by_hand_and_credit_at_once_one_wins(turn: int) -> None:
    line = two_tomatoes()
    refund = give_back(line)
    with override_settings(GROUPBUY_SWEEP_ATTEMPTS=1):
        refund_send(refund_id=refund.pk)
    as_credit = partial(
        refund_by_hand.refund_settle_as_credit, refund=refund, actor_id=refund.order.leader_id, note="同意"
    )

    outcomes = at_once([partial(retry, refund), partial(settle, refund), as_credit] * 2)

    assert count(outcomes, StateConflict) == 5
    done = LedgerEntry.objects.filter(kind="refund_done").count()
    assert done == Refund.objects.filter(state="succeeded").count() <= 1
    assert_books()
