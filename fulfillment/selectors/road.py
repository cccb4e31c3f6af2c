"""The routes of a wave as they are now: who drives, how full the vehicle is, where every stop stands, how late it is."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from fulfillment.domain.states import StopState
from fulfillment.models import Route, Stop, Wave
from groupbuy.kernel import clock
from groupbuy.kernel.db import rows

MINUTE = dt.timedelta(minutes=1)


@dataclass(frozen=True)
class LiveStop:
    """
    :param late_minutes: whole minutes behind the expected arrival, so far or at the arrival; negative if early, None
        while nothing is expected.
    :param problems: how many the driver has reported.
    """

    stop: Stop
    weight_g: int
    late_minutes: int | None
    problems: int

    @property
    def is_late(self) -> bool:
        return self.late_minutes is not None and self.late_minutes > 0


@dataclass(frozen=True)
class LiveRoute:
    route: Route
    stops: tuple[LiveStop, ...]

    @property
    def crates(self) -> int:
        return sum(each.stop.crates for each in self.stops)

    @property
    def weight_g(self) -> int:
        return sum(each.weight_g for each in self.stops)

    @property
    def done(self) -> int:
        """Stops where the driver has been."""
        return sum(each.stop.state in (StopState.ARRIVED, StopState.SIGNED) for each in self.stops)

    @property
    def late(self) -> int:
        """Stops that are, or were reached, behind their time."""
        return sum(each.is_late for each in self.stops)

    @property
    def load_percent(self) -> int | None:
        """How full the vehicle is, by crates or by weight, whichever is more; None without a vehicle."""
        van = self.route.vehicle
        if van is None:
            return None
        return max(self.crates * 100 // van.crates, self.weight_g // (van.capacity_kg * 10))


def stops_live() -> QuerySet[Any]:
    """Stops with all that a picture of them shows; ``problem_count`` is how many problems were reported there."""
    return Stop.objects.select_related("point", "route__vehicle", "route__driver", "wave__warehouse").annotate(
        problem_count=Count("problems")
    )


def board(wave: Wave) -> list[LiveRoute]:
    """Return the routes by number, their stops in order; three statements, whatever their number."""
    now, weights = clock.now(), _weights(wave)
    by_route: dict[Route, list[LiveStop]] = {}
    for stop in stops_live().filter(wave=wave).order_by("route__number", "sequence"):
        by_route.setdefault(stop.route, []).append(
            LiveStop(stop, weights.get(stop.point_id, 0), late_minutes(stop, now), stop.problem_count)
        )
    return [LiveRoute(route, tuple(stops)) for route, stops in by_route.items()]


def late_minutes(stop: Stop, now: dt.datetime) -> int | None:
    """Return by how much a stop was missed, or is by now; a stop to which there is still time is not late."""
    if stop.expected_at is None:
        return None
    seen_at = stop.arrived_at or stop.signed_at
    if seen_at is None:
        return max(0, (now - stop.expected_at) // MINUTE)
    return (seen_at - stop.expected_at) // MINUTE


def _weights(wave: Wave) -> dict[int, int]:
    found = rows(
        """
        SELECT line.point_id, sum(line.quantity::bigint * sku.weight_g)::bigint AS weight_g
        FROM fulfillment_sortline line JOIN groupbuy_sku sku ON sku.id = line.sku_id
        WHERE line.wave_id = %s AND line.paper_version = %s GROUP BY line.point_id
        """,
        [wave.pk, wave.paper_version],
    )
    return {row["point_id"]: row["weight_g"] for row in found}
