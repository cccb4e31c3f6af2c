"""Vehicles, one for each fixed route, and their drivers."""

import datetime as dt

from fulfillment.models import DriverPost, Vehicle
from groupbuy.models import User, Warehouse
from leaders.demo.files import table


def load_fleet() -> None:
    """Make the vehicles and drivers that are not there yet."""
    rows = table("vehicles")
    warehouses = Warehouse.objects.in_bulk(field_name="code")
    drivers = User.objects.in_bulk([row["driver"] for row in rows], field_name="username")
    DriverPost.objects.bulk_create(
        (DriverPost(warehouse=warehouses[row["warehouse"]], user=drivers[row["driver"]]) for row in rows),
        ignore_conflicts=True,
    )
    Vehicle.objects.bulk_create(
        (
            Vehicle(
                warehouse=warehouses[row["warehouse"]],
                plate=row["plate"],
                name=row["name"],
                crates=int(row["crates"]),
                capacity_kg=int(row["capacity_kg"]),
                shift_from=dt.time.fromisoformat(row["shift_from"]),
                shift_to=dt.time.fromisoformat(row["shift_to"]),
                fixed_fen=int(row["fixed_fen"]),
                per_km_fen=int(row["per_km_fen"]),
                route_name=row["route_name"],
                driver=drivers[row["driver"]],
            )
            for row in rows
        ),
        ignore_conflicts=True,
    )
