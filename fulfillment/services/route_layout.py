"""
Writing the routes of a wave: which vehicle, which stops in which order, when they are expected.

One way for all who change them (the fixed plan, a person, the solver): a layout is written whole, by a bounded number
of statements, with the times that follow from it.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from fulfillment.domain.roads import Roads
from fulfillment.domain.states import LeftOut
from fulfillment.domain.tours import Drop, Timetable, timetable
from fulfillment.models import Route, Vehicle, Wave
from fulfillment.selectors import tours
from groupbuy.kernel.db import run

MINUTE_S = 60


@dataclass(frozen=True)
class Draft:
    """A route as it is to be. ``why``: of drops that no vehicle brings, by id of their stop."""

    number: int
    name: str
    vehicle: Vehicle | None
    driver_id: int | None
    drops: tuple[Drop, ...]
    why: dict[int, LeftOut] = field(default_factory=dict)


def drafts_of(layout: tours.Layout) -> list[Draft]:
    """Return the routes of a wave as they are, to be changed."""
    return [_draft(layout, route, drops) for route, drops in zip(layout.routes, layout.drops, strict=True)]


def _draft(layout: tours.Layout, route: Route, drops: tuple[Drop, ...]) -> Draft:
    why = {drop.stop_id: layout.why[drop.stop_id] for drop in drops if drop.stop_id in layout.why}
    return Draft(route.number, route.name, route.vehicle, route.driver_id, drops, why)


def layout_write(wave: Wave, drafts: Sequence[Draft], *, renumber: bool) -> None:
    """
    Write the drafts, and drop the routes of the wave that have no stop left. The caller has locked the wave.

    A route keeps its driver's link only if vehicle and driver stay. Routes that are not among the drafts stay.

    :param renumber: give out the put positions of the wave anew, along the drafts; all its stops must be in them then.
    """
    timed = [(draft, _times(wave, draft)) for draft in drafts if draft.drops]
    _write_routes(wave, timed)
    _write_stops(wave, timed, renumber=renumber)
    run(
        "DELETE FROM fulfillment_route route WHERE wave_id = %s"
        " AND NOT EXISTS (SELECT FROM fulfillment_stop stop WHERE stop.route_id = route.id)",
        [wave.pk],
    )


def _times(wave: Wave, draft: Draft) -> Timetable:
    leaves_s = tours.van(wave, draft.vehicle).leaves_s if draft.vehicle else 0
    return timetable(draft.drops, leaves_s=leaves_s, roads=_roads(wave))


def _roads(wave: Wave) -> Roads:
    """Without the place of the warehouse every way takes the same time, unloading included."""
    if tours.knows_home(wave):
        return tours.roads()
    return Roads(detour_percent=100, speed_kmh=1, service_s=0, blind_s=settings.GROUPBUY_MINUTES_PER_STOP * MINUTE_S)


def _instant(wave: Wave, after_s: int) -> dt.datetime:
    """Return an instant after the dispatch, in whole minutes: nobody reads seconds, and none should be late by one."""
    return wave.dispatch_at + dt.timedelta(minutes=-(-after_s // MINUTE_S))


def _write_routes(wave: Wave, timed: Sequence[tuple[Draft, Timetable]]) -> None:
    known = [all(call.leg_m is not None for call in times.calls) for _, times in timed]
    run(
        """
        INSERT INTO fulfillment_route AS route (wave_id, number, name, vehicle_id, driver_id, distance_m, back_at)
        SELECT %(wave)s, drafts.* FROM unnest(%(numbers)s::int[], %(names)s::text[], %(vehicles)s::bigint[],
            %(drivers)s::bigint[], %(metres)s::bigint[], %(backs)s::timestamptz[]) AS drafts
        ON CONFLICT ON CONSTRAINT route_once DO UPDATE SET name = EXCLUDED.name, vehicle_id = EXCLUDED.vehicle_id,
            driver_id = EXCLUDED.driver_id, distance_m = EXCLUDED.distance_m, back_at = EXCLUDED.back_at,
            link_expires_at = CASE WHEN (route.vehicle_id, route.driver_id)
                IS NOT DISTINCT FROM (EXCLUDED.vehicle_id, EXCLUDED.driver_id) THEN route.link_expires_at END
        """,
        {
            "wave": wave.pk,
            "numbers": [draft.number for draft, _ in timed],
            "names": [draft.name[:32] for draft, _ in timed],
            "vehicles": [draft.vehicle.pk if draft.vehicle else None for draft, _ in timed],
            "drivers": [draft.driver_id for draft, _ in timed],
            "metres": [times.distance_m if whole else None for (_, times), whole in zip(timed, known, strict=True)],
            "backs": [_instant(wave, times.back_s) for _, times in timed],
        },
    )


def _write_stops(wave: Wave, timed: Sequence[tuple[Draft, Timetable]], *, renumber: bool) -> None:
    stops = list(_numbered(wave, timed))
    columns = list(zip(*stops, strict=True)) or [()] * 7
    run(
        """
        UPDATE fulfillment_stop stop
        SET route_id = route.id, sequence = planned.sequence, expected_at = planned.expected_at,
            leg_m = planned.leg_m, left_out = planned.why,
            position = CASE WHEN %s THEN planned.position ELSE stop.position END
        FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::int[], %s::timestamptz[], %s::int[], %s::text[])
            AS planned (id, route_number, sequence, position, expected_at, leg_m, why)
        JOIN fulfillment_route route ON route.wave_id = %s AND route.number = planned.route_number
        WHERE stop.id = planned.id AND stop.wave_id = route.wave_id
        """,
        [renumber, *map(list, columns), wave.pk],
    )


def _numbered(wave: Wave, timed: Sequence[tuple[Draft, Timetable]]) -> Iterator[tuple[Any, ...]]:
    """Yield id, route, sequence, position, expected arrival, metres and reason of every stop."""
    position = 0
    for draft, times in timed:
        for sequence, (drop, call) in enumerate(zip(draft.drops, times.calls, strict=True), 1):
            position += 1
            why = draft.why.get(drop.stop_id, "")
            expected_at = None if why else _instant(wave, call.at_s)
            yield drop.stop_id, draft.number, sequence, position, expected_at, call.leg_m, str(why)
