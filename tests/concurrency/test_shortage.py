"""Closing a pick against everything that may happen meanwhile: each piece is short once, or not at all."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError

from fulfillment.models import Pickup, Shortage, Wave
from fulfillment.selectors.pick_outcome import pick_outcome
from fulfillment.services import pick_close as closing
from fulfillment.services import shortages
from fulfillment.services.dispatch import dispatch_send
from fulfillment.services.pick_records import PickClosed
from fulfillment.services.shortages import ShortageTooBig, pick_close, shortage_undo
from fulfillment.services.waves import wave_build
from groupbuy.models import Refund
from groupbuy.services import refunds
from groupbuy.services.campaigns import OfferWanted
from groupbuy.services.refunds import NothingToRefund
from tests.books import assert_books, broken_books
from tests.concurrency.races import Work, after, at_once, count, outcome_of
from tests.services import steps
from tests.shortages import buy, lacking_world, lines, short, waved, weigh
from tests.world import World, close_and_freeze, open_campaign, place_and_pay

pytestmark = pytest.mark.django_db(transaction=True)


def scene(*tomatoes: int) -> tuple[World, Wave]:
    w = lacking_world()
    buy(w, *tomatoes)
    return w, waved(w)


def close(wave: Wave) -> Work:
    return partial(pick_close, wave_id=wave.pk)


def without_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let records of a pick pass each other and the closing."""
    monkeypatch.setattr(shortages, "hold", lambda wave_id: Wave.objects.get(pk=wave_id))


# --- a record and the closing ------------------------------------------------------------------------------


def test_a_record_that_comes_while_the_pick_is_closed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    w, wave = scene(3)
    short(wave, w.tomato, 1, by=w.picker)
    seam = after(monkeypatch, closing, "pick_outcome", partial(short, wave, w.tomato, 1, by=w.picker))

    close(wave)()

    assert isinstance(seam.join(), PickClosed)
    assert seam.blocked
    assert lines(w.tomato) == [(3, 1, 399)]
    assert_books()


def test_twin_a_record_that_does_not_hold_the_wave_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    w, wave = scene(3)
    short(wave, w.tomato, 1, by=w.picker)
    without_hold(monkeypatch)
    seam = after(monkeypatch, closing, "pick_outcome", partial(short, wave, w.tomato, 1, by=w.picker))

    close(wave)()

    assert isinstance(seam.join(), Shortage)
    assert not seam.blocked
    assert lines(w.tomato) == [(3, 1, 399)]
    assert broken_books() == ["I4-shortage"]


def test_an_undo_that_comes_while_the_pick_is_closed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    w, wave = scene(3)
    row = short(wave, w.tomato, 1, by=w.picker)
    undo = partial(shortage_undo, shortage_id=row.pk, actor_id=w.picker.pk)
    seam = after(monkeypatch, closing, "pick_outcome", undo)

    close(wave)()

    assert isinstance(seam.join(), PickClosed)
    assert seam.blocked
    assert lines(w.tomato) == [(3, 1, 399)]
    assert_books()


def test_twin_an_undo_that_does_not_hold_the_wave_is_refused_by_the_table_alone(
    monkeypatch: pytest.MonkeyPatch, without_constraint: Callable[[str, str], None]
) -> None:
    w, wave = scene(3)
    row = short(wave, w.tomato, 1, by=w.picker)
    without_hold(monkeypatch)
    undo = partial(shortage_undo, shortage_id=row.pk, actor_id=w.picker.pk)
    seam = after(monkeypatch, closing, "pick_outcome", undo)
    without_constraint("fulfillment_shortage", "shortage_allocated_within_it")

    close(wave)()

    assert seam.join() is None
    assert not seam.blocked
    assert lines(w.tomato) == [(3, 1, 399)]
    assert broken_books() == ["I4-shortage"]


def test_two_records_that_are_too_much_together_are_not_both_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    w, wave = scene(3)
    seam = after(monkeypatch, shortages, "_expected", partial(short, wave, w.tomato, 2, by=w.picker))

    short(wave, w.tomato, 2, by=w.picker)

    assert isinstance(seam.join(), ShortageTooBig)
    assert seam.blocked


def test_twin_two_records_that_pass_each_other_miss_more_than_there_was(monkeypatch: pytest.MonkeyPatch) -> None:
    w, wave = scene(3)
    without_hold(monkeypatch)
    seam = after(monkeypatch, shortages, "_expected", partial(short, wave, w.tomato, 2, by=w.picker))

    short(wave, w.tomato, 2, by=w.picker)

    assert isinstance(seam.join(), Shortage)
    assert sum(Shortage.objects.values_list("pieces", flat=True)) == 4


# --- closing twice -------------------------------------------------------------------------------------------


def test_a_pick_that_is_closed_by_several_at_once_is_closed_once() -> None:
    w, wave = scene(3, 2)
    short(wave, w.tomato, 3, by=w.picker)
    weigh(wave, w.tomato, 950, by=w.picker, point=w.near)

    outcomes = at_once([close(wave)] * 3 + [partial(dispatch_send, wave_id=wave.pk)])

    assert count(outcomes, PickClosed) in (2, 3)
    assert [outcome for outcome in outcomes if outcome is not None and not isinstance(outcome, PickClosed)] == []
    assert lines(w.tomato) == [(3, 1, 399 + 40), (2, 2, 798)]  # 798 fen x 5 % = 39.9
    assert Refund.objects.count() == 2
    assert_books()


def test_twin_a_second_closing_that_is_not_stopped_spreads_the_weight_again(
    monkeypatch: pytest.MonkeyPatch, without_constraint: Callable[[str, str], None]
) -> None:
    w, wave = scene(3)
    weigh(wave, w.tomato, 750, by=w.picker, point=w.near)
    monkeypatch.setattr(closing, "_stamp", lambda *_: True)
    close(wave)()

    refused = outcome_of(close(wave))
    without_constraint("fulfillment_weightshare", "weightshare_once")
    close(wave)()

    assert isinstance(refused, IntegrityError)
    assert "weightshare_once" in str(refused)
    assert "I4-weighed" in broken_books()  # 750 g became 1500
    assert lines(w.tomato) == [(3, 0, 599)]  # half of 1197; the money's own rule looks at what went back before


# --- an operator's refund --------------------------------------------------------------------------------------


def give_back(w: World, pieces: int) -> Refund:
    return steps.give_back(w.tomato.lines.earliest("pk"), pieces)


def test_the_closing_waits_for_a_refund_under_way_and_shares_out_what_is_still_short(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    w, wave = scene(3)
    short(wave, w.tomato, 3, by=w.picker)
    seam = after(monkeypatch, refunds, "_intent", close(wave))

    give_back(w, 2)

    assert seam.join() is None
    assert seam.blocked
    assert lines(w.tomato) == [(3, 1, 1197)]
    assert_books()


def test_a_refund_that_comes_while_the_pick_is_closed_finds_only_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    w, wave = scene(3)
    short(wave, w.tomato, 2, by=w.picker)
    seam = after(monkeypatch, closing, "pick_outcome", partial(give_back, w, 2))

    close(wave)()

    assert isinstance(seam.join(), NothingToRefund)
    assert seam.blocked
    assert lines(w.tomato) == [(3, 2, 798)]
    assert_books()


def test_twin_a_closing_that_holds_no_demand_decides_about_pieces_that_are_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    w, wave = scene(3)
    short(wave, w.tomato, 2, by=w.picker)
    monkeypatch.setattr(closing, "wave_lock", lambda _: None)
    monkeypatch.setattr(closing, "pick_outcome", lambda wave_id, **_: pick_outcome(wave_id))
    seam = after(monkeypatch, closing, "pick_outcome", partial(give_back, w, 2))

    outcome = outcome_of(close(wave))

    assert isinstance(seam.join(), Refund)
    assert not seam.blocked
    assert isinstance(outcome, NothingToRefund)  # and nothing is closed
    assert lines(w.tomato) == [(3, 0, 798)]


# --- a second wave that brings more to somebody who lost everything in the first -------------------------------


def second_wave(w: World) -> Work:
    late = open_campaign(warehouse=w.warehouse, points=[w.near], offers=[OfferWanted(sku=w.eggs.sku)])
    place_and_pay(shopper=w.shopper, group=late.groups.get(), quantities={late.offers.get(): 1})

    def freeze_and_build() -> Any:
        close_and_freeze(campaign=late)
        return wave_build(warehouse_id=w.warehouse.pk, delivery_date=w.campaign.delivery_date)

    return freeze_and_build


def test_a_wave_that_brings_more_waits_for_the_closing_and_opens_the_pickup_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    w, wave = scene(1)
    short(wave, w.tomato, 1, by=w.picker)
    seam = after(monkeypatch, closing, "_finish_pickups", second_wave(w))

    close(wave)()

    assert isinstance(seam.join(), Wave)
    assert seam.blocked
    assert Pickup.objects.get().done_at is None
    assert_books()


def test_twin_without_the_gate_the_second_wave_leaves_a_finished_pickup_with_goods(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    w, wave = scene(1)
    short(wave, w.tomato, 1, by=w.picker)
    monkeypatch.setattr(closing, "close_gate", lambda *_: None)
    seam = after(monkeypatch, closing, "_finish_pickups", second_wave(w))

    close(wave)()

    assert isinstance(seam.join(), Wave)
    assert not seam.blocked
    assert broken_books() == ["I10-open"]
