"""Applying, review, and what a leader works with: today, groups, orders, earnings."""

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from groupbuy.kernel import clock
from groupbuy.models import Message, ShareCode
from groupbuy.services.outbox import relay
from leaders.models import CommissionEntry, Leader, LeaderApplication
from tests.api.callers import Caller, problem
from tests.world import World, person, place, place_and_pay


def filled(world: World, **changes: Any) -> dict[str, Any]:
    inviter = Leader.objects.get(user=world.leader)
    return {
        "name": "林小满",
        "phone": "138 0000 0001",
        "kind": "shop",
        "community": world.near.community.code,
        "point_name": "小满便利店",
        "address": "文二路 8 号",
        "opening_hours": "07:00-22:00",
        "room_m2": 20,
        "freezer": True,
        "group_size": 120,
        "invite_code": inviter.invite_code,
    } | changes


def test_an_applicant_becomes_a_leader_with_a_point_and_a_share_code(
    world: World, shopper: Caller, staff: Caller
) -> None:
    application = shopper.post("leader-applications/", filled(world))
    (waiting,) = staff.get("review/applications/", state="submitted").json()["results"]

    approved = staff.post(f"review/applications/{waiting['id']}/approve/", {})

    assert application.status_code == 201
    assert (application.json()["state"], application.json()["phone"]) == ("submitted", "138****0001")
    assert approved.json()["state"] == "approved"
    assert [post["name"] for post in shopper.get("me/").json()["points"]] == ["小满便利店"]
    assert ShareCode.objects.filter(leader=world.shopper).count() == 1
    assert shopper.get("leader-applications/").json()["results"][0]["state"] == "approved"


def test_a_rejected_applicant_reads_why_and_hands_in_again(world: World, shopper: Caller, staff: Caller) -> None:
    number = shopper.post("leader-applications/", filled(world)).json()["id"]
    rejected = staff.post(f"review/applications/{number}/reject/", {"reason": "地址不完整"})
    again = shopper.post("leader-applications/", filled(world, address="文二路 8 号 1 楼"))
    relay()

    assert (rejected.json()["state"], rejected.json()["reason"]) == ("rejected", "地址不完整")
    assert (again.status_code, again.json()["state"], again.json()["id"]) == (201, "resubmitted", number)
    assert "地址不完整" in Message.objects.get(person=world.shopper).body


def test_entry_conditions_and_bad_fields_are_refused(world: World, shopper: Caller) -> None:
    def apply(**changes: Any) -> tuple[int, str, str | None]:
        return problem(shopper.post("leader-applications/", filled(world, **changes)))

    assert apply(group_size=49) == (400, "group_too_small", "group_size")
    assert apply(invite_code="NOSUCH") == (400, "invite_code_wrong", "invite_code")
    assert apply(community="000000000000") == (400, "does_not_exist", "community")
    assert apply(phone="123") == (400, "phone_invalid", "phone")
    assert apply(kind="palace") == (400, "invalid_choice", "kind")
    assert apply(state="approved") == (400, "unknown_field", "state")
    assert not LeaderApplication.objects.exists()


def test_a_decided_application_is_not_decided_again(world: World, shopper: Caller, staff: Caller) -> None:
    number = shopper.post("leader-applications/", filled(world)).json()["id"]
    staff.post(f"review/applications/{number}/approve/", {})

    again = staff.post(f"review/applications/{number}/approve/", {})
    rejected = staff.post(f"review/applications/{number}/reject/", {"reason": "x"})

    assert problem(again) == (409, "state_conflict", None)
    assert problem(rejected) == (409, "state_conflict", None)


def test_nobody_sees_anothers_application(world: World, shopper: Caller, neighbour: Caller) -> None:
    shopper.post("leader-applications/", filled(world))

    assert neighbour.get("leader-applications/").json()["results"] == []
    assert problem(neighbour.get("review/applications/")) == (403, "permission_denied", None)


def test_today_shows_groups_orders_and_earnings(world: World, leader: Caller) -> None:
    place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 2})
    place(shopper=world.neighbour, group=world.group, quantities={world.tomato: 1})

    body = leader.get("leader/today/").json()

    (group,) = body["groups"]
    assert {name: group[name] for name in ("title", "point", "orders", "unpaid", "pieces", "amount_fen")} == {
        "title": "周末鲜食团",
        "point": "翠苑小店",
        "orders": 1,
        "unpaid": 1,
        "pieces": 2,
        "amount_fen": 798,
    }
    assert group["share_code"] == world.share_code.code
    assert (body["to_sign"], body["pickups_waiting"]) == ([], 0)
    assert body["earnings"] == {"pending_fen": 0, "available_fen": 0, "total_fen": 0, "today_fen": 0}


def test_a_leader_lists_his_orders_masked_and_never_another_leaders(
    world: World, leader: Caller, other_leader: Caller
) -> None:
    mine = place(shopper=world.shopper, group=world.group, quantities={world.tomato: 1})
    place(shopper=world.shopper, group=world.other_group, quantities={world.tomato: 1})

    answer = leader.get("leader/orders/")

    (row,) = answer.json()["results"]
    assert (row["number"], row["receiver_phone"]) == (mine.number, "138****0001")
    assert b"13800000001" not in answer.content
    assert [row["point"] for row in other_leader.get("leader/orders/").json()["results"]] == ["古荡驿站"]


def test_orders_are_found_by_number_name_room_and_filters(world: World, leader: Caller) -> None:
    order = place(shopper=world.shopper, group=world.group, quantities={world.tomato: 1}, room="3-2-501")

    def found(**query: str) -> int:
        return len(leader.get("leader/orders/", **query).json()["results"])

    assert [found(q=text) for text in (order.number.lower(), "小满", "2-50", "nobody")] == [1, 1, 1, 0]
    assert [found(state=state) for state in ("placed", "paid")] == [1, 0]
    assert [found(group=str(each)) for each in (world.group.public_id, world.other_group.public_id)] == [1, 0]
    assert [found(campaign=str(each)) for each in (world.campaign.public_id, uuid4())] == [1, 0]


def test_groups_count_paid_orders(world: World, leader: Caller) -> None:
    place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 2, world.eggs: 1})
    place_and_pay(shopper=world.neighbour, group=world.group, quantities={world.tomato: 1})
    place(shopper=world.neighbour, group=world.group, quantities={world.tomato: 1})

    (row,) = leader.get("leader/groups/", state="open").json()["results"]

    assert (row["orders"], row["pieces"], row["amount_fen"]) == (2, 4, 2787)
    assert leader.get("leader/groups/", state="frozen").json()["results"] == []


def earned(world: World, *, amount_fen: int, base_fen: int, source_id: int, available_in: dt.timedelta) -> None:
    order = place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 1})
    now = clock.now()
    CommissionEntry.objects.create(
        leader=world.leader,
        line=order.lines.get(),
        source_kind="test",
        source_id=source_id,
        leg="seller",
        pieces=1,
        base_fen=base_fen,
        rate_bp=1000,
        amount_fen=amount_fen,
        earned_at=now,
        available_at=now + available_in,
    )


def test_earnings_add_up_and_each_line_says_where_it_came_from(
    world: World, leader: Caller, other_leader: Caller
) -> None:
    earned(world, amount_fen=40, base_fen=399, source_id=1, available_in=dt.timedelta(hours=24))
    earned(world, amount_fen=25, base_fen=250, source_id=2, available_in=dt.timedelta(hours=-1))

    body = leader.get("leader/earnings/").json()

    assert body["totals"] == {"pending_fen": 40, "available_fen": 25, "total_fen": 65, "today_fen": 65}
    assert [
        (row["product"], row["pieces"], row["base_fen"], row["rate_bp"], row["amount_fen"]) for row in body["results"]
    ] == [
        ("番茄", 1, 250, 1000, 25),
        ("番茄", 1, 399, 1000, 40),
    ]
    assert len(body["results"][0]["order"]) == 12
    assert other_leader.get("leader/earnings/").json()["results"] == []


@pytest.mark.parametrize("orders", [1, 3])
def test_the_orders_of_a_leader_take_the_same_statements_whatever_their_number(
    world: World, leader: Caller, orders: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(orders):
        shopper = person(name=f"顾客{n}", phone=f"1390000000{n}")
        place(shopper=shopper, group=world.group, quantities={world.tomato: 1, world.eggs: 1})

    with django_assert_num_queries(3):  # may he, orders, their lines
        rows = leader.get("leader/orders/").json()["results"]

    assert len(rows) == orders


def test_a_leader_whose_post_is_gone_sees_nothing_more(world: World, leader: Caller) -> None:
    order = place(shopper=world.shopper, group=world.group, quantities={world.tomato: 1})
    world.leader.point_posts.update(active=False)

    assert problem(leader.get("leader/orders/")) == (403, "permission_denied", None)
    assert problem(leader.get(f"orders/{order.public_id}/")) == (404, "not_found", None)
    assert leader.get("leader/earnings/").status_code == 200
