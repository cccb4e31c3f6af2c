"""A leader orders for a neighbour through the API."""

from typing import Any

import pytest

from groupbuy.models import Order, User
from groupbuy.services.accounts import account_for_phone
from tests.api.callers import Caller, problem
from tests.world import World


def body(world: World, **changes: Any) -> dict[str, Any]:
    return {
        "neighbour": {"phone": "139 0000 0001", "name": "钱阿婆", "room": "2-1-101"},
        "lines": [{"offer": str(world.tomato.public_id), "quantity": 2}],
        "pay": "link",
        "expected_fen": 798,
        **changes,
    }


def path(world: World) -> str:
    return f"leader/groups/{world.group.public_id}/orders/"


def test_the_answer_holds_what_the_leader_gave_and_a_link_to_pay(world: World, leader: Caller) -> None:
    answer = leader.post(path(world), body(world))

    order = answer.json()
    assert answer.status_code == 201
    assert (order["receiver_name"], order["receiver_phone"], order["room"]) == ("钱阿婆", "139****0001", "2-1-101")
    assert (order["state"], order["total_fen"]) == ("placed", 798)
    assert order["pay_url"].startswith("http")
    assert "/pay/" in order["pay_url"]
    assert "13900000001" not in answer.content.decode()


def test_an_account_that_exists_answers_just_as_one_that_does_not(world: World, leader: Caller) -> None:
    def shape(phone: str) -> tuple[int, dict[str, Any]]:
        answer = leader.post(path(world), body(world, neighbour={"phone": phone, "name": "钱阿婆"}))
        own = {"id", "number", "placed_at", "pay_by", "pay_url", "receiver_phone"}
        return answer.status_code, {name: value for name, value in answer.json().items() if name not in own}

    assert shape("13800000002") == shape("13900000001")


def test_one_neighbour_too_many_a_day_is_a_clear_409(world: World, leader: Caller, settings: Any) -> None:
    settings.GROUPBUY_NEIGHBOURS_PER_DAY = 1
    leader.post(path(world), body(world))

    answer = leader.post(path(world), body(world, neighbour={"phone": "13900000002", "name": "孙"}))

    assert problem(answer) == (409, "too_many_neighbours", "phone")
    assert answer.json()["most"] == 1


def test_a_retry_with_the_same_key_orders_once(world: World, leader: Caller) -> None:
    first = leader.post(path(world), body(world), key="neighbour-1")
    second = leader.post(path(world), body(world), key="neighbour-1")

    assert first.json() == second.json()
    assert Order.objects.count() == 1


def test_the_leader_who_pays_goes_on_as_with_an_order_of_his_own(world: World, leader: Caller) -> None:
    order = leader.post(path(world), body(world, pay="leader")).json()

    assert leader.get(f"orders/{order['id']}/").status_code == 200
    assert Order.objects.get().payer == world.leader


def test_whoever_pays_by_the_link_sees_neither_name_nor_room_and_cannot_cancel(
    world: World, leader: Caller, shopper: Caller
) -> None:
    order = leader.post(path(world), body(world)).json()
    Order.objects.update(payer=world.shopper)

    assert shopper.get("orders/").json()["results"] == []
    assert shopper.get(f"orders/{order['id']}/").status_code == 404
    assert shopper.post(f"orders/{order['id']}/cancel/", {}).status_code == 404


def test_the_neighbour_finds_the_order_when_he_logs_in(world: World, leader: Caller, visitor: Caller) -> None:
    order = leader.post(path(world), body(world)).json()

    login = visitor.post("auth/token/", {"phone": "13900000001", "code": "246810"})
    neighbour = Caller(account_for_phone(phone="13900000001"))

    assert login.status_code == 201
    assert [each["id"] for each in neighbour.get("orders/").json()["results"]] == [order["id"]]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"expected_fen": 1}, (409, "price_changed", "expected_fen")),
        ({"neighbour": {"phone": "12345", "name": "x"}}, (400, "phone_invalid", "phone")),
    ],
)
def test_a_refusal_leaves_neither_order_nor_account(
    world: World, leader: Caller, changes: dict[str, Any], refusal: tuple[int, str, str]
) -> None:
    assert problem(leader.post(path(world), body(world, **changes))) == refusal
    assert not Order.objects.exists()
    assert not User.objects.with_phone("13900000001").exists()
