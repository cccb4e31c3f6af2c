"""The OpenAPI document is complete, valid, and what the doors really do."""

from io import StringIO

import pytest
from django.core.management import call_command
from pytest_django import DjangoAssertNumQueries

from groupbuy.domain.words import PointKind
from groupbuy.services.campaigns import OfferWanted
from tests.api.callers import Caller
from tests.world import World, open_campaign, place, point


def test_the_document_is_generated_without_a_warning(tmp_path: object, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", f"{tmp_path}/schema.yml", stdout=StringIO())

    assert "Warning" not in capsys.readouterr().err


@pytest.mark.django_db
def test_document_and_page_are_open_and_every_write_names_its_key(visitor: Caller) -> None:
    document = visitor.client.get("/api/v1/schema/?format=json").json()

    assert visitor.client.get("/api/v1/docs/").status_code == 200
    assert document["openapi"] == "3.1.1"
    placing = document["paths"]["/api/v1/orders/"]["post"]
    (key,) = [each for each in placing["parameters"] if each["name"] == "Idempotency-Key"]
    assert (key["in"], key["required"]) == ("header", True)
    for status in ("400", "401", "404", "409", "422"):
        (problem,) = placing["responses"][status]["content"].items()
        assert problem == ("application/problem+json", {"schema": {"$ref": "#/components/schemas/Problem"}})


@pytest.mark.parametrize("orders", [1, 3])
def test_a_shoppers_orders_take_the_same_statements_whatever_their_number(
    world: World, shopper: Caller, orders: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(orders):
        place(shopper=world.shopper, group=world.group, quantities={world.tomato: 1, world.dumplings: 2})

    with django_assert_num_queries(2):
        rows = shopper.get("orders/").json()["results"]

    assert len(rows) == orders


@pytest.mark.parametrize("campaigns", [1, 3])
def test_groups_of_a_leader_take_two_statements_whatever_their_number(
    world: World, leader: Caller, campaigns: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(campaigns - 1):
        wanted = [OfferWanted(sku=world.tomato.sku)]
        open_campaign(warehouse=world.warehouse, points=[world.near], offers=wanted, title=f"团 {n}")

    with django_assert_num_queries(2):
        rows = leader.get("leader/groups/").json()["results"]

    assert len(rows) == campaigns


@pytest.mark.parametrize("points", [1, 3])
def test_points_take_one_statement_whatever_their_number(
    world: World, shopper: Caller, points: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    point(warehouse=world.warehouse, code="HZ0003", name="西溪小店", kind=PointKind.SHOP, position=3)

    with django_assert_num_queries(1):
        rows = shopper.get("points/", page_size=points).json()["results"]

    assert len(rows) == points
