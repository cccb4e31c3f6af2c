"""
Tours: which vehicle makes which stops in which order, when it arrives, what it costs, and what does not fit.

Times are seconds after the planned dispatch, lengths metres, weights grams, costs thousandths of a fen (so that a rate
per kilometre needs no rounding on the way). Capacity, windows and shifts are hard. Rules: DOMAIN §2, §5.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from fulfillment.domain.roads import HOME, Roads, Spot
from fulfillment.domain.states import LeftOut


@dataclass(frozen=True, slots=True)
class Drop:
    """
    Goods for one stop.

    :param spot: None when nobody has entered where the point lies.
    :param opens_s, closes_s: when it receives goods; None for no limit. A delivery may begin at ``closes_s``.
    """

    stop_id: int
    spot: Spot | None
    crates: int
    weight_g: int
    opens_s: int = 0
    closes_s: int | None = None


@dataclass(frozen=True, slots=True)
class Van:
    """
    A vehicle and its shift.

    :param leaves_s: when it can leave the warehouse; ``back_s``: when it must be back there.
    """

    vehicle_id: int
    crates: int
    load_g: int
    leaves_s: int
    back_s: int
    fixed_fen: int
    per_km_fen: int


class Tour(NamedTuple):
    van: Van
    drops: tuple[Drop, ...]


class Missed(NamedTuple):
    """A drop that no tour makes, and why."""

    drop: Drop
    why: LeftOut


@dataclass(frozen=True, slots=True)
class Plan:
    """Every drop is in exactly one tour, or missed."""

    tours: tuple[Tour, ...]
    missed: tuple[Missed, ...] = ()


class Call(NamedTuple):
    """
    One stop on a timetable: it begins at ``at_s``, after waiting for the window if it was too early.

    ``leg_m`` is None on the way to a stop of which nobody knows where it is.
    """

    leg_m: int | None
    at_s: int


@dataclass(frozen=True, slots=True)
class Timetable:
    """:param late: places in ``calls`` that come after their window. ``distance_m`` and ``back_s`` include the way home."""

    calls: tuple[Call, ...]
    late: tuple[int, ...]
    distance_m: int
    back_s: int


Rank: TypeAlias = tuple[int, int]


def timetable(drops: Sequence[Drop], *, leaves_s: int, roads: Roads) -> Timetable:
    """Drive to ``drops`` in their order, wait where it is too early, and come home."""
    here, clock_s, distance_m = HOME, leaves_s, 0
    calls: list[Call] = []
    late: list[int] = []
    for place, drop in enumerate(drops):
        leg_m = None if drop.spot is None else roads.metres(here, drop.spot)
        drive_s = roads.blind_s if leg_m is None else roads.seconds(leg_m)
        clock_s = max(clock_s + drive_s, drop.opens_s)
        if drop.closes_s is not None and clock_s > drop.closes_s:
            late.append(place)
        calls.append(Call(leg_m, clock_s))
        here, clock_s, distance_m = drop.spot or here, clock_s + roads.service_s, distance_m + (leg_m or 0)
    home_m = roads.metres(here, HOME)
    return Timetable(tuple(calls), tuple(late), distance_m + home_m, clock_s + roads.seconds(home_m))


def fits(tour: Tour, roads: Roads) -> bool:
    """Whether the vehicle can carry it all, be everywhere in time, and be back before its shift ends."""
    van, drops = tour
    if sum(drop.crates for drop in drops) > van.crates or sum(drop.weight_g for drop in drops) > van.load_g:
        return False
    if any(drop.spot is None for drop in drops):
        return False
    times = timetable(drops, leaves_s=van.leaves_s, roads=roads)
    return not times.late and times.back_s <= van.back_s


def length_m(plan: Plan, roads: Roads) -> int:
    """Return the metres of all tours, there and back."""
    return sum(timetable(tour.drops, leaves_s=tour.van.leaves_s, roads=roads).distance_m for tour in plan.tours)


def cost_mfen(plan: Plan, roads: Roads) -> int:
    """Return what all tours cost, in thousandths of a fen: for each its fixed part and its kilometres."""
    return sum(
        tour.van.fixed_fen * 1000
        + tour.van.per_km_fen * timetable(tour.drops, leaves_s=tour.van.leaves_s, roads=roads).distance_m
        for tour in plan.tours
    )


def rank(plan: Plan, roads: Roads) -> Rank:
    """Return what plans are compared by: first how many stops are missed, then the cost. Less is better."""
    return len(plan.missed), cost_mfen(plan, roads)


def allowed(plan: Plan, drops: Sequence[Drop], roads: Roads) -> bool:
    """Whether a plan keeps every rule and holds each of ``drops`` once; asked of whatever a solver answers."""
    made = sorted(drop.stop_id for tour in plan.tours for drop in tour.drops)
    held = sorted([*made, *(missed.drop.stop_id for missed in plan.missed)])
    vans = [tour.van.vehicle_id for tour in plan.tours]
    return (
        held == sorted(drop.stop_id for drop in drops)
        and len(vans) == len(set(vans))
        and all(fits(tour, roads) for tour in plan.tours)
    )


def alone(drop: Drop, vans: Sequence[Van], roads: Roads) -> LeftOut | None:
    """Return why no vehicle can bring this drop even if it brings nothing else, or None if one can."""
    if drop.spot is None:
        return LeftOut.NO_PLACE
    if any(fits(Tour(van, (drop,)), roads) for van in vans):
        return None
    if all(drop.crates > van.crates for van in vans):
        return LeftOut.TOO_BIG
    if all(drop.weight_g > van.load_g for van in vans):
        return LeftOut.TOO_HEAVY
    return LeftOut.TOO_FAR


def miss(drop: Drop, vans: Sequence[Van], roads: Roads) -> Missed:
    """Say why a drop is in no tour: impossible by itself, or no room beside the others."""
    return Missed(drop, alone(drop, vans, roads) or LeftOut.NO_ROOM)


@dataclass(frozen=True, slots=True)
class FixedRoute:
    """A route as it is driven by hand; ``vehicle_id`` None while nobody has given it a vehicle."""

    vehicle_id: int | None
    drops: tuple[Drop, ...]


def fixed_plan(routes: Sequence[FixedRoute], vans: Sequence[Van], roads: Roads) -> Plan:
    """
    Make a plan of the routes as they are: what breaks a rule where it stands is missed, nothing changes its order.

    A route keeps its vehicle; of the others the largest loads get the smallest vehicles that hold them. This is the
    plan from which a solver starts, and which it must not be worse than.
    """
    tours: list[Tour] = []
    missed: list[Drop] = []
    for route, van in _manned(routes, vans):
        kept: tuple[Drop, ...] = ()
        for drop in route.drops:
            if van and fits(Tour(van, (*kept, drop)), roads):
                kept = (*kept, drop)
            else:
                missed.append(drop)
        if van and kept:
            tours.append(Tour(van, kept))
    return Plan(tuple(tours), tuple(miss(drop, vans, roads) for drop in missed))


def _manned(routes: Sequence[FixedRoute], vans: Sequence[Van]) -> Iterator[tuple[FixedRoute, Van | None]]:
    free = {van.vehicle_id: van for van in vans}
    waiting: list[FixedRoute] = []
    for route in routes:
        van = free.pop(route.vehicle_id, None) if route.vehicle_id else None
        if van:
            yield route, van
        else:
            waiting.append(route)
    for route in sorted(waiting, key=_crates, reverse=True):
        van = _smallest(_crates(route), list(free.values()))
        if van:
            free.pop(van.vehicle_id)
        yield route, van


def _crates(route: FixedRoute) -> int:
    return sum(drop.crates for drop in route.drops)


def _smallest(crates: int, vans: Sequence[Van]) -> Van | None:
    """Return the smallest vehicle that holds ``crates``, else the largest there is."""
    enough = [van for van in vans if van.crates >= crates]
    if enough:
        return min(enough, key=lambda van: (van.crates, van.vehicle_id))
    return max(vans, key=lambda van: (van.crates, -van.vehicle_id), default=None)
