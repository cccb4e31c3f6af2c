"""Extending against closing, and cancelling while money comes: one story each."""

from functools import partial
from typing import Any

import pytest

from groupbuy.kernel import clock
from groupbuy.kernel.errors import StateConflict
from groupbuy.models import Campaign, Order, Payment, Refund
from groupbuy.services import campaign_changes, cutoff, payments
from groupbuy.services.campaign_changes import campaign_cancel, campaign_extend
from groupbuy.services.cutoff import campaign_close
from tests.books import assert_books
from tests.concurrency.races import after
from tests.world import HOUR, World, place, world

pytestmark = pytest.mark.django_db(transaction=True)


def extend(w: World) -> None:
    later = w.campaign.cutoff_at + HOUR
    campaign_extend(campaign_id=w.campaign.pk, cutoff_at=later, reason="雨太大", actor_id=w.staff.pk)


def close_early(w: World) -> None:
    campaign_close(campaign_id=w.campaign.pk, early=True, actor_id=w.staff.pk)


def cancel(w: World) -> Any:
    return campaign_cancel(campaign_id=w.campaign.pk, reason="冷库断电", actor_id=w.staff.pk)


def test_a_campaign_that_is_closed_during_its_extension_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    seam = after(monkeypatch, campaign_changes, "campaign_lock", partial(close_early, w))

    extend(w)

    assert seam.join() is None
    campaign = Campaign.objects.get()
    assert (seam.blocked, campaign.state) == (True, "closing")
    assert (campaign.cutoff_at, campaign.original_cutoff_at) == (campaign.closed_at, w.campaign.cutoff_at)
    assert_books()


def test_twin_an_extension_without_the_lock_puts_off_the_cutoff_of_a_closed_campaign(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    w = world()
    planned = w.campaign.cutoff_at
    monkeypatch.setattr(campaign_changes, "campaign_lock", lambda *_: (w.campaign, clock.now()))
    seam = after(monkeypatch, campaign_changes, "campaign_lock", partial(close_early, w))

    extend(w)

    assert seam.join() is None
    campaign = Campaign.objects.get()
    # Nobody can order any more, and the freeze waits for an hour later than the cutoff was.
    assert (seam.blocked, campaign.state) == (False, "closing")
    assert campaign.cutoff_at == planned + HOUR


def test_a_campaign_that_is_being_closed_is_not_extended(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    seam = after(monkeypatch, cutoff, "close_gate", partial(extend, w))

    close_early(w)

    assert isinstance(seam.join(), StateConflict)
    assert seam.blocked
    assert Campaign.objects.get().cutoff_at < w.campaign.cutoff_at
    assert_books()


def unpaid(w: World) -> Payment:
    return payments._pending(
        place(shopper=w.shopper, group=w.group, quantities={w.tomato: 3}), payments.DEFAULT_PROVIDER
    )


def money_comes(payment: Payment) -> Payment:
    return payments.payment_apply(
        out_trade_no=payment.out_trade_no,
        transaction_id="4200",
        amount_fen=payment.amount_fen,
        paid_at=clock.now(),
    )


def test_money_that_comes_while_a_campaign_is_cancelled_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    payment = unpaid(w)
    seam = after(monkeypatch, campaign_changes, "refunded", partial(money_comes, payment))

    cancel(w)

    assert (seam.join().counts, seam.blocked) == (False, True)
    assert Order.objects.get().state == "cancelled"
    assert list(Refund.objects.values_list("amount_fen", "reason")) == [(1197, "late_payment")]
    assert_books()


def test_twin_a_cancelling_that_leaves_the_unpaid_for_later_keeps_the_money(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    payment = unpaid(w)
    monkeypatch.setattr(campaign_changes, "_end_unpaid", lambda *_, **__: None)
    seam = after(monkeypatch, campaign_changes, "refunded", partial(money_comes, payment))

    cancel(w)

    assert (seam.join().counts, seam.blocked) == (True, False)
    assert (Campaign.objects.get().state, Order.objects.get().state) == ("cancelled", "paid")
    assert not Refund.objects.exists()
