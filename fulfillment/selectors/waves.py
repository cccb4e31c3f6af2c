"""Waves as warehouse and operators see them."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import QuerySet

from fulfillment.models import Wave
from groupbuy.kernel.db import rows
from groupbuy.models import User
from groupbuy.selectors.posts import warehouse_ids


def visible_to(user: User) -> QuerySet[Wave]:
    """Waves of the warehouses where the person works; all of them for staff who may view waves."""
    waves = Wave.objects.select_related("warehouse")
    if user.is_staff and user.has_perm("fulfillment.view_wave"):
        return waves
    return waves.filter(warehouse__in=warehouse_ids(user))


@dataclass(frozen=True)
class WaveTotals:
    """Counts of the current version; ``pieces`` in sale units."""

    points: int
    skus: int
    pieces: int
    signed: int


_NONE = WaveTotals(points=0, skus=0, pieces=0, signed=0)


def totals(wave: Wave) -> WaveTotals:
    return totals_of([wave.pk]).get(wave.pk, _NONE)


def totals_of(wave_ids: list[int]) -> dict[int, WaveTotals]:
    """Return the totals of several waves by id; one statement whatever their number."""
    found = rows(
        """
        SELECT wave.id, coalesce(pick.skus, 0) AS skus, coalesce(pick.pieces, 0) AS pieces,
               coalesce(stops.points, 0) AS points, coalesce(stops.signed, 0) AS signed
        FROM fulfillment_wave wave
        LEFT JOIN LATERAL (SELECT count(*)::int AS skus, sum(quantity)::bigint AS pieces FROM fulfillment_pickline line
                           WHERE line.wave_id = wave.id AND line.paper_version = wave.paper_version) pick ON true
        LEFT JOIN LATERAL (SELECT count(*)::int AS points, count(signed_at)::int AS signed FROM fulfillment_stop stop
                           WHERE stop.wave_id = wave.id) stops ON true
        WHERE wave.id = ANY(%s)
        """,
        [wave_ids],
    )
    return {
        row["id"]: WaveTotals(points=row["points"], skus=row["skus"], pieces=int(row["pieces"]), signed=row["signed"])
        for row in found
    }


@dataclass(frozen=True)
class Waiting:
    """Demand of a warehouse and day that is frozen and in no wave yet; ``held`` campaigns stay out of it."""

    warehouse_id: int
    warehouse: str
    delivery_date: dt.date
    campaigns: int
    held: int


def waiting(user: User) -> list[Waiting]:
    """Return what a wave could be built of by hand, in the warehouses where the person works."""
    found = rows(
        """
        SELECT warehouse.id AS warehouse_id, warehouse.name AS warehouse, c.delivery_date,
               count(*) FILTER (WHERE c.held_at IS NULL) AS campaigns,
               count(*) FILTER (WHERE c.held_at IS NOT NULL) AS held
        FROM groupbuy_campaign c JOIN groupbuy_warehouse warehouse ON warehouse.id = c.warehouse_id
        WHERE c.state = 'frozen' AND c.taken_at IS NULL AND c.warehouse_id = ANY(%s)
        GROUP BY warehouse.id, c.delivery_date
        ORDER BY c.delivery_date, warehouse.name
        """,
        [list(warehouse_ids(user))],
    )
    return [Waiting(**row) for row in found]
