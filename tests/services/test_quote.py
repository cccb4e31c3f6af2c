"""A quote answers what placing would answer, and leaves no trace."""

from typing import Any
from uuid import uuid4

import pytest

from groupbuy.domain.words import PointRole
from groupbuy.kernel import clock
from groupbuy.kernel.errors import DomainError
from groupbuy.models import Offer, OfferShopper, Order, PointStaff
from groupbuy.services.order_quote import Quote, QuotedLine, order_quote
from groupbuy.services.order_terms import LineWanted
from groupbuy.services.orders import order_place
from tests.clocks import stop_clock
from tests.world import World, place, world

pytestmark = pytest.mark.django_db


def lines(w: World, **quantities: int) -> list[LineWanted]:
    return [LineWanted(offer_id=getattr(w, name).public_id, quantity=pieces) for name, pieces in quantities.items()]


def answer(use_case: Any, w: World, wanted: list[LineWanted], **more: Any) -> Any:
    """Return the total, or the error with everything that it says."""
    try:
        result = use_case(shopper=w.shopper, group_id=w.group.public_id, lines=wanted, **more)
    except DomainError as error:
        return (type(error).__name__, error.detail, error.attr, error.facts)
    return result.total_fen


def test_a_quote_lists_lines_limits_and_what_is_left() -> None:
    w = world()
    place(shopper=w.neighbour, group=w.group, quantities={w.tomato: 4})

    quote = order_quote(shopper=w.shopper, group_id=w.group.public_id, lines=lines(w, tomato=2, eggs=1))

    tomato = QuotedLine(w.tomato.public_id, "番茄", "500 g", "份", 2, 399, 798, 0, 798, 1, 1, None, 6, None)
    eggs = QuotedLine(w.eggs.public_id, "鲜鸡蛋", "30 枚", "盒", 1, 1590, 1590, 0, 1590, 1, 1, 2, None, None)
    assert quote == Quote(items_fen=2388, discount_fen=0, total_fen=2388, lines=[tomato, eggs])


def test_a_quote_leaves_no_trace() -> None:
    w = world()

    order_quote(shopper=w.shopper, group_id=w.group.public_id, lines=lines(w, tomato=2, eggs=1))

    assert not Order.objects.exists()
    assert not OfferShopper.objects.exists()
    assert not Offer.objects.filter(sold__gt=0).exists()


@pytest.mark.parametrize(
    ("wanted", "more"),
    [
        ({"tomato": 6, "eggs": 1, "dumplings": 4}, {}),
        ({"tomato": 6}, {"expected_fen": 2394}),
        ({"tomato": 6}, {"expected_fen": 1}),
        ({"tomato": 7}, {}),
        ({"tomato": 7, "eggs": 2}, {}),
        ({"eggs": 2}, {}),
        ({"dumplings": 3}, {}),
        ({"tomato": 0}, {}),
        ({}, {}),
    ],
)
def test_placing_says_what_the_quote_said(wanted: dict[str, int], more: dict[str, Any]) -> None:
    w = world()
    # 6 tomatoes are left, and one box of eggs for the shopper.
    place(shopper=w.shopper, group=w.group, quantities={w.tomato: 4, w.eggs: 1})

    quoted = answer(order_quote, w, lines(w, **wanted), **more)

    assert answer(order_place, w, lines(w, **wanted), **more) == quoted


def test_lines_with_the_same_offer_are_added_up() -> None:
    w = world()

    quoted = answer(order_quote, w, [*lines(w, tomato=6), *lines(w, tomato=5)])

    assert quoted[0] == "OfferSoldOut"
    assert answer(order_place, w, [*lines(w, tomato=6), *lines(w, tomato=5)]) == quoted


def test_what_is_not_on_offer_is_missing_in_both() -> None:
    w = world()
    stranger = [LineWanted(offer_id=uuid4(), quantity=1)]

    assert answer(order_quote, w, stranger) == answer(order_place, w, stranger)
    assert answer(order_quote, w, stranger)[0] == "Missing"


def test_at_the_cutoff_and_without_a_leader_both_refuse() -> None:
    w = world()
    PointStaff.objects.filter(point=w.near, role=PointRole.LEADER).update(active=False)
    away = answer(order_quote, w, lines(w, tomato=1))
    PointStaff.objects.update(active=True)
    assert clock.now() < w.campaign.cutoff_at
    stop_clock(at=w.campaign.cutoff_at)

    closed = answer(order_quote, w, lines(w, tomato=1))

    assert (away[0], closed[0]) == ("LeaderAway", "CampaignClosed")
    assert answer(order_place, w, lines(w, tomato=1)) == closed
