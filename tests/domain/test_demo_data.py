"""The demo world's files agree with one another and with fixtures/README.md."""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from groupbuy.domain.words import BaseUnit, PointKind, Zone

FIXTURES = Path(__file__).parents[2] / "fixtures"
DEMO = FIXTURES / "demo"
CITIES = {"上海市", "成都市", "武汉市"}
BIN_LETTER = {Zone.AMBIENT: "A", Zone.CHILLED: "C", Zone.FROZEN: "F"}


def table(name: str) -> list[dict[str, str]]:
    with (DEMO / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def campaigns() -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = json.loads((DEMO / "campaigns.json").read_text(encoding="utf-8"))
    return loaded


def keys(name: str, column: str = "code") -> set[str]:
    return {row[column] for row in table(name)}


def phones() -> Iterator[str]:
    for name in ("leaders", "shoppers", "suppliers"):
        yield from (row["phone"] for row in table(name))


@pytest.mark.parametrize(
    ("name", "column", "rows"),
    [
        ("communities", "code", 252),
        ("points", "code", 216),
        ("leaders", "username", 146),
        ("warehouses", "code", 3),
        ("categories", "code", 11),
        ("suppliers", "code", 33),
        ("skus", "code", 148),
        ("shoppers", "username", 60),
        ("vehicles", "plate", 21),
        ("grids", "code", 1),
    ],
)
def test_each_table_has_its_rows_and_a_key_that_is_never_repeated(name: str, column: str, rows: int) -> None:
    assert len(table(name)) == rows
    assert len(keys(name, column)) == rows


def test_no_row_of_any_table_has_too_many_or_too_few_cells() -> None:
    for path in sorted(DEMO.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            assert len({len(row) for row in csv.reader(file, strict=True)}) == 1, path.name


@pytest.mark.parametrize(
    ("name", "column", "target", "key"),
    [
        ("points", "community_code", "communities", "code"),
        ("points", "leader", "leaders", "username"),
        ("shoppers", "point", "points", "code"),
        ("suppliers", "category", "categories", "code"),
        ("grids", "warehouse", "warehouses", "code"),
        ("grids", "route_name", "points", "route_name"),
        ("vehicles", "warehouse", "warehouses", "code"),
        ("vehicles", "route_name", "points", "route_name"),
        ("points", "route_name", "vehicles", "route_name"),
        ("skus", "category", "categories", "code"),
        ("skus", "supplier", "suppliers", "code"),
        ("leaders", "username", "points", "leader"),
    ],
)
def test_every_reference_finds_its_row(name: str, column: str, target: str, key: str) -> None:
    assert keys(name, column) <= keys(target, key)


def test_each_city_has_eighty_four_communities_spread_over_seven_districts() -> None:
    rows = table("communities")

    assert Counter(row["city"] for row in rows) == dict.fromkeys(CITIES, 84)
    assert Counter(row["district"] for row in rows).most_common()[-1][1] == 12
    assert len({(row["district"], row["street"]) for row in rows}) == 84


def test_a_community_has_at_most_one_point_and_a_leader_one_or_two_in_his_city() -> None:
    points = table("points")
    city_of = {row["code"]: row["city"] for row in table("communities")}
    leader_city = {row["username"]: row["city"] for row in table("leaders")}

    assert len({point["community_code"] for point in points}) == 216
    assert set(Counter(point["leader"] for point in points).values()) == {1, 2}
    assert all(city_of[point["community_code"]] == leader_city[point["leader"]] for point in points)


def test_each_city_has_leaders_and_points_of_all_four_kinds() -> None:
    kinds = set(PointKind)

    for city in CITIES:
        leaders = [row for row in table("leaders") if row["city"] == city]
        usernames = {row["username"] for row in leaders}
        assert {row["kind"] for row in leaders} == kinds
        assert {row["kind"] for row in table("points") if row["leader"] in usernames} == kinds


def test_a_recommender_is_a_leader_who_was_recommended_by_nobody() -> None:
    recommender_of = {row["username"]: row["recommender"] for row in table("leaders")}
    recommenders = set(recommender_of.values()) - {""}

    assert recommenders
    assert {recommender_of[username] for username in recommenders} == {""}


def test_every_group_meets_the_entry_condition_and_has_the_tier_of_its_size() -> None:
    for row in table("leaders"):
        size = int(row["group_size"])
        assert size >= 50
        assert row["tier"] == ("gold" if size >= 300 else "silver" if size >= 150 else "standard")


def test_the_stops_of_a_route_are_numbered_without_gaps() -> None:
    positions: dict[str, list[int]] = {}
    for point in table("points"):
        positions.setdefault(point["route_name"], []).append(int(point["route_position"]))

    assert len(positions) == 21
    assert all(sorted(stops) == list(range(1, len(stops) + 1)) for stops in positions.values())


def test_points_lie_within_china_and_near_their_citys_other_points() -> None:
    for point in table("points"):
        lng, lat = point["lng"], point["lat"]
        assert re.fullmatch(r"1[012]\d\.\d{6}", lng)
        assert re.fullmatch(r"3[01]\.\d{6}", lat)


def test_no_phone_is_outside_the_made_up_prefix_or_used_twice() -> None:
    numbers = list(phones())

    assert all(re.fullmatch(r"120\d{8}", number) for number in numbers)
    assert len(set(numbers)) == len(numbers) == 239


def test_each_city_has_two_namesakes_at_one_point() -> None:
    twins = Counter((row["city"], row["name"], row["point"]) for row in table("shoppers"))

    assert {city for (city, _, _), count in twins.items() if count == 2} == CITIES


def test_each_category_has_three_suppliers_and_goods_from_all_of_them() -> None:
    assert set(Counter(row["category"] for row in table("suppliers")).values()) == {3}
    assert keys("skus", "supplier") == keys("suppliers")
    category_of = {row["code"]: row["category"] for row in table("suppliers")}
    assert all(category_of[row["supplier"]] == row["category"] for row in table("skus"))


def test_fresh_goods_have_the_shorter_after_sales_window_and_hold() -> None:
    for row in table("categories"):
        hours = (row["after_sales_hours"], row["hold_hours"])
        assert hours == {"fresh": ("24", "24"), "packaged": ("48", "72")}[row["after_sales_class"]]
        assert row["uncollected"] in {"keep", "return", "refund"}


def test_every_barcode_is_an_in_store_ean_13_with_a_valid_check_digit() -> None:
    codes = [row["barcode"] for row in table("skus")]

    assert len(set(codes)) == 148
    for code in codes:
        assert re.fullmatch(r"2\d{12}", code)
        assert sum(int(digit) * (3 if i % 2 else 1) for i, digit in enumerate(code)) % 10 == 0


def test_every_bin_lies_in_the_zone_of_its_goods_and_holds_one_sku() -> None:
    skus = table("skus")

    assert len(keys("skus", "bin")) == 148
    for row in skus:
        assert re.fullmatch(rf"{BIN_LETTER[Zone(row['zone'])]}-\d\d-\d\d", row["bin"])


def test_units_are_whole_and_only_goods_counted_in_grams_are_weighed() -> None:
    for row in table("skus"):
        assert row["base_unit"] in set(BaseUnit)
        assert row["sale_unit"] in {"份", "盒", "袋", "个", "提", "瓶", "500g"}
        assert int(row["base_per_sale"]) >= 1
        assert int(row["case_size"]) >= 1
        assert row["weighed"] in {"true", "false"}
        assert row["base_unit"] == BaseUnit.GRAM or row["weighed"] == "false"
        assert row["base_unit"] == BaseUnit.PIECE or int(row["weight_g"]) > int(row["base_per_sale"])


def test_prices_are_above_cost_by_fifteen_to_thirty_five_percent_and_below_the_list_price() -> None:
    for row in table("skus"):
        cost, price, list_price = (int(row[name]) for name in ("cost_fen", "price_fen", "list_price_fen"))
        assert cost < price < list_price
        assert 1500 <= (price - cost) * 10_000 // price <= 3500


def test_each_city_has_one_campaign_of_each_phase_in_its_own_warehouse() -> None:
    warehouse_of = {row["city"]: row["code"] for row in table("warehouses")}
    phases = {(campaign["city"], campaign["phase"]) for campaign in campaigns()}

    assert phases == {(city, phase) for city in CITIES for phase in ("closing", "pickup", "finished")}
    assert len(campaigns()) == 9
    assert all(campaign["warehouse"] == warehouse_of[campaign["city"]] for campaign in campaigns())


def test_campaign_times_fit_their_phase() -> None:
    for campaign in campaigns():
        opens, cutoff, days = (
            campaign[name] for name in ("opens_offset_minutes", "cutoff_offset_minutes", "delivery_offset_days")
        )
        assert opens < cutoff
        if campaign["phase"] == "closing":
            assert opens < 0 < cutoff <= 30
        else:
            assert cutoff < 0
        assert days in {"closing": {1}, "pickup": {0}, "finished": {-3}}[campaign["phase"]]


def test_offers_sell_known_goods_above_cost_with_some_scarce_some_limited_some_unlimited() -> None:
    skus = {row["code"]: row for row in table("skus")}
    for campaign in campaigns():
        offers = campaign["offers"]
        assert 25 <= len(offers) <= 45
        assert len({offer["sku"] for offer in offers}) == len(offers)
        for offer in offers:
            sku = skus[offer["sku"]]
            assert int(sku["cost_fen"]) < offer["price_fen"] <= int(sku["price_fen"])
        stocks = [offer["stock"] for offer in offers]
        assert None in stocks
        assert min(stock for stock in stocks if stock is not None) in {3, 5, 8}
        assert any(offer["per_shopper"] for offer in offers)
