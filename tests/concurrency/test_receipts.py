"""Two people count one order: neither counts the other's pallet again, and what is missing is entered once."""

import uuid
from functools import partial

import pytest

from fulfillment.models import PurchaseLine, PurchaseOrder, ReceiptLine, Shortage
from fulfillment.selectors.purchases import Missing
from fulfillment.services import receipts
from fulfillment.services.receipts import Arrived, CountedMeanwhile, receipt_close, receipt_record
from fulfillment.services.shortages import shortage_record
from groupbuy.kernel.errors import DomainError
from tests.books import assert_books
from tests.concurrency.races import Work, at_once, before, count
from tests.services.steps import build
from tests.world import World, place_and_pay, world

pytestmark = pytest.mark.django_db(transaction=True)


def ordered() -> tuple[World, PurchaseLine]:
    """Three tomatoes are wanted, a case of six is ordered."""
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    build(w.campaign)
    return w, PurchaseLine.objects.get()


def counting(w: World, line: PurchaseLine, pieces: int = 2, *, key: uuid.UUID | None = None) -> Work:
    return partial(
        receipt_record,
        order_id=line.order_id,
        arrived={line.public_id: Arrived(pieces)},
        edition=0,
        actor_id=w.picker.pk,
        uuid=key or uuid.uuid4(),
    )


def closing(w: World, line: PurchaseLine) -> Work:
    return partial(receipt_close, order_id=line.order_id, edition=0, actor_id=w.picker.pk)


def test_two_who_count_the_same_pallet_count_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    w, line = ordered()
    seam = before(monkeypatch, receipts, "_next_edition", counting(w, line))

    with pytest.raises(CountedMeanwhile):
        counting(w, line)()

    assert seam.join() is not None
    assert ReceiptLine.objects.get().counted == 2
    assert_books()


def test_twin_without_the_edition_the_pallet_is_counted_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    w, line = ordered()
    monkeypatch.setattr(receipts, "_next_edition", lambda *_: True)

    at_once([counting(w, line), counting(w, line)])

    assert sum(ReceiptLine.objects.values_list("counted", flat=True)) == 4


def test_four_at_once_with_four_devices_and_four_with_one() -> None:
    w, line = ordered()

    outcomes = at_once([counting(w, line) for _ in range(4)])

    assert count(outcomes, CountedMeanwhile) == 3
    assert ReceiptLine.objects.count() == 1


def test_one_device_that_sends_four_times_at_once_gets_four_times_the_same_answer() -> None:
    w, line = ordered()

    outcomes = at_once([counting(w, line, key=uuid.uuid4())] * 4)

    assert len({outcome.pk for outcome in outcomes}) == 1
    assert ReceiptLine.objects.count() == 1


def test_two_who_close_at_once_enter_what_is_missing_once() -> None:
    w, line = ordered()

    outcomes = at_once([closing(w, line), closing(w, line)])

    assert count(outcomes, DomainError) == 1
    assert Shortage.objects.get().pieces == 3
    assert_books()


def test_twin_a_close_that_does_not_ask_for_the_state_enters_it_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    w, line = ordered()
    monkeypatch.setattr(receipts, "_close", lambda *_: True)
    monkeypatch.setattr(receipts, "missing_of", lambda _: [Missing(line, 1)])
    given = shortage_record
    # Without its own uuid, too: each guard alone would hold.
    monkeypatch.setattr(receipts, "shortage_record", lambda **fields: given(**{**fields, "uuid": uuid.uuid4()}))

    at_once([closing(w, line), closing(w, line)])

    assert Shortage.objects.count() == 2


def test_a_close_beside_a_count_sees_it_or_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    w, line = ordered()
    seam = before(monkeypatch, receipts, "_close", counting(w, line, 3))

    with pytest.raises(CountedMeanwhile):
        closing(w, line)()

    seam.join()
    assert PurchaseOrder.objects.get().state == "issued"
    assert not Shortage.objects.exists()
