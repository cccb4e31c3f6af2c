"""
The solver of routes: PyVRP's iterated local search, from the fixed plan on, judged by our own rules.

It sees only integers: metres, seconds, crates, grams, thousandths of a fen. The same drops, vans, seed and budget give
the same plan wherever the search ends by its iterations and not by the clock.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fulfillment.domain.roads import HOME, Roads, Spot
from fulfillment.domain.tours import Drop, Missed, Plan, Tour, Van, allowed, alone, miss, rank

if TYPE_CHECKING:
    from pyvrp import Client, ProblemData, Solution, VehicleType

WORK_A_SECOND: Final = 20_000
"""Stops that may be looked at for each second of the budget: far fewer than a machine of today can, so that the
iterations end the search and the clock does not."""

FEWEST_ITERATIONS: Final = 200
_NEVER: Final = 2**63 - 1  # the solver's own word for "no end"


@dataclass(frozen=True, slots=True)
class Solved:
    """:param cut_short: the clock ended the search, so that another machine may find another plan."""

    plan: Plan
    cut_short: bool


def improve(
    start: Plan, *, drops: Sequence[Drop], vans: Sequence[Van], roads: Roads, seed: int, budget_s: int
) -> Solved:
    """
    Return the best plan that is found, never one that ranks behind ``start``.

    Drops that no van can bring even alone are kept away from the solver and missed with their reasons.

    :param start: made of the same ``drops`` and ``vans``, and allowed.
    """
    hopeless = {drop.stop_id: why for drop in drops if (why := alone(drop, vans, roads))}
    asked = [drop for drop in drops if drop.stop_id not in hopeless]
    if not asked:
        return Solved(start, cut_short=False)
    clock = _Clock(_iterations(len(asked), budget_s), budget_s)
    tours = _search(start, asked, vans, roads, seed, clock)
    made = {drop.stop_id for tour in tours for drop in tour.drops}
    missed = [Missed(drop, hopeless[drop.stop_id]) for drop in drops if drop.stop_id in hopeless]
    missed += [miss(drop, vans, roads) for drop in asked if drop.stop_id not in made]
    found = Plan(tuple(tours), tuple(missed))
    better = allowed(found, drops, roads) and rank(found, roads) < rank(start, roads)
    return Solved(found if better else start, clock.ran_out)


def _iterations(drops: int, budget_s: int) -> int:
    return max(FEWEST_ITERATIONS, budget_s * WORK_A_SECOND // drops)


@dataclass
class _Clock:
    """A stopping criterion: so many iterations, but no longer than ``budget_s`` seconds from the first one on."""

    iterations: int
    budget_s: int
    began: float | None = None
    ran_out: bool = False

    def __call__(self, best_cost: float) -> bool:
        if self.began is None:
            self.began = time.monotonic()
        if self.iterations <= 0:
            return True
        self.iterations -= 1
        self.ran_out = time.monotonic() - self.began >= self.budget_s
        return self.ran_out


def _search(
    start: Plan, drops: Sequence[Drop], vans: Sequence[Van], roads: Roads, seed: int, clock: _Clock
) -> list[Tour]:
    """Translate, search, and translate back."""
    from pyvrp import PenaltyParams, SolveParams, solve

    data, prize = _problem(drops, vans, roads)
    # A crate too many must cost more than a stop missed, or the search ends in plans that break the rules.
    params = SolveParams(penalty=PenaltyParams(max_penalty=prize))
    begin = _begin(data, start, drops, vans)
    best = solve(data, clock, seed=seed, collect_stats=False, display=False, params=params, initial_solution=begin).best
    return [
        Tour(vans[route.vehicle_type()], tuple(drops[each.idx] for each in route.schedule() if each.is_client()))
        for route in best.routes()
        if route.num_clients()
    ]


def _problem(drops: Sequence[Drop], vans: Sequence[Van], roads: Roads) -> tuple["ProblemData", int]:
    """
    Return what the solver is asked, and the prize that it loses for a drop that it misses: more than a tour costs.

    Location 0 is the warehouse, location n the nth drop.
    """
    import numpy as np
    from pyvrp import Depot, Location, ProblemData

    spots = [HOME, *(drop.spot or HOME for drop in drops)]
    metres: Any = np.array(_table(spots, roads), dtype=np.int64)
    seconds: Any = -(-metres * 36 // (roads.speed_kmh * 10))
    prize = _prize(vans, int(metres.max()))
    data = ProblemData(
        locations=[Location(x=east, y=north) for east, north in spots],
        clients=[_client(place, drop, roads, prize) for place, drop in enumerate(drops, 1)],
        depots=[Depot(location=0)],
        vehicle_types=[_vehicle(van) for van in vans],
        distance_matrices=[metres],
        duration_matrices=[seconds],
    )
    return data, prize


def _table(spots: Sequence[Spot], roads: Roads) -> list[list[int]]:
    """Return all lengths, each worked out once."""
    half = [[roads.metres(a, b) for b in spots[:place]] for place, a in enumerate(spots)]
    size = len(spots)
    return [[half[max(a, b)][min(a, b)] if a != b else 0 for b in range(size)] for a in range(size)]


def _prize(vans: Sequence[Van], farthest_m: int) -> int:
    return 10 * max(van.fixed_fen * 1000 + van.per_km_fen * 2 * farthest_m for van in vans) + 1


def _client(place: int, drop: Drop, roads: Roads, prize: int) -> "Client":
    from pyvrp import Client

    return Client(
        location=place,
        delivery=[drop.crates, drop.weight_g],
        service_duration=roads.service_s,
        tw_early=drop.opens_s,
        tw_late=_NEVER if drop.closes_s is None else drop.closes_s,
        required=False,
        prize=prize,
    )


def _vehicle(van: Van) -> "VehicleType":
    from pyvrp import VehicleType

    return VehicleType(
        capacity=[van.crates, van.load_g],
        fixed_cost=van.fixed_fen * 1000,
        unit_distance_cost=van.per_km_fen,
        tw_early=van.leaves_s,
        tw_late=van.back_s,
    )


def _begin(data: "ProblemData", start: Plan, drops: Sequence[Drop], vans: Sequence[Van]) -> "Solution":
    from pyvrp import Route, Solution

    places = {drop.stop_id: place for place, drop in enumerate(drops)}
    kinds = {van.vehicle_id: kind for kind, van in enumerate(vans)}
    routes = [
        Route(data, [places[drop.stop_id] for drop in tour.drops], kinds[tour.van.vehicle_id]) for tour in start.tours
    ]
    return Solution(data, routes)
