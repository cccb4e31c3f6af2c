"""Limits that change while people order, and while orders end."""

from dataclasses import replace
from functools import partial

import pytest

from groupbuy.kernel import clock
from groupbuy.models import Offer, OfferShopper, Order
from groupbuy.services import campaign_lock, order_expiry, order_terms, stock
from groupbuy.services.offer_changes import BelowHeld, offer_change, terms_of
from tests.books import assert_books, broken_books
from tests.concurrency.races import after
from tests.world import World, place, world

pytestmark = pytest.mark.django_db(transaction=True)


def limit(w: World, offer: Offer, per_shopper: int) -> None:
    terms = replace(terms_of(Offer.objects.get(pk=offer.pk)), per_shopper=per_shopper)
    offer_change(offer_id=offer.pk, terms=terms, reason="", actor_id=w.staff.pk)


def test_a_limit_is_not_lowered_under_an_order_that_is_being_placed(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    seam = after(monkeypatch, order_terms, "_offers", partial(limit, w, w.eggs, 1))

    place(shopper=w.shopper, group=w.group, quantities={w.eggs: 2})

    assert isinstance(seam.join(), BelowHeld)
    assert seam.blocked
    assert Offer.objects.get(pk=w.eggs.pk).per_shopper == 2
    assert_books()


def test_twin_without_the_gate_an_order_passes_the_limit_that_was_lowered_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    w = world()
    monkeypatch.setattr(campaign_lock, "close_gate", lambda *_: None)
    seam = after(monkeypatch, order_terms, "_offers", partial(limit, w, w.eggs, 1))

    place(shopper=w.shopper, group=w.group, quantities={w.eggs: 2})

    assert seam.join() is None
    assert not seam.blocked
    assert broken_books() == ["I2"]


def expire_while_a_limit_is_set(monkeypatch: pytest.MonkeyPatch, w: World) -> None:
    """Let an unpaid order end, and a limit be set when its pieces have gone back, just before it is committed."""
    order = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 2})
    Order.objects.update(pay_by=clock.now())
    seam = after(monkeypatch, stock, "give_back", partial(limit, w, w.tomato, 5))

    order_expiry.order_expire(order_id=order.pk)

    assert seam.join() is None
    assert seam.blocked
    assert Order.objects.get().state == "cancelled"


def test_a_new_limit_does_not_count_an_order_that_is_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    expire_while_a_limit_is_set(monkeypatch, world())

    assert not OfferShopper.objects.exists()
    assert_books()


def test_twin_counting_without_holding_the_orders_counts_one_that_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stock, "_COUNT", stock._COUNT.replace("FOR NO KEY UPDATE OF o", ""))

    expire_while_a_limit_is_set(monkeypatch, world())

    assert OfferShopper.objects.get().quantity == 2
    assert broken_books() == ["I2"]
