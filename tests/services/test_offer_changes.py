"""Changing an offer in which people order: never below what they have, and only for orders to come."""

from dataclasses import replace
from typing import Any

import pytest

from groupbuy.domain.prices import PriceStep
from groupbuy.kernel.errors import Invalid, StateConflict
from groupbuy.models import AuditEvent, Offer, OfferCommunity, OfferShopper
from groupbuy.services.campaign_changes import offer_withdraw
from groupbuy.services.cutoff import campaign_close
from groupbuy.services.offer_changes import BelowHeld, BelowSold, offer_change, terms_of
from groupbuy.services.order_amend import order_amend
from groupbuy.services.orders import CommunityLimitReached, LimitReached, OfferSoldOut, order_cancel
from tests.books import assert_books
from tests.world import HOUR, World, place, place_and_pay, world

pytestmark = pytest.mark.django_db


def change(w: World, offer: Offer, **columns: Any) -> None:
    offer.refresh_from_db()
    terms = replace(terms_of(offer), **columns)
    offer_change(offer_id=offer.pk, terms=terms, reason="到货变化", actor_id=w.staff.pk)
    offer.refresh_from_db()


def test_stock_is_raised_and_lowered_but_never_below_what_is_sold() -> None:
    w = world()
    place(shopper=w.shopper, group=w.group, quantities={w.tomato: 6})

    with pytest.raises(BelowSold) as refusal:
        change(w, w.tomato, stock=5)
    change(w, w.tomato, stock=6)
    with pytest.raises(OfferSoldOut):
        place(shopper=w.neighbour, group=w.group, quantities={w.tomato: 1})
    change(w, w.tomato, stock=None)

    place(shopper=w.neighbour, group=w.group, quantities={w.tomato: 100})
    assert (refusal.value.facts, refusal.value.attr) == ({"sold": 6}, "stock")
    assert_books()


def test_a_price_counts_for_orders_to_come() -> None:
    w = world()
    before = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})

    change(w, w.tomato, price_fen=299)
    after = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    change(w, w.tomato, price_steps=[PriceStep(w.campaign.opens_at - HOUR, 199)])
    last = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})

    before.refresh_from_db()
    assert (before.total_fen, after.total_fen, last.total_fen) == (399, 299, 199)
    assert_books()


def test_a_limit_that_comes_later_counts_what_people_have_already() -> None:
    w = world()
    first = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    ended = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    order_cancel(order=ended, actor=w.shopper)
    order_amend(order=first, keep={first.lines.get().public_id: 2}, actor=w.shopper)
    place(shopper=w.neighbour, group=w.other_group, quantities={w.tomato: 1})

    change(w, w.tomato, per_shopper=2, per_community=3)

    assert sorted(OfferShopper.objects.values_list("shopper", "quantity")) == sorted(
        [(w.shopper.pk, 2), (w.neighbour.pk, 1)]
    )
    assert sorted(OfferCommunity.objects.values_list("quantity", flat=True)) == [1, 2]
    assert_books()
    with pytest.raises(LimitReached):
        place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    with pytest.raises(CommunityLimitReached):
        place(shopper=w.leader, group=w.group, quantities={w.tomato: 2})
    order_cancel(order=first, actor=w.shopper)
    place(shopper=w.shopper, group=w.group, quantities={w.tomato: 2})
    assert_books()


@pytest.mark.parametrize("limit", ["per_shopper", "per_community"])
def test_a_limit_below_what_somebody_has_is_refused_and_counts_nothing(limit: str) -> None:
    w = world()
    place(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})

    with pytest.raises(BelowHeld) as refusal:
        change(w, w.tomato, **{limit: 2})

    assert (refusal.value.facts, refusal.value.attr) == ({"held": 3}, limit)
    assert not OfferShopper.objects.exists()
    assert not OfferCommunity.objects.exists()
    assert_books()


def test_a_limit_that_is_lifted_is_counted_afresh_when_it_comes_back() -> None:
    w = world()
    place(shopper=w.shopper, group=w.group, quantities={w.eggs: 2})
    change(w, w.eggs, per_shopper=None)
    more = place(shopper=w.shopper, group=w.group, quantities={w.eggs: 3})
    assert not OfferShopper.objects.exists()
    order_cancel(order=more, actor=w.shopper)

    change(w, w.eggs, per_shopper=2)

    assert OfferShopper.objects.get().quantity == 2
    assert_books()


def test_every_change_is_written_down_once_with_before_and_after() -> None:
    w = world()

    for _ in range(2):
        change(w, w.tomato, stock=20, per_shopper=5)

    audit = AuditEvent.objects.get(action="offer_change")
    assert (audit.actor, audit.facts["reason"], audit.subject_id) == (w.staff, "到货变化", w.tomato.pk)
    same = {"price_fen": 399, "price_steps": [], "per_community": None}
    assert audit.facts["before"] == same | {"stock": 10, "per_shopper": None}
    assert audit.facts["after"] == same | {"stock": 20, "per_shopper": 5}


def test_a_negative_amount_is_refused() -> None:
    w = world()

    with pytest.raises(Invalid):
        change(w, w.tomato, price_fen=-1)


def test_neither_a_closed_campaign_nor_a_withdrawn_offer_is_changed() -> None:
    w = world()
    offer_withdraw(offer_id=w.eggs.pk, reason="", actor_id=w.staff.pk)
    with pytest.raises(StateConflict):
        change(w, w.eggs, stock=1)
    campaign_close(campaign_id=w.campaign.pk, early=True)
    with pytest.raises(StateConflict):
        change(w, w.tomato, stock=20)

    assert not AuditEvent.objects.filter(action="offer_change").exists()
