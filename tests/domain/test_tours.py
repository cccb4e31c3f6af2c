"""Distances, timetables, costs and the fixed plan, worked out by hand."""

from decimal import Decimal

import pytest

from fulfillment.domain.roads import HOME, Roads, Spot, spot
from fulfillment.domain.states import LeftOut
from fulfillment.domain.tours import (
    Call,
    Drop,
    FixedRoute,
    Missed,
    Plan,
    Tour,
    Van,
    allowed,
    alone,
    cost_mfen,
    fits,
    fixed_plan,
    length_m,
    rank,
    timetable,
)

# 36 km/h is 10 m a second; the road is as long as the straight line; five minutes at a stop.
ROADS = Roads(detour_percent=100, speed_kmh=36, service_s=300, blind_s=600)
VAN = Van(vehicle_id=1, crates=10, load_g=100_000, leaves_s=0, back_s=7200, fixed_fen=5000, per_km_fen=150)


def drop(stop_id: int, east_m: int = 0, north_m: int = 0, crates: int = 1, weight_g: int = 1000, **window: int) -> Drop:
    return Drop(stop_id, Spot(east_m, north_m), crates, weight_g, **window)


def test_a_degree_of_latitude_is_111_kilometres_and_one_of_longitude_shrinks_to_the_north() -> None:
    home = {"home_lng": Decimal("120.000000"), "home_lat": Decimal("60.000000")}

    north = spot(lng=Decimal("120.000000"), lat=Decimal("61.000000"), **home)
    east = spot(lng=Decimal("121.000000"), lat=Decimal("60.000000"), **home)

    assert north == Spot(0, 111_195)
    assert east == Spot(55_597, 0)  # half of it at 60 degrees
    assert spot(lng=Decimal("120.000000"), lat=Decimal("60.000000"), **home) == HOME


def test_a_road_is_longer_than_the_straight_line_and_takes_its_time_rounded_up() -> None:
    roads = Roads(detour_percent=130, speed_kmh=25, service_s=300)

    assert roads.metres(Spot(0, 0), Spot(3000, 4000)) == 6500
    assert roads.metres(Spot(3000, 4000), Spot(0, 0)) == 6500
    assert roads.seconds(6500) == 936
    assert roads.seconds(1) == 1
    assert roads.seconds(0) == 0


def test_a_timetable_waits_for_a_window_and_counts_the_way_home() -> None:
    drops = (drop(1, 3000), drop(2, 3000, 4000, opens_s=2000))

    times = timetable(drops, leaves_s=100, roads=ROADS)

    # Out at 100, 300 s to the first; away at 700, there at 1100, open at 2000; away at 2300, 500 s home.
    assert times.calls == (Call(3000, 400), Call(4000, 2000))
    assert (times.distance_m, times.back_s, times.late) == (12_000, 2800, ())


def test_a_call_at_the_closing_instant_is_in_time_and_a_second_later_is_late() -> None:
    assert timetable((drop(1, 3000, closes_s=300),), leaves_s=0, roads=ROADS).late == ()
    assert timetable((drop(1, 3000, closes_s=300),), leaves_s=1, roads=ROADS).late == (0,)


def test_a_stop_of_unknown_place_takes_the_usual_time_and_has_no_length() -> None:
    nowhere = Drop(2, None, 1, 1000)

    times = timetable((drop(1, 3000), nowhere, drop(3, 3000)), leaves_s=0, roads=ROADS)

    assert times.calls == (Call(3000, 300), Call(None, 1200), Call(0, 1500))
    assert times.distance_m == 6000


@pytest.mark.parametrize(
    ("drops", "expected"),
    [
        ((drop(1, crates=10),), True),
        ((drop(1, crates=5), drop(2, crates=6)), False),
        ((drop(1, weight_g=100_000),), True),
        ((drop(1, weight_g=100_001),), False),
        ((drop(1, 3000, closes_s=299),), False),
        ((drop(1, 34_500),), True),  # 3450 s out, 300 s there, 3450 s home
        ((drop(1, 34_501),), False),
        ((Drop(1, None, 1, 1),), False),
    ],
)
def test_a_tour_fits_by_crates_weight_windows_and_shift(drops: tuple[Drop, ...], expected: bool) -> None:
    assert fits(Tour(VAN, drops), ROADS) is expected


def test_a_plan_costs_its_vehicles_and_their_kilometres() -> None:
    other = Van(2, 10, 100_000, 0, 7200, 0, 200)
    plan = Plan((Tour(VAN, (drop(1, 3000),)), Tour(other, (drop(2, 0, 500),))))

    # 50 yuan and 6 km at 1.50, 1 km at 2.00.
    assert cost_mfen(plan, ROADS) == 5_000_000 + 900_000 + 200_000
    assert length_m(plan, ROADS) == 7000
    assert rank(plan, ROADS) == (0, 6_100_000)


def test_a_plan_that_misses_fewer_stops_is_better_however_dear() -> None:
    cheap = Plan((), (Missed(drop(1, 3000), LeftOut.NO_ROOM),))

    assert rank(Plan((Tour(VAN, (drop(1, 3000),)),)), ROADS) < rank(cheap, ROADS)


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (drop(1, 3000), None),
        (Drop(1, None, 1, 1), LeftOut.NO_PLACE),
        (drop(1, 3000, crates=11), LeftOut.TOO_BIG),
        (drop(1, 3000, weight_g=100_001), LeftOut.TOO_HEAVY),
        (drop(1, 3000, closes_s=10), LeftOut.TOO_FAR),
        (drop(1, 3000, closes_s=-60), LeftOut.TOO_FAR),
        (drop(1, 40_000), LeftOut.TOO_FAR),
    ],
)
def test_a_drop_that_no_vehicle_can_bring_says_why(wanted: Drop, why: LeftOut | None) -> None:
    assert alone(wanted, (VAN,), ROADS) == why


def test_the_fixed_plan_keeps_order_and_vehicles_and_misses_what_does_not_fit() -> None:
    small = Van(2, 4, 100_000, 0, 7200, 0, 100)
    first = FixedRoute(1, (drop(1, 1000, crates=6), drop(2, 2000, crates=6), drop(3, 3000, crates=4)))
    second = FixedRoute(None, (drop(4, 500, crates=3), drop(5, 600, crates=12)))

    plan = fixed_plan((first, second), (VAN, small), ROADS)

    assert [[each.stop_id for each in tour.drops] for tour in plan.tours] == [[1, 3], [4]]
    assert [tour.van.vehicle_id for tour in plan.tours] == [1, 2]
    assert [(missed.drop.stop_id, missed.why) for missed in plan.missed] == [
        (2, LeftOut.NO_ROOM),
        (5, LeftOut.TOO_BIG),
    ]
    assert allowed(plan, [*first.drops, *second.drops], ROADS)


def test_routes_without_a_vehicle_get_the_smallest_that_holds_them_the_largest_load_first() -> None:
    vans = tuple(Van(number, crates, 100_000, 0, 7200, 0, 100) for number, crates in ((1, 20), (2, 5), (3, 10)))
    routes = (FixedRoute(None, (drop(1, 100, crates=4),)), FixedRoute(None, (drop(2, 100, crates=9),)))

    plan = fixed_plan(routes, vans, ROADS)

    assert {tour.drops[0].stop_id: tour.van.vehicle_id for tour in plan.tours} == {2: 3, 1: 2}


def test_a_route_for_which_no_vehicle_is_left_is_missed_whole() -> None:
    routes = (FixedRoute(None, (drop(1, 100, crates=9),)), FixedRoute(None, (drop(2, 100),)))

    plan = fixed_plan(routes, (VAN,), ROADS)

    assert [missed.drop.stop_id for missed in plan.missed] == [2]
    assert plan.missed[0].why == LeftOut.NO_ROOM


def test_a_plan_that_breaks_a_rule_is_not_allowed() -> None:
    one, two = drop(1, 100), drop(2, 200)

    assert allowed(Plan((Tour(VAN, (one, two)),)), [one, two], ROADS)
    assert not allowed(Plan((Tour(VAN, (one,)),)), [one, two], ROADS)  # one is nowhere
    assert not allowed(Plan((Tour(VAN, (one, two, one)),)), [one, two], ROADS)  # one is twice
    assert not allowed(Plan((Tour(VAN, (one,)), Tour(VAN, (two,)))), [one, two], ROADS)  # a vehicle is twice
    heavy = drop(3, 100, crates=11)
    assert not allowed(Plan((Tour(VAN, (heavy,)),)), [heavy], ROADS)
