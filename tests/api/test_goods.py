"""From the wave to the shopper's hands: papers, dispatch, signing, pickup codes."""

import csv
from dataclasses import dataclass
from io import BytesIO, StringIO
from typing import Any
from uuid import uuid4

import pytest
from openpyxl import load_workbook
from pytest_django import DjangoAssertNumQueries

from fulfillment.models import Discrepancy, Pickup, PickupEvent, Stop, Wave
from groupbuy.domain.words import PointRole
from groupbuy.kernel import clock
from groupbuy.models import Order, Warehouse, WarehouseStaff
from groupbuy.services.points import post_grant
from tests.api.callers import Caller, problem
from tests.world import World, build_wave, deliver, person, place_and_pay


@dataclass(frozen=True)
class Delivery:
    """The shopper's 2 tomatoes and 1 box of eggs at 翠苑小店, the neighbour's 3 tomatoes at 古荡驿站, in one wave."""

    order: Order
    neighbours_order: Order
    wave: Wave

    @property
    def pickup(self) -> Pickup:
        return Pickup.objects.get(shopper=self.order.shopper)

    @property
    def stop(self) -> Stop:
        return self.wave.stops.get(point=self.order.point)


@pytest.fixture
def delivery(world: World) -> Delivery:
    return Delivery(
        order=place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 2, world.eggs: 1}),
        neighbours_order=place_and_pay(shopper=world.neighbour, group=world.other_group, quantities={world.tomato: 3}),
        wave=build_wave(campaign=world.campaign),
    )


def goods(caller: Caller) -> tuple[bool, list[tuple[str, int, int, str]]]:
    (pickup,) = caller.get("pickups/").json()["results"]
    return pickup["ready"], [(line["name"], line["due"], line["collected"], line["goods"]) for line in pickup["lines"]]


def test_a_shopper_follows_his_goods_until_he_holds_them(
    world: World, delivery: Delivery, shopper: Caller, leader: Caller
) -> None:
    picking = goods(shopper)
    Caller(world.picker).post(f"warehouse/waves/{delivery.wave.public_id}/dispatch/")
    on_the_way = goods(shopper)
    leader.post(f"leader/stops/{delivery.stop.public_id}/sign/", {})
    arrived = goods(shopper)
    line = delivery.order.lines.get(offer=world.tomato)
    confirm = {"event": str(uuid4()), "lines": [{"line": str(line.public_id), "quantity": 2}]}
    leader.post(f"leader/pickups/{delivery.pickup.public_id}/confirm/", confirm)
    partly = goods(shopper)

    assert picking == (False, [("番茄", 2, 0, "picking"), ("鲜鸡蛋", 1, 0, "picking")])
    assert on_the_way == (False, [("番茄", 2, 0, "on_the_way"), ("鲜鸡蛋", 1, 0, "on_the_way")])
    assert arrived == (True, [("番茄", 2, 0, "arrived"), ("鲜鸡蛋", 1, 0, "arrived")])
    assert partly == (True, [("番茄", 2, 2, "collected"), ("鲜鸡蛋", 1, 0, "arrived")])


def test_only_the_shopper_gets_code_and_token(delivery: Delivery, shopper: Caller, leader: Caller) -> None:
    (own,) = shopper.get("pickups/").json()["results"]
    served = leader.get("leader/pickups/")

    assert (own["code"], own["token"]) == (delivery.pickup.code, delivery.pickup.token)
    assert (len(own["code"]), len(own["token"])) == (6, 32)
    (row,) = served.json()["results"]
    assert row["id"] == own["id"]
    assert (row["shopper"], row["phone"]) == ("林小满", "138****0001")
    assert not {"code", "token"} & row.keys()
    assert own["code"].encode() not in served.content


@pytest.mark.parametrize("secret", ["code", "token"])
def test_the_leader_finds_a_pickup_by_code_or_token(delivery: Delivery, leader: Caller, secret: str) -> None:
    (row,) = leader.get("leader/pickups/", code=getattr(delivery.pickup, secret)).json()["results"]

    assert row["id"] == str(delivery.pickup.public_id)
    assert [(line["name"], line["left"]) for line in row["lines"]] == [("番茄", 2), ("鲜鸡蛋", 1)]


def test_another_points_code_is_as_wrong_as_none_and_both_are_counted(
    delivery: Delivery, leader: Caller, other_leader: Caller
) -> None:
    theirs = other_leader.get("leader/pickups/", code=delivery.pickup.code)
    nobodys = other_leader.get("leader/pickups/", code="abcdef")
    for _ in range(8):
        other_leader.get("leader/pickups/", code="999999x")
    blocked = other_leader.get("leader/pickups/", code="abcdef")

    assert theirs.json() == nobodys.json() == {"next": None, "previous": None, "results": []}
    assert problem(blocked) == (429, "too_many_guesses", None)
    assert blocked.headers["Retry-After"] == "600"
    assert other_leader.get("leader/pickups/").status_code == 200
    assert leader.get("leader/pickups/", code=delivery.pickup.code).status_code == 200


def test_who_works_at_two_points_where_a_code_is_the_same_is_shown_both_and_chooses(
    world: World, delivery: Delivery, leader: Caller
) -> None:
    post_grant(point=world.far, user=world.leader, role=PointRole.HELPER, now=clock.now())
    Pickup.objects.update(code="123456")

    both = leader.get("leader/pickups/", code="123456").json()["results"]
    (one,) = leader.get("leader/pickups/", code="123456", point=str(world.far.public_id)).json()["results"]

    assert {row["point"]["name"] for row in both} == {"翠苑小店", "古荡驿站"}
    assert one["point"]["name"] == "古荡驿站"


def test_right_codes_are_never_too_many(delivery: Delivery, leader: Caller) -> None:
    answers = [leader.get("leader/pickups/", code=delivery.pickup.code) for _ in range(12)]

    assert {len(answer.json()["results"]) for answer in answers} == {1}


def test_the_same_event_hands_out_once(world: World, delivery: Delivery, leader: Caller) -> None:
    deliver(wave=delivery.wave, signers={world.near: world.leader})
    line = delivery.order.lines.get(offer=world.tomato)
    confirm = {"event": str(uuid4()), "lines": [{"line": str(line.public_id), "quantity": 1}]}
    path = f"leader/pickups/{delivery.pickup.public_id}/confirm/"

    first = leader.post(path, confirm, key="phone-0001")
    retried = leader.post(path, confirm, key="phone-0001")
    resent = leader.post(path, confirm, key="phone-0002")

    assert first.status_code == 200
    assert retried.json() == first.json()
    assert resent.json()["at"] == first.json()["at"]
    assert PickupEvent.objects.count() == 1
    line.refresh_from_db()
    assert line.collected == 1


def test_more_than_is_left_is_not_handed_out(world: World, delivery: Delivery, leader: Caller) -> None:
    deliver(wave=delivery.wave, signers={world.near: world.leader})
    line = delivery.order.lines.get(offer=world.tomato)
    twice = [{"line": str(line.public_id), "quantity": 2}, {"line": str(line.public_id), "quantity": 1}]

    answer = leader.post(
        f"leader/pickups/{delivery.pickup.public_id}/confirm/", {"event": str(uuid4()), "lines": twice}
    )

    assert problem(answer) == (409, "nothing_left_to_collect", None)
    assert not PickupEvent.objects.exists()


def test_nothing_is_handed_out_before_the_delivery_is_signed(delivery: Delivery, leader: Caller) -> None:
    line = delivery.order.lines.first()
    assert line is not None
    confirm = {"event": str(uuid4()), "lines": [{"line": str(line.public_id), "quantity": 1}]}

    answer = leader.post(f"leader/pickups/{delivery.pickup.public_id}/confirm/", confirm)

    assert problem(answer) == (409, "not_arrived", None)


def test_a_leader_reads_what_will_arrive_and_signs_with_differences(
    world: World, delivery: Delivery, leader: Caller
) -> None:
    deliver(wave=delivery.wave, signers={})
    before = leader.get(f"leader/stops/{delivery.stop.public_id}/").json()
    counted = [{"sku": "EGGS", "kind": "broken", "quantity": 1, "note": "压碎"}]

    after = leader.post(f"leader/stops/{delivery.stop.public_id}/sign/", {"counted": counted}).json()

    assert before["state"] == "on_the_way"
    assert before["lines"] == [
        {"sku": "TOMATO", "name": "番茄", "spec": "500 g", "unit": "份", "quantity": 2},
        {"sku": "EGGS", "name": "鲜鸡蛋", "spec": "30 枚", "unit": "盒", "quantity": 1},
    ]
    assert after["state"] == "signed"
    assert after["discrepancies"] == [{"sku": "EGGS", "kind": "broken", "expected": 1, "quantity": 1, "note": "压碎"}]


def test_a_wrong_count_signs_nothing(delivery: Delivery, leader: Caller) -> None:
    deliver(wave=delivery.wave, signers={})
    path = f"leader/stops/{delivery.stop.public_id}/sign/"

    def sign(**row: Any) -> Any:
        return leader.post(path, {"counted": [{"sku": "EGGS", "kind": "short", "quantity": 1} | row]})

    assert problem(sign(sku="NOSUCH")) == (400, "count_wrong", "counted")
    assert problem(sign(quantity=2)) == (400, "count_wrong", "counted")
    assert problem(sign(kind="lost")) == (400, "invalid_choice", "counted.0.kind")
    assert problem(sign(quantity=0)) == (400, "min_value", "counted.0.quantity")
    assert not Discrepancy.objects.exists()
    assert delivery.stop.state == "on_the_way"


def test_another_leaders_delivery_and_pickup_are_missing_ones(delivery: Delivery, other_leader: Caller) -> None:
    stop, pickup, nobodys = delivery.stop.public_id, delivery.pickup.public_id, uuid4()
    confirm = {"event": str(uuid4()), "lines": [{"line": str(uuid4()), "quantity": 1}]}
    pairs = [
        (other_leader.get(f"leader/stops/{stop}/"), other_leader.get(f"leader/stops/{nobodys}/")),
        (other_leader.post(f"leader/stops/{stop}/sign/", {}), other_leader.post(f"leader/stops/{nobodys}/sign/", {})),
        (
            other_leader.post(f"leader/pickups/{pickup}/confirm/", confirm),
            other_leader.post(f"leader/pickups/{nobodys}/confirm/", confirm),
        ),
    ]

    for theirs, missing in pairs:
        assert problem(theirs) == (404, "not_found", None)
        assert theirs.content == missing.content
    assert [row["point"] for row in other_leader.get("leader/stops/").json()["results"]] == ["古荡驿站"]


def test_the_warehouse_sees_its_wave_with_totals_and_stops(world: World, delivery: Delivery, picker: Caller) -> None:
    (row,) = picker.get(
        "warehouse/waves/", state="built", delivery_date_after=str(world.campaign.delivery_date)
    ).json()["results"]
    detail = picker.get(f"warehouse/waves/{row['id']}/").json()

    assert (row["warehouse"], row["number"], row["state"], row["paper_version"]) == ("WH1", 1, "built", 1)
    assert row["totals"] == {"points": 2, "skus": 2, "pieces": 6, "signed": 0}
    assert [(stop["position"], stop["point"], stop["state"]) for stop in detail["stops"]] == [
        (1, "翠苑小店", "planned"),
        (2, "古荡驿站", "planned"),
    ]
    assert [(stop["grid"], stop["grid_position"]) for stop in detail["stops"]] == [("", None), ("", None)]
    assert [(issue["version"], issue["reason"]) for issue in detail["issues"]] == [(1, "")]
    assert detail["void_reason"] == ""


def test_a_wave_is_dispatched_once(delivery: Delivery, picker: Caller) -> None:
    path = f"warehouse/waves/{delivery.wave.public_id}/dispatch/"

    first = picker.post(path)
    again = picker.post(path)

    assert (first.status_code, first.json()["state"]) == (200, "dispatched")
    assert problem(again) == (409, "state_conflict", None)


def test_another_warehouses_wave_is_a_missing_one(delivery: Delivery) -> None:
    other = Warehouse.objects.create(code="WH2", name="萧山仓", city="杭州市", address="市心路 1 号")
    stranger = person(name="别仓", phone="13800000031")
    WarehouseStaff.objects.create(warehouse=other, user=stranger)
    caller = Caller(stranger)
    path = f"warehouse/waves/{delivery.wave.public_id}"

    assert caller.get("warehouse/waves/").json()["results"] == []
    assert problem(caller.get(f"{path}/")) == (404, "not_found", None)
    assert problem(caller.get(f"{path}/papers/pick/")) == (404, "not_found", None)
    assert problem(caller.post(f"{path}/dispatch/")) == (404, "not_found", None)


def test_staff_who_may_only_look_cannot_dispatch(delivery: Delivery, staff: Caller, world: World) -> None:
    world.staff.user_permissions.remove(*world.staff.user_permissions.filter(codename="change_wave"))
    caller = Caller(type(world.staff).objects.get(pk=world.staff.pk))

    assert caller.get(f"warehouse/waves/{delivery.wave.public_id}/").status_code == 200
    answer = caller.post(f"warehouse/waves/{delivery.wave.public_id}/dispatch/")
    assert problem(answer) == (403, "permission_denied", None)


def test_papers_come_as_csv_xlsx_and_pdf(world: World, delivery: Delivery, picker: Caller) -> None:
    path = f"warehouse/waves/{delivery.wave.public_id}/papers/sort/"
    table = picker.get(path, **{"as": "csv"})
    sheet = picker.get(path)
    page = picker.client.get(f"/api/v1/{path}?as=pdf", headers={"Accept": "application/pdf"})

    rows = list(csv.DictReader(StringIO(table.content.decode("utf-8-sig"))))
    assert [(row["sku"], row["position"], row["quantity"]) for row in rows] == [
        ("TOMATO", "1", "2"),
        ("TOMATO", "2", "3"),
        ("EGGS", "1", "1"),
    ]
    assert load_workbook(BytesIO(sheet.content)).active is not None
    day = world.campaign.delivery_date
    assert sheet.headers["Content-Disposition"] == f'attachment; filename="sort-{day}-WH1-{day:%m%d}-1-v1.xlsx"'
    assert page.headers["Content-Type"] == "application/pdf"
    assert page.content[:5] == b"%PDF-"
    assert picker.get(path).content == sheet.content


def test_a_paper_that_does_not_exist_is_missing_and_a_bad_wish_refused(delivery: Delivery, picker: Caller) -> None:
    path = f"warehouse/waves/{delivery.wave.public_id}/papers"

    assert problem(picker.get(f"{path}/poem/")) == (404, "paper_missing", None)
    assert problem(picker.get(f"{path}/pick/", version=2)) == (404, "paper_missing", None)
    assert problem(picker.get(f"{path}/pick/", **{"as": "docx"})) == (400, "invalid_choice", "as")
    assert problem(picker.get(f"{path}/pick/", format="xlsx")) == (400, "unknown_field", "format")


@pytest.mark.parametrize("shoppers", [1, 3])
def test_pickups_take_the_same_statements_whatever_their_number(
    world: World, leader: Caller, shoppers: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(shoppers):
        place_and_pay(
            shopper=person(name=f"顾客{n}", phone=f"1390000000{n}"), group=world.group, quantities={world.tomato: 1}
        )
    build_wave(campaign=world.campaign)

    with django_assert_num_queries(3):  # may he, pickups, their lines with their stops
        rows = leader.get("leader/pickups/").json()["results"]

    assert len(rows) == shoppers


def test_without_the_cache_nobody_may_guess_a_code(delivery: Delivery, leader: Caller, settings: Any) -> None:
    backend = "django.core.cache.backends.redis.RedisCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": "redis://127.0.0.1:1/0"}}

    assert problem(leader.get("leader/pickups/", code=delivery.pickup.code)) == (503, "unavailable", None)
    assert len(leader.get("leader/pickups/").json()["results"]) == 1
