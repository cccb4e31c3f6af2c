"""Having a wave planned: what is written, what is refused, what happens when the wave changes meanwhile."""

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest

from fulfillment.domain.states import LeftOut, RoutePlanState
from fulfillment.models import RoutePlan, Vehicle, Wave
from fulfillment.selectors import due
from fulfillment.services import route_plans
from fulfillment.services.dispatch import dispatch_send
from fulfillment.services.paper_issues import papers_reissue
from fulfillment.services.picking import pick_confirm
from fulfillment.services.route_plans import CannotPlan, route_plan, route_plan_ask, route_plan_run
from fulfillment.services.route_solver import improve
from fulfillment.services.waves import wave_void
from fulfillment.tasks import plan_asked_routes
from groupbuy.kernel.errors import StateConflict
from groupbuy.models import Warehouse
from tests import world as build
from tests.books import assert_books
from tests.fleet import driver, order_of, vehicle, wave_of_points
from tests.world import World, shift_clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return build.world()


# A square of 2 km with the warehouse in the middle of its south side; the fixed order crosses it twice.
ZIGZAG = {"东南": (1000, 0), "西北": (-1000, 2000), "东北": (1000, 2000), "西南": (-1000, 0)}
ROUND = (["东南", "东北", "西北", "西南"], ["西南", "西北", "东北", "东南"])


def planned(wave: Wave, *, seed: int = 1) -> RoutePlan:
    return route_plan(wave_id=wave.pk, seed=seed, budget_s=1)


def test_a_zigzag_becomes_a_round(world: World) -> None:
    ma = driver(world.warehouse)
    van = vehicle(world.warehouse, "浙A00001", name="一号车", driver=ma)
    wave = wave_of_points(world, ZIGZAG)

    plan = planned(wave)

    assert plan.state == RoutePlanState.DONE
    ((name, stops),) = order_of(wave)
    assert name == "一号车 浙A00001"
    assert stops in ROUND
    route = wave.routes.get()
    assert (route.vehicle, route.driver) == (van, ma)
    # Straight 1 + 2.828 + 2 + 2.828 + 1 = 9.656 km before, 8 km after, by roads 1.3 times that; 1 yuan a kilometre.
    assert plan.before_m == pytest.approx(12_553, abs=20)
    assert plan.after_m == pytest.approx(10_400, abs=20)
    assert plan.before_fen == pytest.approx(1255, abs=2)
    assert plan.after_fen == pytest.approx(1040, abs=2)
    assert (plan.before_left_out, plan.after_left_out) == (0, 0)
    wave.refresh_from_db()
    assert wave.paper_version == 2
    assert [stop.position for stop in wave.stops.order_by("sequence")] == [1, 2, 3, 4]
    assert_books()


def test_the_same_seed_plans_the_same_routes(world: World) -> None:
    vehicle(world.warehouse, "浙A00001", crates=3)
    vehicle(world.warehouse, "浙A00002", crates=3)
    places = {f"点{number}": ((number * 377) % 4000 - 2000, (number * 733) % 4000 - 2000) for number in range(1, 7)}
    wave = wave_of_points(world, places)

    plan = planned(wave, seed=9)
    first = order_of(wave)
    again = planned(wave, seed=9)

    assert plan.after_fen == again.after_fen
    assert order_of(wave) == first
    assert [len(stops) for _, stops in first] == [3, 3]
    assert_books()


def test_what_no_vehicle_can_bring_stands_apart_with_its_reason(world: World) -> None:
    vehicle(world.warehouse, "浙A00001", crates=2, route_name="一号线")
    wave = wave_of_points(world, {"近": (500, 0), "远": (90_000, 0), "中": (900, 0), "不知": (1000, 0)})
    wave.stops.get(point__name="不知").point.__class__.objects.filter(name="不知").update(lng=None)

    plan = planned(wave)

    assert order_of(wave) == [("一号线", ["近", "中"]), ("待安排", ["远", "不知"])]
    left = {stop.point.name: (stop.left_out, stop.expected_at) for stop in wave.stops.exclude(left_out="")}
    assert left == {"远": (LeftOut.TOO_FAR, None), "不知": (LeftOut.NO_PLACE, None)}
    assert plan.after_left_out == 2
    assert wave.routes.get(name="待安排").vehicle is None
    assert_books()


def test_windows_are_kept(world: World) -> None:
    vehicle(world.warehouse, "浙A00001")
    wave = wave_of_points(world, ZIGZAG)
    points = wave.stops.get(point__name="西北").point.__class__.objects
    points.filter(name="西北").update(window_to=dt.time(5, 8))  # straight there takes seven minutes

    planned(wave)

    assert order_of(wave)[0][1][0] == "西北"


def test_positions_stay_once_picking_has_begun(world: World) -> None:
    vehicle(world.warehouse, "浙A00001")
    wave = wave_of_points(world, ZIGZAG)
    before = dict(wave.stops.values_list("point__name", "position"))
    pick_confirm(wave_id=wave.pk, sku_id=world.eggs.sku_id, pieces=1, actor_id=world.picker.pk, uuid=uuid4())

    planned(wave)

    assert dict(wave.stops.values_list("point__name", "position")) == before
    assert order_of(wave)[0][1] in ROUND
    assert_books()


def test_a_plan_that_changes_nothing_issues_no_papers(world: World) -> None:
    vehicle(world.warehouse, "浙A00001", route_name="一号线")
    wave = wave_of_points(world, {"甲": (1000, 0), "乙": (2000, 0), "丙": (3000, 0)})

    plan = planned(wave)

    wave.refresh_from_db()
    assert (plan.state, wave.paper_version) == (RoutePlanState.DONE, 1)
    assert plan.before_fen == plan.after_fen


def test_the_sweep_plans_what_was_asked_for_and_finds_nothing_the_second_time(world: World) -> None:
    vehicle(world.warehouse, "浙A00001")
    wave = wave_of_points(world, ZIGZAG)
    asked = route_plan_ask(wave_id=wave.pk, seed=1, budget_s=1, actor_id=world.staff.pk)

    plan_asked_routes()
    plan_asked_routes()

    asked.refresh_from_db()
    wave.refresh_from_db()
    assert (asked.state, asked.asked_by, wave.paper_version) == (RoutePlanState.DONE, world.staff, 2)
    assert_books()


def test_only_one_plan_at_a_time(world: World) -> None:
    vehicle(world.warehouse, "浙A00001")
    wave = wave_of_points(world, ZIGZAG)
    route_plan_ask(wave_id=wave.pk, seed=1)

    with pytest.raises(CannotPlan, match="正在优化"):
        route_plan_ask(wave_id=wave.pk, seed=2)

    assert RoutePlan.objects.count() == 1


@pytest.mark.parametrize(
    ("spoil", "match"),
    [
        (lambda: Vehicle.objects.update(active=False), "登记车辆"),
        (lambda: Vehicle.objects.update(shift_from=dt.time(3), shift_to=dt.time(5)), "登记车辆"),  # home at dispatch
        (lambda: Warehouse.objects.update(lng=None), "经纬度"),
    ],
)
def test_what_is_missing_is_said_before_anybody_waits(world: World, spoil: Any, match: str) -> None:
    vehicle(world.warehouse, "浙A00001")
    wave = wave_of_points(world, ZIGZAG)
    spoil()

    with pytest.raises(CannotPlan, match=match):
        route_plan_ask(wave_id=wave.pk, seed=1)


def test_too_many_stops_are_refused_rather_than_tried(world: World, settings: Any) -> None:
    vehicle(world.warehouse, "浙A00001")
    wave = wave_of_points(world, ZIGZAG)
    settings.GROUPBUY_ROUTE_MOST_STOPS = 3

    with pytest.raises(CannotPlan, match="超过 3 个"):
        route_plan_ask(wave_id=wave.pk, seed=1)


def test_a_wave_that_has_left_is_not_planned(world: World) -> None:
    vehicle(world.warehouse, "浙A00001")
    wave = wave_of_points(world, ZIGZAG)
    dispatch_send(wave_id=wave.pk)

    with pytest.raises(StateConflict):
        route_plan_ask(wave_id=wave.pk, seed=1)


@pytest.mark.parametrize(
    ("meanwhile", "failure"),
    [
        (lambda wave: papers_reissue(wave_id=wave.pk, reason="x"), "计算期间单据或线路有变，请重新优化。"),
        (lambda wave: dispatch_send(wave_id=wave.pk), "波次已经发车或作废，不能再调整线路。"),
        (lambda wave: wave_void(wave_id=wave.pk, reason="x"), "波次已经发车或作废，不能再调整线路。"),
    ],
)
def test_what_changed_while_it_was_worked_out_throws_the_plan_away(
    world: World, monkeypatch: pytest.MonkeyPatch, meanwhile: Any, failure: str
) -> None:
    vehicle(world.warehouse, "浙A00001")
    wave = wave_of_points(world, ZIGZAG)
    before = order_of(wave)

    def slow(*args: Any, **kwargs: Any) -> Any:
        meanwhile(wave)
        return improve(*args, **kwargs)

    monkeypatch.setattr(route_plans, "improve", slow)
    plan = planned(wave)

    assert (plan.state, plan.failure) == (RoutePlanState.FAILED, failure)
    assert order_of(wave) == before
    assert_books()


def test_a_plan_whose_worker_died_is_taken_up_when_its_lease_is_over(world: World) -> None:
    vehicle(world.warehouse, "浙A00001")
    wave = wave_of_points(world, ZIGZAG)
    plan = route_plan_ask(wave_id=wave.pk, seed=1, budget_s=1)
    route_plans._take(plan.pk)

    held = due.route_plans([])
    with pytest.raises(StateConflict):
        route_plan_run(plan_id=plan.pk)
    shift_clock(by=dt.timedelta(seconds=122))
    lost = due.route_plans([])
    plan_asked_routes()

    plan.refresh_from_db()
    assert (held, lost, plan.state) == ([], [plan.pk], RoutePlanState.DONE)
