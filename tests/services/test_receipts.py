"""Counting what suppliers bring: counts add up, can be undone, and closing hands what is missing to the shortages once."""

import uuid
from collections.abc import Mapping
from functools import partial

import pytest

from fulfillment.models import PurchaseLine, PurchaseOrder, Receipt, Shortage, Wave
from fulfillment.selectors.purchases import counts_of, short_of
from fulfillment.services.pick_records import RecordReused
from fulfillment.services.purchases import purchases_cancel
from fulfillment.services.receipts import (
    Arrived,
    CountedMeanwhile,
    CountWrong,
    PurchaseClosed,
    receipt_close,
    receipt_record,
    receipt_undo,
)
from fulfillment.services.shortages import pick_close, shortage_record
from fulfillment.services.waves import wave_build, wave_void
from groupbuy.kernel import clock
from groupbuy.models import Offer, OrderLine
from tests.books import assert_books
from tests.services.steps import build, give_back
from tests.services.test_purchases import join, two_suppliers
from tests.world import World, place_and_pay, world

pytestmark = pytest.mark.django_db


def ordered(*, tomatoes: int = 15, eggs: int = 6) -> tuple[World, Wave, PurchaseOrder]:
    """Three cases of six tomatoes for fifteen, one case of eggs for six, unless the test asks for other numbers."""
    w = world()
    Offer.objects.update(stock=None, per_shopper=None)
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: tomatoes, w.eggs: eggs})
    wave = build(w.campaign)
    return w, wave, PurchaseOrder.objects.get()


def count(
    order: PurchaseOrder, w: World, pieces: Mapping[str, int | tuple[int, int]], *, edition: int | None = None
) -> Receipt:
    """Count pieces by SKU code; a pair is counted and damaged."""
    order.refresh_from_db()
    lines = dict(PurchaseLine.objects.filter(order=order).values_list("code", "public_id"))
    arrived = {
        lines[code]: Arrived(*came) if isinstance(came, tuple) else Arrived(came) for code, came in pieces.items()
    }
    return receipt_record(
        order_id=order.pk,
        arrived=arrived,
        edition=order.edition if edition is None else edition,
        actor_id=w.picker.pk,
        uuid=uuid.uuid4(),
    )


def close(order: PurchaseOrder, w: World) -> list[tuple[str, int]]:
    order.refresh_from_db()
    missing = receipt_close(order_id=order.pk, edition=order.edition, actor_id=w.picker.pk)
    return [(each.line.code, each.pieces) for each in missing]


def short(order: PurchaseOrder) -> list[tuple[str, int]]:
    order = PurchaseOrder.objects.select_related("wave").get(pk=order.pk)
    return [(each.line.code, each.pieces) for each in short_of(order)]


def so_far(order: PurchaseOrder) -> list[tuple[str, int, int, int, int]]:
    """SKU, expected, arrived, damaged, left to come."""
    return [(each.line.code, each.expected, each.arrived, each.damaged, each.left) for each in counts_of(order)]


def shortages() -> list[tuple[str, int, str, str]]:
    return sorted(Shortage.objects.values_list("sku__code", "pieces", "cause", "note"))


def test_partial_counts_add_up_and_one_can_be_undone() -> None:
    w, _, order = ordered()
    count(order, w, {"TOMATO": 6})
    slip = count(order, w, {"TOMATO": 60, "EGGS": (6, 1)})
    assert so_far(order) == [("EGGS", 6, 6, 1, 0), ("TOMATO", 18, 66, 0, 0)]

    receipt_undo(receipt_id=slip.pk, edition=2, actor_id=w.picker.pk)
    count(order, w, {"TOMATO": 12})

    assert so_far(order) == [("EGGS", 6, 0, 0, 6), ("TOMATO", 18, 18, 0, 0)]
    slip.refresh_from_db()
    assert slip.undone_by == w.picker
    assert_books()


def test_the_same_uuid_counts_once() -> None:
    w, _, order = ordered()
    line = PurchaseLine.objects.get(order=order, code="TOMATO")
    send = partial(
        receipt_record,
        order_id=order.pk,
        arrived={line.public_id: Arrived(6)},
        edition=0,
        actor_id=w.picker.pk,
        uuid=uuid.uuid4(),
    )

    first, second = send(), send()

    assert first == second
    assert so_far(order)[1] == ("TOMATO", 18, 6, 0, 12)


def test_who_counts_against_an_old_look_is_told_and_nothing_is_counted() -> None:
    w, _, order = ordered()
    mine = count(order, w, {"TOMATO": 6})

    with pytest.raises(CountedMeanwhile):
        count(order, w, {"TOMATO": 6}, edition=0)
    with pytest.raises(CountedMeanwhile):
        receipt_undo(receipt_id=mine.pk, edition=0, actor_id=w.picker.pk)
    with pytest.raises(CountedMeanwhile):
        receipt_close(order_id=order.pk, edition=0, actor_id=w.picker.pk)

    assert so_far(order)[1] == ("TOMATO", 18, 6, 0, 12)
    assert not Shortage.objects.exists()


@pytest.mark.parametrize("arrived", [{}, {"TOMATO": 0}, {"TOMATO": -1}, {"TOMATO": (3, 4)}, {"TOMATO": 1_000_001}])
def test_an_impossible_count_is_refused(arrived: dict[str, int]) -> None:
    w, _, order = ordered()

    with pytest.raises(CountWrong):
        count(order, w, arrived)

    assert not Receipt.objects.exists()


def test_the_uuid_of_a_count_of_another_order_is_refused() -> None:
    w = world()
    two_suppliers(w)
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 2, w.dumplings: 2})
    build(w.campaign)
    mine, theirs = PurchaseLine.objects.get(code="TOMATO"), PurchaseLine.objects.get(code="DUMPLINGS")
    send = partial(receipt_record, edition=0, actor_id=w.picker.pk, uuid=uuid.uuid4())
    send(order_id=theirs.order_id, arrived={theirs.public_id: Arrived(1)})

    with pytest.raises(RecordReused):
        send(order_id=mine.order_id, arrived={mine.public_id: Arrived(1)})

    assert so_far(mine.order) == [("TOMATO", 6, 0, 0, 6)]
    assert PurchaseOrder.objects.get(pk=mine.order_id).edition == 0


def test_a_line_of_another_order_is_refused() -> None:
    w = world()
    two_suppliers(w)
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 2, w.dumplings: 2})
    build(w.campaign)
    mine = PurchaseOrder.objects.get(supplier__code="S1")
    theirs = PurchaseLine.objects.get(code="DUMPLINGS")

    with pytest.raises(CountWrong):
        receipt_record(
            order_id=mine.pk,
            arrived={theirs.public_id: Arrived(1)},
            edition=0,
            actor_id=w.picker.pk,
            uuid=uuid.uuid4(),
        )


def test_closing_a_short_order_enters_exactly_what_the_wave_misses() -> None:
    w, wave, order = ordered()
    # Fourteen good tomatoes for fifteen; the case of eggs is whole.
    count(order, w, {"TOMATO": (16, 2), "EGGS": 6})
    assert short(order) == [("TOMATO", 1)]

    assert close(order, w) == [("TOMATO", 1)]

    assert shortages() == [("TOMATO", 1, "missing", f"{order.number} 到货短少")]
    order.refresh_from_db()
    assert (order.state, short(order)) == ("received", [])
    pick_close(wave_id=wave.pk, actor_id=w.picker.pk)
    assert OrderLine.objects.get(sku__code="TOMATO").short == 1
    assert_books()


def test_closing_twice_enters_nothing_twice_and_a_closed_order_takes_no_count() -> None:
    w, _, order = ordered()
    receipt = count(order, w, {"EGGS": 6})
    close(order, w)

    with pytest.raises(PurchaseClosed):
        close(order, w)
    with pytest.raises(PurchaseClosed):
        count(order, w, {"TOMATO": 6})
    with pytest.raises(PurchaseClosed):
        receipt_undo(receipt_id=receipt.pk, edition=1, actor_id=w.picker.pk)

    assert [(code, pieces) for code, pieces, *_ in shortages()] == [("TOMATO", 15)]
    assert so_far(order)[0] == ("EGGS", 6, 6, 0, 0)


def test_the_surplus_of_whole_cases_and_more_than_ordered_hide_no_shortage() -> None:
    w, _, order = ordered()
    # Three pieces fewer than ordered are just the surplus; eggs came one too many.
    count(order, w, {"TOMATO": 15, "EGGS": 7})

    assert close(order, w) == []
    assert counts_of(order)[0].over == 1
    assert not Shortage.objects.exists()
    assert_books()


def test_what_was_refunded_meanwhile_is_not_missed() -> None:
    w, _, order = ordered()
    give_back(OrderLine.objects.get(sku__code="TOMATO"), 3)
    count(order, w, {"TOMATO": 12, "EGGS": 6})

    assert close(order, w) == []


def test_what_a_picker_missed_already_is_not_entered_again_but_what_broke_is_another_matter() -> None:
    w, wave, order = ordered()
    tomato, eggs = w.tomato.sku_id, w.eggs.sku_id
    for sku_id, pieces, cause in ((tomato, 4, "missing"), (eggs, 2, "damaged")):
        shortage_record(
            wave_id=wave.pk, sku_id=sku_id, pieces=pieces, actor_id=w.picker.pk, uuid=uuid.uuid4(), cause=cause
        )
    count(order, w, {"TOMATO": 10, "EGGS": 5})

    assert close(order, w) == [("EGGS", 1), ("TOMATO", 1)]


def test_nobody_misses_more_than_he_ordered() -> None:
    w, wave, order = ordered()
    shortage_record(
        wave_id=wave.pk,
        sku_id=w.eggs.sku_id,
        pieces=2,
        actor_id=w.picker.pk,
        uuid=uuid.uuid4(),
        cause="damaged",
    )

    assert close(order, w) == [("EGGS", 4), ("TOMATO", 15)]


def test_an_open_supplement_is_taken_to_come_whole() -> None:
    w, wave, order = ordered()
    join(wave, w, tomato=10)
    second = PurchaseOrder.objects.get(sequence=2)
    count(order, w, {"TOMATO": 6, "EGGS": 6})
    # The joining campaign is made up, so the orders still need fifteen; twelve come with the supplement.
    assert close(order, w) == []

    count(second, w, {"TOMATO": 5})

    assert close(second, w) == [("TOMATO", 4)]


def test_once_the_pick_is_closed_nothing_is_entered() -> None:
    w, wave, order = ordered()
    pick_close(wave_id=wave.pk, actor_id=w.picker.pk)

    assert short(order) == []
    assert close(order, w) == []
    assert PurchaseOrder.objects.get().state == "received"


def test_what_went_short_in_a_wave_that_was_voided_is_not_missed_in_the_next() -> None:
    w, first, _ = ordered(tomatoes=6)
    shortage_record(wave_id=first.pk, sku_id=w.tomato.sku_id, pieces=2, actor_id=w.picker.pk, uuid=uuid.uuid4())
    pick_close(wave_id=first.pk, actor_id=w.picker.pk)
    wave_void(wave_id=first.pk, reason="送错仓", actor_id=w.staff.pk)
    second = wave_build(warehouse_id=w.warehouse.pk, delivery_date=w.campaign.delivery_date)
    assert second is not None
    order = PurchaseOrder.objects.get(wave=second)
    count(order, w, {"TOMATO": 4, "EGGS": 6})

    assert close(order, w) == []
    assert not Shortage.objects.filter(wave=second).exists()
    assert_books()


def test_a_cancelled_order_takes_no_count() -> None:
    w, wave, order = ordered()
    purchases_cancel(wave_id=wave.pk, now=clock.now(), actor_id=None, reason="")

    with pytest.raises(PurchaseClosed):
        count(order, w, {"TOMATO": 6})
    with pytest.raises(PurchaseClosed):
        close(order, w)
