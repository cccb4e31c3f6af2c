"""A cap per community (社区限量): counted for the community of the point, over all of its shoppers and groups."""

import pytest

from groupbuy.models import Offer, OfferCommunity
from groupbuy.services.order_amend import order_amend
from groupbuy.services.order_quote import order_quote
from groupbuy.services.order_terms import LineWanted
from groupbuy.services.orders import CommunityLimitReached, OfferSoldOut, order_cancel, order_place
from tests.books import assert_books
from tests.world import World, place, place_and_pay, world

pytestmark = pytest.mark.django_db


def capped() -> World:
    """Three tomatoes for each community."""
    w = world()
    Offer.objects.filter(pk=w.tomato.pk).update(per_community=3)
    return w


def held(w: World) -> dict[str, int]:
    return dict(OfferCommunity.objects.filter(offer=w.tomato).values_list("community__name", "quantity"))


def test_a_community_has_its_cap_and_no_more_whoever_orders() -> None:
    w = capped()
    place(shopper=w.shopper, group=w.group, quantities={w.tomato: 2})

    with pytest.raises(CommunityLimitReached) as refusal:
        place(shopper=w.neighbour, group=w.group, quantities={w.tomato: 2, w.eggs: 1})

    assert refusal.value.facts == {"left": {str(w.tomato.public_id): 1}}
    assert (refusal.value.code, refusal.value.detail) == ("community_limit_reached", "番茄 超过每小区限量。")
    place(shopper=w.neighbour, group=w.group, quantities={w.tomato: 1})
    place(shopper=w.neighbour, group=w.other_group, quantities={w.tomato: 3})
    assert held(w) == {"翠苑小店社区": 3, "古荡驿站社区": 3}
    assert_books()


def test_the_first_order_alone_cannot_pass_the_cap() -> None:
    w = capped()

    with pytest.raises(CommunityLimitReached) as refusal:
        place(shopper=w.shopper, group=w.group, quantities={w.tomato: 4})

    assert refusal.value.facts == {"left": {str(w.tomato.public_id): 3}}
    assert held(w) == {}


def test_pieces_of_ended_and_amended_orders_can_be_had_again() -> None:
    w = capped()
    ended = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    amended = place_and_pay(shopper=w.neighbour, group=w.group, quantities={w.tomato: 2})

    order_cancel(order=ended, actor=w.shopper)
    order_amend(order=amended, keep={amended.lines.get().public_id: 1}, actor=w.neighbour)

    assert held(w) == {"翠苑小店社区": 1}
    place(shopper=w.shopper, group=w.group, quantities={w.tomato: 2})
    assert_books()


def test_pieces_go_back_to_the_community_that_had_them_though_the_point_has_another_now() -> None:
    w = capped()
    order = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 2})
    w.near.community = w.far.community
    w.near.save(update_fields=["community"])

    order_cancel(order=order, actor=w.shopper)

    assert held(w) == {"翠苑小店社区": 0}
    assert_books()


def test_the_stock_ends_before_the_cap() -> None:
    w = capped()
    Offer.objects.filter(pk=w.tomato.pk).update(stock=2)

    with pytest.raises(OfferSoldOut):
        place(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})

    assert held(w) == {}


@pytest.mark.parametrize("quantity", [1, 2])
def test_a_quote_says_what_the_order_says_and_what_is_left(quantity: int) -> None:
    w = capped()
    place(shopper=w.neighbour, group=w.group, quantities={w.tomato: 2})
    wanted = [LineWanted(w.tomato.public_id, quantity), LineWanted(w.eggs.public_id, 1)]

    if quantity == 1:
        quote = order_quote(shopper=w.shopper, group_id=w.group.public_id, lines=wanted)
        assert [line.community_left for line in quote.lines] == [1, None]
        return
    with pytest.raises(CommunityLimitReached) as quoted:
        order_quote(shopper=w.shopper, group_id=w.group.public_id, lines=wanted)
    with pytest.raises(CommunityLimitReached) as placed:
        order_place(shopper=w.shopper, group_id=w.group.public_id, lines=wanted)
    assert quoted.value.facts == placed.value.facts == {"left": {str(w.tomato.public_id): 1}}
