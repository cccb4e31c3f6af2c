"""Workers that sweep the same rows at the same time: told once, sent once, made once."""

from functools import partial

import pytest
from django.db import IntegrityError
from django.db.models import QuerySet

from groupbuy.kernel import clock
from groupbuy.kernel.errors import StateConflict
from groupbuy.kernel.privacy import blind
from groupbuy.models import Message, Outbox, Refund, StateChange, User
from groupbuy.services import outbox, refund_sending
from groupbuy.services.accounts import account_for_phone
from groupbuy.services.journal import tell
from groupbuy.services.orders import order_cancel
from groupbuy.tasks import send_refunds
from tests.books import assert_books
from tests.concurrency.races import at_once, before, outcome_of
from tests.world import person, place_and_pay, world

pytestmark = pytest.mark.django_db(transaction=True)


def test_four_relays_at_once_tell_each_fact_once() -> None:
    shopper = person(name="林小满", phone="13800000001")
    for number in range(50):
        tell(topic="order.cancelled", person_id=shopper.pk, now=clock.now(), number=f"N{number}")

    at_once([outbox.relay] * 4)

    assert Message.objects.count() == 50
    assert not Outbox.objects.filter(applied_at=None).exists()
    assert_books()


def test_a_relay_passes_over_what_another_has_in_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    shopper = person(name="林小满", phone="13800000001")
    tell(topic="order.cancelled", person_id=shopper.pk, now=clock.now(), number="N1")
    seam = before(monkeypatch, outbox, "_message", outbox.relay)

    assert outbox.relay() == 1

    assert seam.join() == 0
    assert not seam.blocked
    assert Message.objects.count() == 1


def test_twin_without_locks_both_relays_have_it_in_hand_and_the_messages_key_stops_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shopper = person(name="林小满", phone="13800000001")
    tell(topic="order.cancelled", person_id=shopper.pk, now=clock.now(), number="N1")
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_: self)
    seam = before(monkeypatch, outbox, "_message", outbox.relay)

    assert outbox.relay() == 1

    assert seam.join() == 1  # both believe that they have told it
    assert Message.objects.count() == 1


def cancelled() -> Refund:
    """A refund at a provider that always refuses at once (money taken by hand)."""
    w = world()
    order = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    order.payments.update(provider="demo")
    order_cancel(order=order, actor=w.shopper)
    return Refund.objects.get()


def tries(refund: Refund) -> int:
    refund.refresh_from_db()
    return refund.tries


def test_two_senders_of_one_refund_send_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    refund = cancelled()
    seam = before(monkeypatch, refund_sending, "_wait", partial(refund_sending.refund_send, refund_id=refund.pk))

    refund_sending.refund_send(refund_id=refund.pk)

    assert seam.join() is None
    assert not seam.blocked
    assert tries(refund) == 1
    assert StateChange.objects.filter(machine="refund", new="sending").count() == 1


def test_four_sweeps_at_once_send_every_refund_once() -> None:
    refund = cancelled()

    at_once([send_refunds] * 4)

    assert tries(refund) == 1
    assert refund.state == "failed"
    assert_books()


def test_twin_without_the_lock_the_second_sender_trips_over_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    refund = cancelled()
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_: self)
    asked: list[int] = []
    monkeypatch.setattr(refund_sending, "_ask", lambda parcel: asked.append(parcel.first.pk))
    monkeypatch.setattr(refund_sending, "_answered", lambda *_: None)
    seam = before(monkeypatch, refund_sending, "move_where", partial(refund_sending.refund_send, refund_id=refund.pk))

    outcome = outcome_of(partial(refund_sending.refund_send, refund_id=refund.pk))

    seam.join()
    # Only the guarded move keeps the second call from the provider; with the lock it does not even begin.
    assert isinstance(outcome, StateConflict)
    assert asked == [refund.pk]


def test_one_phone_that_logs_in_eight_times_at_once_is_one_account() -> None:
    made = at_once([partial(account_for_phone, phone="13800000001")] * 8)

    assert {account.pk for account in made} == {User.objects.get().pk}


def test_twin_without_the_second_look_the_slower_login_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    def once(*, phone: str) -> User:
        name = f"u{blind(phone)[:16]}"
        return User.objects.with_phone(phone).first() or User.objects.create_user(name, None, phone=phone)

    seam = before(monkeypatch, User.objects, "create_user", partial(account_for_phone, phone="13800000001"))

    outcome = outcome_of(partial(once, phone="13800000001"))

    seam.join()
    assert isinstance(outcome, IntegrityError)
