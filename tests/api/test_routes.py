"""Routes over the API: live, moved, given a vehicle, asked to be planned, sent off."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.api.callers import Caller, problem

if TYPE_CHECKING:
    from fulfillment.models import Wave
    from tests.world import World


@pytest.fixture
def wave(world: "World") -> "Wave":
    from tests.fleet import vehicle, wave_of_points

    vehicle(world.warehouse, "浙A00001", route_name="一号线", crates=2)
    return wave_of_points(world, {"甲": (1000, 0), "乙": (2000, 0)})


@pytest.fixture
def clerk(world: "World") -> Caller:
    return Caller(world.picker)


def routes(wave: "Wave") -> str:
    return f"warehouse/waves/{wave.public_id}/routes/"


def test_every_stop_is_told_with_its_time_load_and_state(clerk: Caller, wave: "Wave") -> None:
    body = clerk.get(routes(wave)).json()

    (route,) = body["routes"]
    assert (body["paper_version"], route["name"], route["vehicle"], route["driver"]) == (1, "一号线", "浙A00001", None)
    assert (route["crates"], route["weight_g"], route["load_percent"]) == (2, 1000, 100)
    first = route["stops"][0]
    assert {key: first[key] for key in ("sequence", "point", "crates", "state", "late_minutes", "left_out")} == {
        "sequence": 1,
        "point": "甲",
        "crates": 1,
        "state": "planned",
        "late_minutes": 0,
        "left_out": "",
    }


def test_a_stop_moves_and_the_answer_is_the_new_plan(clerk: Caller, wave: "Wave") -> None:
    stop = wave.stops.get(point__name="乙")

    answer = clerk.post(
        f"warehouse/stops/{stop.public_id}/move/", {"route": str(stop.route.public_id), "sequence": 1}
    ).json()

    assert answer["paper_version"] == 2
    assert [each["point"] for each in answer["routes"][0]["stops"]] == ["乙", "甲"]


def test_strange_routes_vehicles_and_drivers_are_named(clerk: Caller, wave: "Wave", world: "World") -> None:
    stop = wave.stops.get(point__name="乙")
    route = f"warehouse/routes/{stop.route.public_id}/"
    nobody = str(world.shopper.public_id)

    moved = clerk.post(f"warehouse/stops/{stop.public_id}/move/", {"route": nobody, "sequence": 1})
    car = clerk.send("patch", route, {"vehicle": "浙B", "driver": None})
    man = clerk.send("patch", route, {"vehicle": None, "driver": nobody})

    assert problem(moved) == (400, "no_such_route", "route")
    assert problem(car) == (400, "no_such_vehicle", "vehicle")
    assert problem(man) == (400, "no_such_driver", "driver")


def test_a_plan_is_asked_for_and_found_again(clerk: Caller, wave: "Wave") -> None:
    from fulfillment.tasks import plan_asked_routes

    path = f"warehouse/waves/{wave.public_id}/route-plans/"

    asked = clerk.post(path, {"seed": 7, "budget_s": 1}, key="plan-it-once-please")
    again = clerk.post(path, {"seed": 7, "budget_s": 1}, key="plan-it-once-please")
    another = clerk.post(path, {})
    plan_asked_routes()
    (plan,) = clerk.get(path).json()

    assert (asked.status_code, asked.json()["state"]) == (202, "asked")
    assert again.json()["id"] == asked.json()["id"] == plan["id"]
    assert problem(another)[:2] == (409, "cannot_plan")
    assert (plan["state"], plan["seed"], plan["after_left_out"]) == ("done", 7, 0)


@pytest.mark.parametrize("body", [{"seed": -1}, {"budget_s": 0}, {"budget_s": 301}, {"seed": "x"}, {"more": 1}])
def test_a_plan_out_of_range_is_refused(clerk: Caller, wave: "Wave", body: Any) -> None:
    assert clerk.post(f"warehouse/waves/{wave.public_id}/route-plans/", body).status_code == 400


def test_a_driver_gets_a_link_and_his_route_leaves(clerk: Caller, wave: "Wave") -> None:
    from fulfillment.services.pick_close import pick_close

    route = f"warehouse/routes/{wave.routes.get().public_id}/"
    link = clerk.post(f"{route}driver-link/").json()
    pick_close(wave_id=wave.pk)

    gone = clerk.post(f"{route}depart/").json()

    assert "/driver/" in link["url"]
    assert {stop["state"] for stop in gone["routes"][0]["stops"]} == {"on_the_way"}
    assert problem(clerk.post(f"{route}depart/"))[:2] == (409, "state_conflict")
