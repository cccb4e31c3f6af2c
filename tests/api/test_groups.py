"""What a share link shows, what a group offers, which points are near."""

import datetime as dt
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from groupbuy.domain.prices import PriceStep
from groupbuy.domain.words import PointKind, Zone
from groupbuy.kernel import clock
from groupbuy.models import Campaign, Offer, PickupPoint
from groupbuy.services.campaigns import OfferWanted, campaign_create, groups_add
from groupbuy.services.offer_prices import price_steps_replace
from tests.api.callers import Caller, problem
from tests.world import HOUR, World, close_and_freeze, open_campaign, place, point, sku


def test_a_share_code_shows_the_open_group_to_anybody(world: World, visitor: Caller) -> None:
    body = visitor.get(f"groups/by-code/{world.share_code.code}/").json()

    assert (body["code"], body["leader"], body["point"]["name"]) == (world.share_code.code, "陈团长", "翠苑小店")
    assert body["closed"] == []
    (group,) = body["open"]
    assert group["id"] == str(world.group.public_id)
    assert group["open"] is True
    assert group["campaign"]["title"] == "周末鲜食团"
    cutoff = dt.datetime.fromisoformat(group["campaign"]["cutoff_at"])
    assert cutoff == world.campaign.cutoff_at
    assert dt.datetime.fromisoformat(group["server_now"]) < cutoff
    assert group["point"]["community"]["name"] == "翠苑小店社区"


def test_a_closed_group_moves_to_the_closed_ones_and_is_gone_after_three_days(world: World, visitor: Caller) -> None:
    close_and_freeze(campaign=world.campaign)
    just_closed = visitor.get(f"groups/by-code/{world.share_code.code}/").json()
    Campaign.objects.update(
        cutoff_at=clock.now() - dt.timedelta(days=3, seconds=1), opens_at=clock.now() - dt.timedelta(days=4)
    )
    later = visitor.get(f"groups/by-code/{world.share_code.code}/").json()

    assert just_closed["open"] == []
    assert [group["open"] for group in just_closed["closed"]] == [False]
    assert (later["open"], later["closed"]) == ([], [])


def test_an_unknown_share_code_is_missing(visitor: Caller) -> None:
    assert problem(visitor.get("groups/by-code/NOSUCH00/")) == (404, "not_found", None)


def test_a_draft_is_shown_to_nobody(world: World, leader: Caller) -> None:
    now = clock.now()
    draft = campaign_create(
        title="草稿",
        warehouse=world.warehouse,
        opens_at=now,
        cutoff_at=now + HOUR,
        delivery_date=now.date(),
        actor=None,
    )
    groups_add(campaign=draft, point_ids=[world.near.pk])
    group = draft.groups.get()

    assert problem(leader.get(f"groups/{group.public_id}/")) == (404, "not_found", None)
    assert problem(leader.get(f"groups/{group.public_id}/offers/")) == (404, "not_found", None)
    shelf = leader.get(f"groups/by-code/{world.share_code.code}/").json()
    assert [each["campaign"]["title"] for each in shelf["open"]] == ["周末鲜食团"]


def test_offers_show_price_stock_and_limits_but_not_cost_or_rate(world: World, visitor: Caller) -> None:
    place(shopper=world.shopper, group=world.group, quantities={world.tomato: 3})

    tomato, eggs, dumplings = visitor.get(f"groups/{world.group.public_id}/offers/").json()["results"]

    assert tomato == {
        "id": str(world.tomato.public_id),
        "name": "番茄",
        "spec": "500 g",
        "unit": "份",
        "category": "食品",
        "zone": "ambient",
        "weighed": False,
        "price_fen": 399,
        "next_price": None,
        "list_price_fen": 599,
        "stock": 10,
        "left": 7,
        "per_shopper": None,
        "per_community": None,
        "community_left": None,
        "minimum": 1,
        "step": 1,
        "minimum_total": 0,
        "withdrawn_at": None,
    }
    assert (eggs["left"], eggs["per_shopper"]) == (None, 2)
    assert (dumplings["minimum"], dumplings["step"], dumplings["zone"]) == (2, 2, "frozen")


def test_an_offer_shows_its_price_now_and_the_next_one(world: World, visitor: Caller) -> None:
    now = clock.now()
    steps = [PriceStep(now - HOUR, 350), PriceStep(now + HOUR, 250), PriceStep(now + 2 * HOUR, 150)]
    price_steps_replace({world.tomato.pk: steps})

    tomato, eggs, _ = visitor.get(f"groups/{world.group.public_id}/offers/").json()["results"]

    assert (tomato["price_fen"], tomato["next_price"]["fen"]) == (350, 250)
    assert dt.datetime.fromisoformat(tomato["next_price"]["at"]) == now + HOUR
    assert (eggs["price_fen"], eggs["next_price"]) == (1590, None)


def test_an_offer_with_a_cap_says_what_is_left_for_this_community(world: World, visitor: Caller) -> None:
    Offer.objects.filter(pk=world.tomato.pk).update(per_community=3)
    place(shopper=world.shopper, group=world.group, quantities={world.tomato: 2})

    here, there = (
        visitor.get(f"groups/{group.public_id}/offers/").json()["results"][0]
        for group in (world.group, world.other_group)
    )

    assert (here["per_community"], here["community_left"], here["left"]) == (3, 1, 8)
    assert (there["per_community"], there["community_left"], there["left"]) == (3, 3, 8)


@pytest.mark.parametrize("offers", [1, 3])
def test_offers_take_four_statements_whatever_their_number(
    world: World, visitor: Caller, offers: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    cards = [
        sku(code=f"X{n}", name="橙", spec="1 kg", unit="袋", zone=Zone.AMBIENT, list_fen=900) for n in range(offers)
    ]
    campaign = open_campaign(
        warehouse=world.warehouse, points=[world.near], offers=[OfferWanted(sku=card) for card in cards]
    )
    group = campaign.groups.get()

    with django_assert_num_queries(4):
        rows = visitor.get(f"groups/{group.public_id}/offers/").json()["results"]

    assert len(rows) == offers


def test_points_are_found_by_city_community_and_words(world: World, shopper: Caller) -> None:
    def names(**query: Any) -> list[str]:
        return [row["name"] for row in shopper.get("points/", **query).json()["results"]]

    assert names() == ["古荡驿站", "翠苑小店"]
    assert names(city="杭州市", q="翠苑小") == ["翠苑小店"]
    assert names(community=world.far.community.code) == ["古荡驿站"]
    assert names(city="上海市") == []


def test_the_nearest_point_comes_first_with_its_distance(world: World, shopper: Caller) -> None:
    """翠苑小店 lies at 120.11 E, 30.28 N and 古荡驿站 0.01 degrees east of it: 0.01° x 111 195 m x cos 30.28° = 960 m."""
    rows = shopper.get("points/", lng="120.11", lat="30.28").json()["results"]

    assert [(row["name"], row["distance_m"]) for row in rows] == [("翠苑小店", 0), ("古荡驿站", 960)]
    assert shopper.get("points/").json()["results"][0]["distance_m"] is None


def test_nearest_points_come_page_by_page(world: World, shopper: Caller) -> None:
    point(warehouse=world.warehouse, code="HZ0003", name="西溪小店", kind=PointKind.SHOP, position=3)
    PickupPoint.objects.filter(code="HZ0002").update(active=False)

    first = shopper.get("points/", lng="120.11", lat="30.28", page_size=1).json()
    second = shopper.client.get(first["next"]).json()

    assert [row["name"] for row in first["results"] + second["results"]] == ["翠苑小店", "西溪小店"]
    assert second["next"] is None


@pytest.mark.parametrize("query", [{"lng": "181", "lat": "30"}, {"lng": "x", "lat": "30"}, {"lng": "NaN", "lat": "1"}])
def test_a_place_that_is_not_on_earth_is_refused(world: World, shopper: Caller, query: dict[str, str]) -> None:
    assert problem(shopper.get("points/", **query))[::2] == (400, "lng")


def test_half_a_place_is_no_place(world: World, shopper: Caller) -> None:
    assert shopper.get("points/", lng="120").json()["results"][0]["distance_m"] is None
    assert shopper.get("points/", lng="120", lat="").json()["results"][0]["distance_m"] is None
