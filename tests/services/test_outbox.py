"""The outbox: every fact is told exactly once; what cannot be told is put off, then left to a person."""

import datetime as dt
from typing import Any

import pytest
from django.db import transaction

from groupbuy.domain.messages import TEXTS, compose
from groupbuy.kernel import clock
from groupbuy.models import Message, Outbox
from groupbuy.services import outbox
from groupbuy.services.journal import tell, tell_orders
from tests.books import assert_books
from tests.clocks import SECOND, stop_clock
from tests.world import person, place_and_pay, world

pytestmark = pytest.mark.django_db

AT = dt.datetime(2026, 11, 22, 15, 0, tzinfo=dt.UTC)


def test_what_was_told_is_one_message_however_often_the_relay_runs() -> None:
    shopper = person(name="林小满", phone="13800000001")
    tell(topic="order.cancelled", person_id=shopper.pk, now=clock.now(), number="N1")

    assert [outbox.relay() for _ in range(3)] == [1, 0, 0]

    message = Message.objects.get()
    assert (message.person_id, message.title) == (shopper.pk, "订单已取消")
    assert message.body == "订单 N1 已取消。已付金额会原路退回。"
    assert Outbox.objects.get().applied_at is not None
    assert_books(ages=True)


def test_a_relay_that_died_after_the_message_tells_nothing_twice() -> None:
    shopper = person(name="林小满", phone="13800000001")
    tell(topic="order.cancelled", person_id=shopper.pk, now=clock.now(), number="N1")
    outbox.relay()
    Outbox.objects.update(applied_at=None, next_try_at=clock.now())

    outbox.relay()

    assert Message.objects.count() == 1
    assert_books()


def test_nothing_is_told_of_what_was_rolled_back() -> None:
    shopper = person(name="林小满", phone="13800000001")

    with transaction.atomic():
        tell(topic="order.cancelled", person_id=shopper.pk, now=clock.now(), number="N1")
        transaction.set_rollback(True)

    assert outbox.relay() == 0


@pytest.mark.parametrize("facts", [{"topic": "no.such"}, {"topic": "order.paid", "number": "N1"}])
def test_what_cannot_be_composed_is_put_off_and_after_five_tries_left(facts: dict[str, Any]) -> None:
    shopper = person(name="林小满", phone="13800000001")
    stop_clock(at=AT)
    tell(person_id=shopper.pk, now=AT, **facts)
    tell(topic="order.cancelled", person_id=shopper.pk, now=AT, number="N2")

    waits = []
    now = AT
    for _ in range(6):
        outbox.relay()
        row = Outbox.objects.order_by("pk")[0]
        waits.append(row.next_try_at and round((row.next_try_at - now).total_seconds()))
        now = row.next_try_at or now
        stop_clock(at=now)

    assert waits == [30, 60, 90, 120, None, None]
    assert (row.tries, row.applied_at) == (5, None)
    assert row.last_error.startswith("missing")
    assert Message.objects.get().body == "订单 N2 已取消。已付金额会原路退回。"


def test_a_row_that_is_put_off_waits_for_its_time() -> None:
    shopper = person(name="林小满", phone="13800000001")
    stop_clock(at=AT)
    tell(topic="order.cancelled", person_id=shopper.pk, now=AT + SECOND, number="N1")

    assert outbox.relay() == 0
    stop_clock(at=AT + SECOND)

    assert outbox.relay() == 1


def test_a_backlog_of_more_than_a_batch_is_told_in_one_run() -> None:
    w = world()
    order = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    Outbox.objects.all().delete()
    row = Outbox(
        topic="group.failed",
        payload={"person_id": w.shopper.pk, "number": order.number, "yuan": "3.99"},
        created_at=clock.now(),
        next_try_at=clock.now(),
    )
    Outbox.objects.bulk_create(
        Outbox(topic=row.topic, payload=row.payload, created_at=row.created_at, next_try_at=row.next_try_at)
        for _ in range(outbox.BATCH + 1)
    )

    assert outbox.relay() == outbox.BATCH + 1
    assert Message.objects.count() == outbox.BATCH + 1


def test_the_payers_of_many_orders_are_told_in_one_statement() -> None:
    w = world()
    mine = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    theirs = place_and_pay(shopper=w.neighbour, group=w.group, quantities={w.eggs: 2})
    Outbox.objects.all().delete()

    tell_orders(topic="group.failed", order_ids=[mine.pk, theirs.pk], now=clock.now())
    outbox.relay()

    bodies = sorted(Message.objects.values_list("person_id", "body"))
    text = "订单 {} 所在的团未达到成团条件，已付 {} 元会原路退回。"
    assert bodies == sorted(
        [(w.shopper.pk, text.format(mine.number, "3.99")), (w.neighbour.pk, text.format(theirs.number, "31.80"))]
    )


def test_every_text_can_be_composed_and_fits_its_column() -> None:
    places = ("point", "from_point", "to_point", "address", "warehouse")
    words = (*places, "number", "yuan", "cutoff", "leader", "problem")
    facts = (
        dict.fromkeys(words, "九" * 64)
        | dict.fromkeys(("name", "title"), "名" * 100)
        | {"reason": "因" * 200, "goods": "货" * 120}
    )
    facts |= dict.fromkeys(("orders", "pieces"), "999999")

    for topic in TEXTS:
        title, body = compose(topic, facts)
        assert len(title) <= 64
        assert len(body) <= 300
