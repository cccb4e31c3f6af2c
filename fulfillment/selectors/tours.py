"""The stops of a wave as tours: what is brought where by which route, and with which vehicles it can be."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Q

from fulfillment.domain.roads import Roads, Spot, spot
from fulfillment.domain.states import LeftOut
from fulfillment.domain.tours import Drop, FixedRoute, Van
from fulfillment.models import PickProgress, Route, Vehicle, Wave
from groupbuy.kernel import clock
from groupbuy.kernel.db import rows


@dataclass(frozen=True)
class Layout:
    """
    The routes of a wave in their order, each with its drops in theirs; ``drops[n]`` belongs to ``routes[n]``.

    ``why``: of stops that no vehicle brings so far, by their id.
    """

    wave: Wave
    routes: tuple[Route, ...]
    drops: tuple[tuple[Drop, ...], ...]
    why: dict[int, LeftOut]

    @property
    def all_drops(self) -> tuple[Drop, ...]:
        return tuple(drop for drops in self.drops for drop in drops)

    @property
    def fixed(self) -> tuple[FixedRoute, ...]:
        pairs = zip(self.routes, self.drops, strict=True)
        return tuple(FixedRoute(route.vehicle_id, drops) for route, drops in pairs)


def roads() -> Roads:
    """Return how this installation estimates roads."""
    return Roads(
        detour_percent=settings.GROUPBUY_ROUTE_DETOUR_PERCENT,
        speed_kmh=settings.GROUPBUY_ROUTE_SPEED_KMH,
        service_s=settings.GROUPBUY_ROUTE_SERVICE_SECONDS,
        blind_s=settings.GROUPBUY_MINUTES_PER_STOP * 60,
    )


def layout(wave: Wave, *, weighed: bool = False) -> Layout:
    """
    Return the routes of a wave as they are now; two statements, whatever their number.

    :param weighed: sum the weights of the goods up too, which goes through every sort line of the wave; else they are 0.
    """
    routes = tuple(Route.objects.filter(wave=wave).select_related("vehicle").order_by("number"))
    by_route: dict[int, list[Drop]] = {route.pk: [] for route in routes}
    why: dict[int, LeftOut] = {}
    for row in _stops(wave, weighed=weighed):
        by_route[row["route_id"]].append(_drop(wave, row))
        if row["left_out"]:
            why[row["id"]] = LeftOut(row["left_out"])
    return Layout(wave, routes, tuple(tuple(by_route[route.pk]) for route in routes), why)


_WEIGHTS = """
    LEFT JOIN (SELECT line.point_id, sum(line.quantity::bigint * sku.weight_g)::bigint AS weight_g
               FROM fulfillment_sortline line JOIN groupbuy_sku sku ON sku.id = line.sku_id
               WHERE line.wave_id = %(wave)s AND line.paper_version = %(version)s GROUP BY line.point_id
              ) AS load ON load.point_id = stop.point_id
"""


def _stops(wave: Wave, *, weighed: bool) -> list[dict[str, Any]]:
    return rows(
        f"""
        SELECT stop.id, stop.route_id, stop.crates, stop.left_out, stop.grid_id, point.lng, point.lat, point.window_from,
               point.window_to, {"coalesce(load.weight_g, 0)" if weighed else "0"} AS weight_g
        FROM fulfillment_stop stop
        JOIN fulfillment_route route ON route.id = stop.route_id
        JOIN groupbuy_pickuppoint point ON point.id = stop.point_id
        {_WEIGHTS if weighed else ""}
        WHERE stop.wave_id = %(wave)s ORDER BY route.number, stop.sequence
        """,  # noqa: S608 - texts of our own
        {"wave": wave.pk, "version": wave.paper_version},
    )


def _drop(wave: Wave, row: dict[str, Any]) -> Drop:
    closes_s = None if row["window_to"] is None else _after_dispatch(wave, row["window_to"])
    return Drop(
        stop_id=row["id"],
        # The ways behind a grid warehouse do not begin at ours.
        spot=None if row["grid_id"] else spot_of(wave, lng=row["lng"], lat=row["lat"]),
        crates=row["crates"],
        weight_g=row["weight_g"],
        opens_s=0 if row["window_from"] is None else max(0, _after_dispatch(wave, row["window_from"])),
        closes_s=closes_s,
    )


def knows_home(wave: Wave) -> bool:
    """Whether anybody has entered where the wave's warehouse lies; without it nothing can be measured."""
    return wave.warehouse.lng is not None and wave.warehouse.lat is not None


def spot_of(wave: Wave, *, lng: Decimal | None, lat: Decimal | None) -> Spot | None:
    """Return where a point lies as seen from the wave's warehouse, or None while one of the two places is not known."""
    home = wave.warehouse
    if home.lng is None or home.lat is None or lng is None or lat is None:
        return None
    return spot(lng=lng, lat=lat, home_lng=home.lng, home_lat=home.lat)


def vans(wave: Wave) -> tuple[Van, ...]:
    """Return the vehicles of the wave's warehouse whose shift is not over when it leaves."""
    vehicles = Vehicle.objects.filter(warehouse=wave.warehouse_id, active=True).order_by("pk")
    found = [van(wave, vehicle) for vehicle in vehicles]
    return tuple(each for each in found if each.back_s > each.leaves_s)


def van(wave: Wave, vehicle: Vehicle) -> Van:
    return Van(
        vehicle_id=vehicle.pk,
        crates=vehicle.crates,
        load_g=vehicle.capacity_kg * 1000,
        leaves_s=max(0, _after_dispatch(wave, vehicle.shift_from)),
        back_s=_after_dispatch(wave, vehicle.shift_to),
        fixed_fen=vehicle.fixed_fen,
        per_km_fen=vehicle.per_km_fen,
    )


def _after_dispatch(wave: Wave, local: dt.time) -> int:
    """Return the seconds from the planned dispatch to a local time of the delivery date; negative if it is before."""
    return int((clock.at_local(wave.delivery_date, local) - wave.dispatch_at).total_seconds())


def positions_stand(wave: Wave) -> bool:
    """
    Whether a position means a place on the floor, so that it is not given out anew: anything is picked or put, the
    pick is closed, or grid warehouses have positions among the others.
    """
    worked = PickProgress.objects.filter(Q(pieces__gt=0) | Q(put__gt=0), wave=wave)
    return wave.pick_closed_at is not None or worked.exists() or has_grids(wave)


def has_grids(wave: Wave) -> bool:
    return wave.stops.filter(grid__isnull=False).exists()
