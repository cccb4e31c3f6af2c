"""Routes by hand: vehicles of fixed routes, times that follow, moving stops, who may drive what."""

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest

from fulfillment.models import DeliveryNote, DriverPost, Route, Stop, Vehicle, Wave
from fulfillment.services.dispatch import dispatch_send
from fulfillment.services.picking import pick_confirm
from fulfillment.services.routes import NoSuchDriver, NoSuchRoute, NoSuchVehicle, route_assign, stop_move
from groupbuy.kernel.errors import StateConflict
from groupbuy.models import AuditEvent, GridWarehouse, PickupPoint, Warehouse
from tests import world as build
from tests.books import assert_books
from tests.fleet import driver, locate, order_of, vehicle, wave_of_points
from tests.world import World, build_wave, place_and_pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return build.world()


MINUTE = dt.timedelta(minutes=1)
# A line to the east; by road 1.3, 2.6 and 3.9 km from the warehouse.
LINE = {"甲": (1000, 0), "乙": (2000, 0), "丙": (3000, 0)}


def stop(wave: Wave, name: str) -> Stop:
    return wave.stops.select_related("route").get(point__name=name)


def minutes(wave: Wave) -> list[int]:
    """Return the expected arrivals in the order of the positions, in minutes after the dispatch."""
    return [(each.expected_at - wave.dispatch_at) // MINUTE for each in wave.stops.order_by("position")]  # type: ignore[operator]


def positions(wave: Wave) -> list[tuple[int, str]]:
    return [(each.position, each.point.name) for each in wave.stops.order_by("position").select_related("point")]


def test_a_fixed_route_gets_its_usual_vehicle_and_driver(world: World) -> None:
    ma = driver(world.warehouse)
    van = vehicle(world.warehouse, "浙A00001", route_name="一号线", driver=ma)
    vehicle(world.warehouse, "浙A00002", route_name="二号线")

    wave = wave_of_points(world, LINE)

    route = wave.routes.get()
    assert (route.name, route.vehicle, route.driver) == ("一号线", van, ma)
    assert_books()


def test_a_driver_without_a_post_is_not_given_a_route(world: World) -> None:
    ma = driver(world.warehouse)
    vehicle(world.warehouse, "浙A00001", route_name="一号线", driver=ma)
    DriverPost.objects.update(active=False)

    assert wave_of_points(world, LINE).routes.get().driver is None


def test_arrivals_follow_the_roads_and_the_papers_of_the_first_issue_say_so(world: World) -> None:
    wave = wave_of_points(world, LINE)

    # 1.3 km at 25 km/h is 187.2 s; five minutes at each stop; whole minutes, rounded up.
    assert minutes(wave) == [4, 12, 20]
    assert [each.leg_m for each in wave.stops.order_by("position")] == pytest.approx([1300] * 3, abs=3)
    route = wave.routes.get()
    assert route.distance_m == pytest.approx(7800, abs=8)
    assert (route.back_at - wave.dispatch_at) // MINUTE == 34  # type: ignore[operator]
    noted = dict(DeliveryNote.objects.filter(wave=wave).values_list("point_name", "expected_at"))
    assert noted == {each.point.name: each.expected_at for each in wave.stops.select_related("point")}


def test_a_driver_waits_for_the_window_of_a_point(world: World) -> None:
    wave = wave_of_points(world, LINE, window_from=dt.time(6), window_to=dt.time(9))

    # The trucks leave at five; nobody receives before six.
    assert minutes(wave) == [60, 69, 77]


def test_without_the_place_of_the_warehouse_every_stop_takes_the_usual_time(world: World) -> None:
    place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 1})
    place_and_pay(shopper=world.neighbour, group=world.other_group, quantities={world.tomato: 1})

    wave = build_wave(campaign=world.campaign)

    assert minutes(wave) == [10, 20]
    assert wave.routes.get().distance_m is None


def test_a_stop_moves_within_its_route_and_positions_and_papers_follow(world: World) -> None:
    wave = wave_of_points(world, LINE)

    stop_move(stop_id=stop(wave, "丙").pk, route_id=stop(wave, "丙").route_id, sequence=1, actor_id=world.staff.pk)

    wave.refresh_from_db()
    assert order_of(wave) == [("一号线", ["丙", "甲", "乙"])]
    assert positions(wave) == [(1, "丙"), (2, "甲"), (3, "乙")]
    assert wave.paper_version == 2
    notes = DeliveryNote.objects.filter(wave=wave).order_by("paper_version", "position")
    assert [(note.paper_version, note.point_name, note.sequence) for note in notes] == [
        (1, "甲", 1),
        (1, "乙", 2),
        (1, "丙", 3),
        (2, "丙", 1),
        (2, "甲", 2),
        (2, "乙", 3),
    ]
    assert AuditEvent.objects.filter(action="stop_move", actor=world.staff).count() == 1
    assert_books()


def test_a_stop_moves_to_a_route_of_its_own_and_back_and_the_empty_route_goes(world: World) -> None:
    wave = wave_of_points(world, LINE)

    stop_move(stop_id=stop(wave, "乙").pk, route_id=None, sequence=1)
    apart = order_of(wave)
    stop_move(stop_id=stop(wave, "乙").pk, route_id=stop(wave, "甲").route_id, sequence=99)

    assert apart == [("一号线", ["甲", "丙"]), ("加开线路 2", ["乙"])]
    assert order_of(wave) == [("一号线", ["甲", "丙", "乙"])]
    assert Route.objects.filter(wave=wave).count() == 1
    assert_books()


def test_once_picking_has_begun_a_stop_keeps_its_position(world: World) -> None:
    wave = wave_of_points(world, LINE)
    before = positions(wave)
    pick_confirm(wave_id=wave.pk, sku_id=world.eggs.sku_id, pieces=1, actor_id=world.picker.pk, uuid=uuid4())

    stop_move(stop_id=stop(wave, "丙").pk, route_id=stop(wave, "丙").route_id, sequence=1)

    assert order_of(wave) == [("一号线", ["丙", "甲", "乙"])]
    assert positions(wave) == before
    assert_books()


def test_a_stop_does_not_move_into_another_wave(world: World) -> None:
    wave = wave_of_points(world, LINE)
    place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 1})
    other = build_wave(campaign=world.campaign)

    with pytest.raises(NoSuchRoute):
        stop_move(stop_id=stop(wave, "甲").pk, route_id=other.routes.get().pk, sequence=1)

    assert order_of(wave) == [("一号线", ["甲", "乙", "丙"])]


def test_what_has_left_is_not_planned_any_more(world: World) -> None:
    wave = wave_of_points(world, LINE)
    dispatch_send(wave_id=wave.pk)
    first = stop(wave, "甲")

    with pytest.raises(StateConflict):
        stop_move(stop_id=first.pk, route_id=first.route_id, sequence=3)
    with pytest.raises(StateConflict):
        route_assign(route_id=first.route_id, vehicle_id=None, driver_id=None)


def test_another_vehicle_with_a_later_shift_brings_everything_later_on_new_papers(world: World) -> None:
    wave = wave_of_points(world, LINE)
    late = vehicle(world.warehouse, "浙A00003", shift_from=dt.time(5, 30))
    ma = driver(world.warehouse)

    route_assign(route_id=wave.routes.get().pk, vehicle_id=late.pk, driver_id=ma.pk, actor_id=world.staff.pk)

    wave.refresh_from_db()
    route = wave.routes.get()
    assert (route.vehicle, route.driver) == (late, ma)
    assert minutes(wave) == [34, 42, 50]
    assert wave.paper_version == 2
    assert_books()


def test_another_driver_stands_on_new_papers_and_the_same_one_again_does_not(world: World) -> None:
    wave = wave_of_points(world, LINE)
    ma = driver(world.warehouse)

    for _ in range(2):
        route_assign(route_id=wave.routes.get().pk, vehicle_id=None, driver_id=ma.pk)

    wave.refresh_from_db()
    assert wave.paper_version == 2
    notes = DeliveryNote.objects.filter(wave=wave, stop__route__number=1)
    assert set(notes.values_list("paper_version", "driver")) == {(1, ""), (2, "马师傅")}


def test_vehicles_and_drivers_of_other_warehouses_are_refused(world: World) -> None:
    wave = wave_of_points(world, LINE)
    other = Warehouse.objects.create(code="WH2", name="萧山仓", city="杭州市", address="-")
    theirs: dict[str, Any] = {"vehicle_id": vehicle(other, "浙B00001").pk, "driver_id": driver(other).pk}
    route = wave.routes.get().pk

    with pytest.raises(NoSuchVehicle):
        route_assign(route_id=route, vehicle_id=theirs["vehicle_id"], driver_id=None)
    with pytest.raises(NoSuchDriver):
        route_assign(route_id=route, vehicle_id=None, driver_id=theirs["driver_id"])
    Vehicle.objects.update(warehouse=world.warehouse, active=False)
    with pytest.raises(NoSuchVehicle):
        route_assign(route_id=route, vehicle_id=theirs["vehicle_id"], driver_id=None)


def test_the_number_of_statements_does_not_grow_with_the_stops(
    world: World, django_assert_max_num_queries: Any
) -> None:
    locate(world.warehouse)
    wave = wave_of_points(world, {f"点{number}": (100 * number, 50 * (number % 7)) for number in range(1, 16)})

    with django_assert_max_num_queries(30):
        stop_move(stop_id=stop(wave, "点15").pk, route_id=stop(wave, "点15").route_id, sequence=1)


def test_a_stop_behind_a_grid_warehouse_stays_behind_it(world: World) -> None:
    grid = GridWarehouse.objects.create(code="G1", name="城西网格仓", warehouse=world.warehouse, address="文三路 1 号")
    PickupPoint.objects.filter(pk=world.far.pk).update(grid=grid)
    place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 1})
    place_and_pay(shopper=world.neighbour, group=world.other_group, quantities={world.tomato: 1})
    wave = build_wave(campaign=world.campaign)
    direct, behind = wave.stops.get(point=world.near), wave.stops.get(point=world.far)

    for moved, route_id in ((behind, direct.route_id), (direct, behind.route_id), (behind, None)):
        with pytest.raises(NoSuchRoute, match="本网格仓"):
            stop_move(stop_id=moved.pk, route_id=route_id, sequence=1)

    assert_books()
