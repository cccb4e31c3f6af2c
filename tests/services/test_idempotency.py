"""One key, one effect, one answer."""

import datetime as dt
import uuid

import pytest

from groupbuy.models import IdempotencyKey, Order
from groupbuy.services.idempotency import Answer, KeyMalformed, KeyMissing, KeyReused, checked_key, run_once
from groupbuy.services.orders import OfferSoldOut
from tests.books import assert_books
from tests.world import World, place, world

pytestmark = pytest.mark.django_db

KEY = "0123456789abcdef"


def place_once(w: World, *, key: str = KEY, quantity: int = 2, actor_id: int | None = None) -> Answer:
    def work() -> Answer:
        order = place(shopper=w.shopper, group=w.group, quantities={w.tomato: quantity})
        return Answer(201, {"number": order.number, "placed_at": order.placed_at, "id": order.public_id})

    body = {"path": "/orders/", "body": {"quantity": quantity}}
    return run_once(actor_id=actor_id or w.shopper.pk, key=key, request=body, work=work)


def test_a_retry_gets_the_first_answer_and_orders_nothing() -> None:
    w = world()

    first, second = place_once(w), place_once(w)

    order = Order.objects.get()
    assert (first.status, first.replayed) == (201, False)
    assert (second.status, second.replayed) == (201, True)
    assert second.data == {
        "number": order.number,
        "placed_at": order.placed_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "id": str(order.public_id),
    }
    assert_books()


def test_the_same_key_for_another_request_is_refused() -> None:
    w = world()
    place_once(w)

    with pytest.raises(KeyReused) as refusal:
        place_once(w, quantity=3)

    assert refusal.value.status == 422
    assert Order.objects.count() == 1


def test_keys_belong_to_their_person() -> None:
    w = world()
    place_once(w)

    assert not place_once(w, actor_id=w.neighbour.pk, quantity=3).replayed

    assert Order.objects.count() == 2


def test_a_key_is_free_again_when_its_work_was_refused() -> None:
    w = world()
    with pytest.raises(OfferSoldOut):
        place_once(w, quantity=11)
    assert not IdempotencyKey.objects.exists()

    place_once(w, quantity=10)

    assert Order.objects.get().lines.get().quantity == 10
    assert_books()


def test_the_order_of_a_bodys_fields_does_not_matter() -> None:
    w = world()
    first = run_once(actor_id=w.shopper.pk, key=KEY, request={"a": 1, "b": 2}, work=lambda: Answer(200, [1]))

    again = run_once(actor_id=w.shopper.pk, key=KEY, request={"b": 2, "a": 1}, work=lambda: Answer(200, [2]))

    assert (first.data, again.data, again.replayed) == ([1], [1], True)


def test_a_body_may_hold_what_serializers_make() -> None:
    w = world()
    request = {"id": uuid.uuid4(), "at": dt.datetime(2026, 11, 22, tzinfo=dt.UTC), "text": "番茄"}

    run_once(actor_id=w.shopper.pk, key=KEY, request=request, work=lambda: Answer(204, None))

    assert run_once(actor_id=w.shopper.pk, key=KEY, request=request, work=lambda: Answer(204, None)).replayed


@pytest.mark.parametrize("key", ["12345678", "a" * 64, "A_b-C_d-9"])
def test_a_proper_key_is_taken_as_it_is(key: str) -> None:
    assert checked_key(key) == key


@pytest.mark.parametrize("key", [None, ""])
def test_a_missing_key_is_asked_for(key: str | None) -> None:
    with pytest.raises(KeyMissing):
        checked_key(key)


@pytest.mark.parametrize(
    "key", ["1234567", "a" * 65, "with space", "番茄番茄番茄番茄", "12345678\n", "１２３４５６７８"]
)
def test_a_malformed_key_is_refused(key: str) -> None:
    with pytest.raises(KeyMalformed):
        checked_key(key)
