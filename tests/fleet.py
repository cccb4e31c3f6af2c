"""Vehicles, drivers and points with places, so that routes can be planned; on top of ``tests.world``."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from fulfillment.models import DriverPost, Stop, Vehicle, Wave
from groupbuy.domain.words import PointKind
from groupbuy.kernel import clock
from groupbuy.models import PickupPoint, User, Warehouse
from groupbuy.services.campaigns import OfferWanted
from tests.world import World, build_wave, lead, open_campaign, person, place_and_pay, point

METRE = Decimal("0.000009")
"""Of latitude, in degrees; near enough."""


def locate(warehouse: Warehouse) -> None:
    """Put the warehouse where the points of ``tests.world`` begin: 0.01 degrees of longitude, about 960 m, before the first."""
    Warehouse.objects.filter(pk=warehouse.pk).update(lng="120.100000", lat="30.280000")
    warehouse.refresh_from_db()


def vehicle(warehouse: Warehouse, plate: str, **fields: Any) -> Vehicle:
    """Make a vehicle for 100 crates and a tonne from 04:00 to 12:00; 1 yuan a kilometre."""
    wanted: dict[str, Any] = {
        "crates": 100,
        "capacity_kg": 1000,
        "shift_from": dt.time(4),
        "shift_to": dt.time(12),
        **fields,
    }
    return Vehicle.objects.create(warehouse=warehouse, plate=plate, **wanted)


def driver(warehouse: Warehouse, *, name: str = "马师傅", phone: str = "13800000031") -> User:
    """Make an account that may drive for the warehouse."""
    user = person(name=name, phone=phone)
    DriverPost.objects.create(warehouse=warehouse, user=user)
    return user


def wave_of_points(world: World, places: Mapping[str, tuple[int, int]], **fields: Any) -> Wave:
    """
    Build a wave with one egg box for each of ``places``: name -> metres east and north of the warehouse.

    The points are on one fixed route in their order; their codes are P01, P02 and so on. ``fields`` go to every point.
    """
    locate(world.warehouse)
    points = [
        _point(world, number, name, east, north, fields)
        for number, (name, (east, north)) in enumerate(places.items(), 1)
    ]
    campaign = open_campaign(
        warehouse=world.warehouse, points=points, offers=[OfferWanted(sku=world.eggs.sku)], title="线路测试"
    )
    offer = campaign.offers.get()
    for each in points:
        place_and_pay(shopper=world.shopper, group=campaign.groups.get(point=each), quantities={offer: 1})
    return build_wave(campaign=campaign)


def _point(world: World, number: int, name: str, east: int, north: int, fields: Mapping[str, Any]) -> PickupPoint:
    made = point(
        warehouse=world.warehouse, code=f"P{number:02d}", name=name, kind=PointKind.SHOP, position=100 + number
    )
    made.lng = Decimal("120.100000") + (east * METRE / Decimal("0.8636")).quantize(METRE / 9)
    made.lat = Decimal("30.280000") + north * METRE
    for field, value in fields.items():
        setattr(made, field, value)
    made.save()
    lead(point=made, user=person(name=f"团长{number}", phone=f"138001{number:05d}"), now=clock.now())
    return made


def order_of(wave: Wave) -> list[tuple[str, list[str]]]:
    """Return the routes by number, each with the names of its points in order."""
    found: dict[str, list[str]] = {}
    stops = Stop.objects.filter(wave=wave).select_related("route", "point").order_by("route__number", "sequence")
    for stop in stops:
        found.setdefault(stop.route.name, []).append(stop.point.name)
    return list(found.items())
