"""Taking pieces away against the cutoff and against itself."""

from functools import partial

import pytest

from groupbuy.models import Campaign, Order, OrderLine, OrderOutcome, Refund
from groupbuy.services import order_amend as amending
from groupbuy.services import order_terms
from groupbuy.services.cutoff import campaign_close, campaign_freeze
from groupbuy.services.order_amend import order_amend
from groupbuy.services.order_terms import CampaignClosed
from tests.books import assert_books
from tests.concurrency.races import after, at_once
from tests.world import World, place_and_pay, world

pytestmark = pytest.mark.django_db(transaction=True)


def paid(w: World) -> Order:
    return place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})


def keep(order: Order, pieces: int) -> None:
    order_amend(order=order, keep={order.lines.get().public_id: pieces}, actor=order.shopper)


def close_and_freeze(w: World) -> str:
    """Close and freeze at once; return the outcome of the only order."""
    campaign_close(campaign_id=w.campaign.pk, early=True)
    campaign_freeze(campaign_id=w.campaign.pk)
    return OrderOutcome.objects.get().kind


def test_a_cutoff_waits_for_the_amendment_inside_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    order = paid(w)
    seam = after(monkeypatch, amending, "enter_open_campaign", partial(close_and_freeze, w))

    keep(order, 2)

    assert seam.join() == "accepted"
    assert seam.blocked
    assert (OrderLine.objects.get().due, Refund.objects.get().amount_fen) == (2, 399)
    assert_books()


def test_twin_an_amendment_without_the_gate_changes_a_campaign_that_has_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    order = paid(w)
    monkeypatch.setattr(order_terms, "enter_gate", lambda *_: None)
    seam = after(
        monkeypatch, amending, "enter_open_campaign", partial(campaign_close, campaign_id=w.campaign.pk, early=True)
    )

    keep(order, 2)

    seam.join()
    assert not seam.blocked
    # The demand is being frozen, and a piece has gone from it and back to stock.
    assert (Campaign.objects.get().state, OrderLine.objects.get().returned) == ("closing", 1)


def test_an_amendment_that_comes_after_the_cutoff_changes_nothing() -> None:
    w = world()
    order = paid(w)
    campaign_close(campaign_id=w.campaign.pk, early=True)

    with pytest.raises(CampaignClosed):
        keep(order, 2)

    assert not Refund.objects.exists()


def test_one_amendment_sent_four_times_at_once_happens_once() -> None:
    w = world()
    order = paid(w)

    assert at_once([partial(keep, order, 2)] * 4) == [None] * 4

    w.tomato.refresh_from_db()
    assert (OrderLine.objects.get().returned, w.tomato.sold, Refund.objects.count()) == (1, 2, 1)
    assert_books()


def test_twin_two_amendments_that_do_not_lock_the_order_take_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    order = paid(w)
    monkeypatch.setattr(amending, "_lock_paid", lambda _: None)
    seam = after(monkeypatch, amending, "_away", partial(keep, order, 2))

    keep(order, 2)

    seam.join()
    # Both meant to keep two of three.
    assert OrderLine.objects.get().due == 1
