"""Withdrawing an offer and cancelling a campaign against everybody who is still inside."""

from functools import partial

import pytest
from django.db import IntegrityError

from groupbuy.domain.states import OrderState
from groupbuy.kernel.errors import StateConflict
from groupbuy.models import Order, OrderLine, Refund
from groupbuy.services import campaign_changes, campaign_lock, order_terms, orders, withdrawals
from groupbuy.services.campaign_changes import campaign_cancel, offer_withdraw
from groupbuy.services.cutoff import campaign_close, campaign_freeze, campaigns_take
from groupbuy.services.orders import order_cancel
from tests.books import assert_books
from tests.concurrency.races import after, at_once, before, count, outcome_of
from tests.world import World, close_and_freeze, pay, place, place_and_pay, world

pytestmark = pytest.mark.django_db(transaction=True)


def paid(w: World) -> Order:
    return place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3, w.eggs: 1})


def withdraw(w: World) -> None:
    offer_withdraw(offer_id=w.tomato.pk, reason="抽检不合格", actor_id=w.staff.pk)


def cancel_campaign(w: World) -> None:
    campaign_cancel(campaign_id=w.campaign.pk, reason="冷库断电", actor_id=w.staff.pk)


def test_a_withdrawal_waits_for_the_cancelling_inside_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    order = paid(w)
    seam = after(monkeypatch, orders, "enter_open_campaign", partial(withdraw, w))

    order_cancel(order=order, actor=w.shopper)

    assert seam.join() is None
    assert seam.blocked
    assert (Order.objects.get().state, Refund.objects.get().amount_fen) == ("refunded", 2787)
    assert_books()


def test_a_cancelling_that_comes_during_a_withdrawal_refunds_only_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    order = paid(w)
    seam = before(monkeypatch, campaign_changes, "take_out", partial(order_cancel, order=order, actor=w.shopper))

    withdraw(w)

    assert seam.join() is None
    assert seam.blocked
    assert Order.objects.get().state == "refunded"
    assert sorted(Refund.objects.values_list("amount_fen", flat=True)) == [1197, 1590]
    assert_books()


def test_twin_a_withdrawal_without_the_gate_gives_the_pieces_of_a_cancelled_order_back_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    w = world()
    order = paid(w)
    monkeypatch.setattr(campaign_lock, "close_gate", lambda *_: None)
    seam = before(monkeypatch, withdrawals, "refunded", partial(order_cancel, order=order, actor=w.shopper))

    outcome = outcome_of(partial(withdraw, w))

    assert seam.join() is None
    assert not seam.blocked
    # Three pieces were sold, and six came back: only the column's own check stops it.
    assert isinstance(outcome, IntegrityError)


def test_an_order_inside_the_gate_is_seen_by_the_withdrawal(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    seam = after(monkeypatch, order_terms, "_open_group", partial(withdraw, w))

    place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})

    assert seam.join() is None
    assert seam.blocked
    assert Order.objects.get().state == OrderState.CANCELLED
    assert_books()


def test_twin_a_withdrawal_without_the_gate_misses_the_order_that_is_being_placed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    w = world()
    monkeypatch.setattr(campaign_lock, "close_gate", lambda *_: None)
    late = after(monkeypatch, orders, "_take", partial(offer_withdraw_of_eggs, w))
    order = place(shopper=w.shopper, group=w.group, quantities={w.eggs: 1})
    late.join()

    # The order holds a withdrawn offer, which nobody will take out of it any more.
    w.eggs.refresh_from_db()
    assert (order.state, w.eggs.withdrawn_at is not None, OrderLine.objects.get().due) == ("placed", True, 1)


def offer_withdraw_of_eggs(w: World) -> None:
    offer_withdraw(offer_id=w.eggs.pk, reason="抽检不合格", actor_id=w.staff.pk)


def test_money_that_comes_during_a_withdrawal_finds_the_order_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    order = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    seam = before(monkeypatch, campaign_changes, "take_out", lambda: pay(order=order))

    withdraw(w)

    assert isinstance(seam.join(), StateConflict)
    assert Order.objects.get().state == OrderState.CANCELLED
    assert_books()


def test_a_withdrawal_and_the_freeze_at_once_leave_one_story() -> None:
    w = world()
    paid(w)
    place_and_pay(shopper=w.neighbour, group=w.group, quantities={w.tomato: 2})
    campaign_close(campaign_id=w.campaign.pk, early=True)

    outcomes = at_once([partial(campaign_freeze, campaign_id=w.campaign.pk), partial(withdraw, w)])

    assert outcomes == [None, None]
    assert list(Order.objects.order_by("pk").values_list("state", flat=True)) == ["accepted", "refunded"]
    assert_books()


def test_two_cancellings_of_a_campaign_at_once_refund_once() -> None:
    w = world()
    paid(w)

    assert count(at_once([partial(cancel_campaign, w)] * 4), Exception) == 0

    assert Refund.objects.get().amount_fen == 2787
    assert_books()


def test_a_wave_takes_the_demand_or_the_cancelling_does_never_both(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    paid(w)
    close_and_freeze(campaign=w.campaign)
    take = partial(
        campaigns_take, warehouse_id=w.warehouse.pk, delivery_date=w.campaign.delivery_date, now=w.campaign.cutoff_at
    )
    seam = after(monkeypatch, campaign_changes, "campaign_lock", take)

    cancel_campaign(w)

    assert seam.join() == []
    assert seam.blocked
    assert_books()


def test_twin_a_cancelling_that_does_not_lock_the_campaign_refunds_demand_in_a_wave(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    w = world()
    paid(w)
    close_and_freeze(campaign=w.campaign)
    take = partial(
        campaigns_take, warehouse_id=w.warehouse.pk, delivery_date=w.campaign.delivery_date, now=w.campaign.cutoff_at
    )
    monkeypatch.setattr(campaign_changes, "campaign_lock", lambda *_: (w.campaign, w.campaign.cutoff_at))
    seam = after(monkeypatch, campaign_changes, "campaign_lock", take)

    cancel_campaign(w)

    assert seam.join() == [w.campaign.pk]
    assert not seam.blocked
    assert Refund.objects.exists()
