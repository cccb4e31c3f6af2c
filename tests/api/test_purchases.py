"""Purchase orders at the warehouse's door: counted by its people, their costs only for staff with the right to them."""

import json
from typing import Any
from uuid import uuid4

import pytest

from fulfillment import exports
from fulfillment.models import PurchaseLine, PurchaseOrder, Shortage, Wave
from groupbuy.models import User, WarehouseStaff
from tests.api.callers import Caller, problem
from tests.world import World, build_wave, place_and_pay


def bought(world: World) -> Wave:
    place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 3})
    return build_wave(campaign=world.campaign)


def test_a_picker_gets_every_paper_but_the_one_with_costs(world: World, picker: Caller, staff: Caller) -> None:
    papers = f"warehouse/waves/{bought(world).public_id}/papers"

    assert problem(picker.get(f"{papers}/purchase/")) == (403, "forbidden", None)
    assert picker.get(f"{papers}/pick/").status_code == 200
    assert staff.get(f"{papers}/purchase/").status_code == 200


def test_one_suppliers_paper_is_a_file_of_his_own(world: World, staff: Caller) -> None:
    papers = f"warehouse/waves/{bought(world).public_id}/papers"

    answer = staff.get(f"{papers}/purchase/", **{"as": "csv", "supplier": "S1"})

    assert answer.status_code == 200
    assert "-S1-v1.csv" in answer.headers["Content-Disposition"]
    assert problem(staff.get(f"{papers}/purchase/", supplier="S2")) == (404, "paper_missing", None)
    assert problem(staff.get(f"{papers}/pick/", supplier="S1")) == (404, "paper_missing", None)


def test_one_suppliers_paper_is_his_alone_however_long(
    world: World, staff: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(exports.MOST_AT_ONCE, "csv", 0)
    papers = f"warehouse/waves/{bought(world).public_id}/papers"

    answer = staff.get(f"{papers}/purchase/", **{"as": "csv", "supplier": "S1"})

    assert answer.status_code == 200
    assert "-S1-v1.csv" in answer.headers["Content-Disposition"]
    assert staff.get(f"{papers}/purchase/", **{"as": "csv"}).status_code == 202


def order_path(world: World) -> str:
    """Buy a case of six tomatoes for three."""
    bought(world)
    return f"warehouse/purchases/{PurchaseOrder.objects.get().public_id}"


def count(pieces: int, damaged: int = 0, *, edition: int = 0) -> dict[str, Any]:
    line = {"line": str(PurchaseLine.objects.get().public_id), "counted": pieces, "damaged": damaged}
    return {"uuid": str(uuid4()), "edition": edition, "lines": [line], "note": "第一车"}


def test_an_order_is_counted_undone_and_closed_without_a_word_of_costs(world: World, picker: Caller) -> None:
    path = order_path(world)
    before = picker.get(f"{path}/").json()
    assert (before["supplier"], before["state"], before["edition"]) == ("杭州农场", "issued", 0)
    assert (before["expected"], before["arrived"], before["short"][0]["pieces"]) == (6, 0, 3)
    assert "fen" not in json.dumps(before)

    first = picker.post(f"{path}/receipts/", count(3, 1))
    assert first.status_code == 201
    assert [(row["sku"], row["arrived"], row["damaged"]) for row in first.json()["lines"]] == [("TOMATO", 3, 1)]
    undone = picker.post(f"{path}/receipts/{first.json()['receipts'][0]['uuid']}/undo/", {"edition": 1})
    assert (undone.json()["arrived"], undone.json()["edition"]) == (0, 2)
    picker.post(f"{path}/receipts/", count(2, edition=2))
    closed = picker.post(f"{path}/close/", {"edition": 3})

    assert (closed.json()["state"], closed.json()["missing"], closed.json()["short"]) == ("received", 1, [])
    assert Shortage.objects.get().pieces == 1
    assert problem(picker.post(f"{path}/close/", {"edition": 3})) == (409, "purchase_closed", None)


def test_a_count_against_an_old_look_is_refused(world: World, picker: Caller) -> None:
    path = order_path(world)
    picker.post(f"{path}/receipts/", count(3))

    assert problem(picker.post(f"{path}/receipts/", count(3))) == (409, "counted_meanwhile", None)
    assert problem(picker.post(f"{path}/close/", {"edition": 0})) == (409, "counted_meanwhile", None)


@pytest.mark.parametrize(
    ("change", "code", "attr"),
    [
        ({"lines": []}, "empty", "lines.non_field_errors"),
        ({"lines": [{"line": str(uuid4()), "counted": 1}]}, "count_wrong", "lines"),
        ({"edition": -1}, "min_value", "edition"),
        ({"uuid": "x"}, "invalid", "uuid"),
        ({"cost_fen": 1}, "unknown_field", "cost_fen"),
    ],
)
def test_a_malformed_count_is_refused(
    world: World, picker: Caller, change: dict[str, Any], code: str, attr: str
) -> None:
    path = order_path(world)

    assert problem(picker.post(f"{path}/receipts/", count(3) | change)) == (400, code, attr)


def test_one_line_twice_in_a_count_and_more_damaged_than_counted_are_refused(world: World, picker: Caller) -> None:
    path = order_path(world)
    twice = count(3)
    twice["lines"] *= 2

    assert problem(picker.post(f"{path}/receipts/", twice)) == (400, "count_wrong", "lines")
    assert problem(picker.post(f"{path}/receipts/", count(1, 2))) == (400, "count_wrong", "lines")


def test_another_warehouses_picker_sees_nothing_of_it(world: World, picker: Caller) -> None:
    path = order_path(world)
    WarehouseStaff.objects.update(active=False)
    other = type(world.warehouse).objects.create(code="WH2", name="宁波仓", city="宁波市", address="")
    WarehouseStaff.objects.create(warehouse=other, user=world.picker)
    caller = Caller(User.objects.get(pk=world.picker.pk))

    assert problem(caller.get(f"{path}/")) == (404, "not_found", None)
    assert problem(caller.post(f"{path}/receipts/", count(3))) == (404, "not_found", None)
    assert caller.get("warehouse/purchases/").json()["results"] == []


def test_staff_who_may_only_look_cannot_count(world: World, staff: Caller) -> None:
    path = order_path(world)
    world.staff.user_permissions.remove(*world.staff.user_permissions.filter(codename="change_purchaseorder"))
    caller = Caller(User.objects.get(pk=world.staff.pk))

    assert caller.get(f"{path}/").status_code == 200
    assert problem(caller.post(f"{path}/receipts/", count(3))) == (403, "permission_denied", None)


def test_the_list_is_filtered_and_takes_a_fixed_number_of_statements(
    world: World, picker: Caller, django_assert_max_num_queries: Any
) -> None:
    order_path(world)

    with django_assert_max_num_queries(6):
        found = picker.get("warehouse/purchases/", supplier="S1", state="issued").json()["results"]

    assert [(row["number"][-5:], row["expected"], row["arrived"]) for row in found] == [("-1-S1", 6, 0)]
    assert picker.get("warehouse/purchases/", state="received").json()["results"] == []
