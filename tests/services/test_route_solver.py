"""The solver against rules that we check ourselves: never worse, never over, the same again for the same seed."""

import random
from itertools import permutations

from fulfillment.domain.roads import Roads, Spot
from fulfillment.domain.states import LeftOut
from fulfillment.domain.tours import Drop, FixedRoute, Plan, Tour, Van, allowed, cost_mfen, fits, fixed_plan, rank
from fulfillment.services.route_solver import improve

ROADS = Roads(detour_percent=130, speed_kmh=25, service_s=300, blind_s=600)


def town(stops: int, *, seed: int, vans: int) -> tuple[list[Drop], list[Van], list[FixedRoute]]:
    """Scatter stops over 20 x 20 km; every seventh has a window. Fixed routes are drawn by lot, so there is much to gain."""
    lot = random.Random(seed)  # noqa: S311 - no secret
    drops = [
        Drop(
            number,
            Spot(lot.randint(-10_000, 10_000), lot.randint(-10_000, 10_000)),
            crates=lot.randint(1, 9),
            weight_g=lot.randint(5_000, 90_000),
            opens_s=3600 if number % 7 == 0 else 0,
            closes_s=3 * 3600 if number % 7 == 0 else None,
        )
        for number in range(1, stops + 1)
    ]
    fleet = [Van(number, 60, 900_000, 0, 6 * 3600, 8000, 150) for number in range(1, vans + 1)]
    return drops, fleet, [FixedRoute(None, tuple(drops[start : start + 9])) for start in range(0, stops, 9)]


def solved(stops: int, *, seed: int, vans: int, budget_s: int = 1) -> tuple[Plan, Plan, list[Drop]]:
    drops, fleet, routes = town(stops, seed=seed, vans=vans)
    start = fixed_plan(routes, fleet, ROADS)
    return start, improve(start, drops=drops, vans=fleet, roads=ROADS, seed=seed, budget_s=budget_s).plan, drops


def test_plans_of_many_towns_are_allowed_and_never_worse_than_the_fixed_one() -> None:
    better = 0
    for seed in range(12):
        start, found, drops = solved(25, seed=seed, vans=2 + seed % 4)
        assert allowed(start, drops, ROADS)
        assert allowed(found, drops, ROADS)
        assert rank(found, ROADS) <= rank(start, ROADS)
        better += rank(found, ROADS) < rank(start, ROADS)

    assert better == 12  # drawn by lot, none of the fixed plans is good


def test_the_same_seed_gives_the_same_plan_again() -> None:
    assert solved(40, seed=5, vans=6)[1] == solved(40, seed=5, vans=6)[1]


def test_a_fixed_plan_that_is_the_best_stays_as_it_is() -> None:
    line = [Drop(number, Spot(1000 * number, 0), 1, 1000) for number in range(1, 7)]
    van = Van(1, 10, 100_000, 0, 6 * 3600, 1000, 100)
    start = fixed_plan([FixedRoute(1, tuple(line))], [van], ROADS)

    found = improve(start, drops=line, vans=[van], roads=ROADS, seed=1, budget_s=1).plan

    assert found == start


def test_six_stops_are_brought_in_the_shortest_of_all_orders() -> None:
    drops, fleet, _ = town(6, seed=3, vans=1)
    start = fixed_plan([FixedRoute(None, tuple(drops))], fleet, ROADS)
    tours = (Tour(fleet[0], order) for order in permutations(drops))
    best = min(cost_mfen(Plan((tour,)), ROADS) for tour in tours if fits(tour, ROADS))

    found = improve(start, drops=drops, vans=fleet, roads=ROADS, seed=1, budget_s=1).plan

    assert rank(found, ROADS) == (0, best)


def test_what_fits_nowhere_is_listed_with_its_reason_and_the_others_are_brought() -> None:
    van = Van(1, 10, 50_000, 0, 3 * 3600, 0, 100)
    drops = [
        Drop(1, Spot(1000, 0), 4, 10_000),
        Drop(2, None, 1, 1000),
        Drop(3, Spot(1000, 100), 11, 1000),
        Drop(4, Spot(1000, 200), 1, 60_000),
        Drop(5, Spot(9000, 0), 1, 1000, closes_s=60),
        Drop(6, Spot(1200, 0), 4, 10_000),
        Drop(7, Spot(1300, 0), 4, 10_000),
    ]
    start = fixed_plan([FixedRoute(1, tuple(drops))], [van], ROADS)

    found = improve(start, drops=drops, vans=[van], roads=ROADS, seed=1, budget_s=1).plan

    whys = {missed.drop.stop_id: missed.why for missed in found.missed}
    assert {stop: whys[stop] for stop in (2, 3, 4, 5)} == {
        2: LeftOut.NO_PLACE,
        3: LeftOut.TOO_BIG,
        4: LeftOut.TOO_HEAVY,
        5: LeftOut.TOO_FAR,
    }
    assert len(found.missed) == 5  # of the three others two go in
    assert {whys[stop] for stop in (1, 6, 7) if stop in whys} == {LeftOut.NO_ROOM}
    assert allowed(found, drops, ROADS)


def test_five_hundred_stops_are_planned_within_the_time_they_are_given() -> None:
    start, found, drops = solved(500, seed=1, vans=60, budget_s=2)

    assert allowed(found, drops, ROADS)
    assert found.missed == ()
    assert cost_mfen(found, ROADS) * 2 < cost_mfen(start, ROADS)
