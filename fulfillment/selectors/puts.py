"""
What goes to which position and what lies there already: by SKU, by position, and what is to be taken back.

A page at a time: neither a SKU's ten thousand positions nor a position's three hundred SKUs come at once.
"""

from dataclasses import dataclass
from typing import Any

from fulfillment.models import Wave
from groupbuy.domain.words import Zone
from groupbuy.kernel.db import rows

PER_PAGE = 60


@dataclass(frozen=True)
class PutState:
    """One SKU at one position, against the current paper version; pieces are sale units."""

    position: int
    point_id: int
    point_code: str
    point: str
    sku_id: int
    code: str
    name: str
    spec: str
    unit: str
    weighed: bool
    quantity: int
    put: int
    short: int
    """Recorded as not there at this position while the pick is open."""
    heap: int | None
    """Number of the grid warehouse's place, into whose heap the goods go here; None: straight to the position."""

    @property
    def left(self) -> int:
        return max(self.quantity - self.short - self.put, 0)

    @property
    def surplus(self) -> int:
        """More lies there than is wanted: to be taken back."""
        return max(self.put - self.quantity, 0)


_COLUMNS = """
    SELECT place.position, place.point_id, point.code AS point_code, concat_ws(' · ', grid.name, point.name) AS point,
           sku.id AS sku_id, sku.code,
           sku.name, sku.spec, sku.sale_unit AS unit, sku.weighed, coalesce(line.quantity, 0) AS quantity,
           coalesce(done.pieces, 0) AS put, coalesce(missing.pieces, 0)::int AS short,
           place.grid_position AS heap
"""
_MISSING = """
    LEFT JOIN (SELECT point_id, sku_id, sum(pieces) AS pieces FROM fulfillment_shortage
               WHERE wave_id = %(wave)s AND undone_at IS NULL AND allocated IS NULL GROUP BY point_id, sku_id
              ) AS missing ON missing.point_id = place.point_id AND missing.sku_id = sku.id
"""
_WANTED = f"""
    {_COLUMNS}
    FROM fulfillment_sortline line
    JOIN fulfillment_stop place ON place.wave_id = line.wave_id AND place.point_id = line.point_id
    JOIN groupbuy_pickuppoint point ON point.id = place.point_id
    LEFT JOIN groupbuy_gridwarehouse grid ON grid.id = place.grid_id
    JOIN groupbuy_sku sku ON sku.id = line.sku_id
    LEFT JOIN fulfillment_putprogress done
        ON done.wave_id = line.wave_id AND done.point_id = line.point_id AND done.sku_id = line.sku_id
    {_MISSING}
    WHERE line.wave_id = %(wave)s AND line.paper_version = %(version)s
"""


def of_sku(
    wave: Wave, sku_id: int, *, after: int = 0, only_open: bool = False, limit: int = PER_PAGE
) -> list[PutState]:
    """Return the positions that get the SKU, in their order, from the one behind ``after`` on."""
    return _states(
        f"""{_WANTED} AND line.sku_id = %(sku)s AND place.position > %(after)s
            AND (NOT %(only_open)s
                 OR line.quantity > coalesce(done.pieces, 0) + coalesce(missing.pieces, 0))
            ORDER BY place.position LIMIT %(limit)s""",
        wave,
        sku=sku_id,
        after=after,
        only_open=only_open,
        limit=limit,
    )


def of_point(wave: Wave, point_id: int, *, sku_id: int | None = None) -> list[PutState]:
    """Return what one position gets, by zone, bin and code."""
    return _states(
        f"""{_WANTED} AND line.point_id = %(point)s AND (%(sku)s::bigint IS NULL OR line.sku_id = %(sku)s)
            ORDER BY array_position(%(zones)s, sku.zone::text), sku.bin, sku.code""",
        wave,
        point=point_id,
        sku=sku_id,
        zones=[zone.value for zone in Zone],
    )


def surplus(wave: Wave, *, sku_id: int | None = None, limit: int = PER_PAGE) -> list[PutState]:
    """Return where more lies than the current version wants; nowhere while there has been one issue only."""
    if wave.paper_version == 1:
        return []
    return _states(
        f"""{_COLUMNS}
            FROM fulfillment_putprogress done
            JOIN fulfillment_stop place ON place.wave_id = done.wave_id AND place.point_id = done.point_id
            JOIN groupbuy_pickuppoint point ON point.id = place.point_id
            LEFT JOIN groupbuy_gridwarehouse grid ON grid.id = place.grid_id
            JOIN groupbuy_sku sku ON sku.id = done.sku_id
            LEFT JOIN fulfillment_sortline line ON line.wave_id = done.wave_id AND line.paper_version = %(version)s
                AND line.point_id = done.point_id AND line.sku_id = done.sku_id
            {_MISSING}
            WHERE done.wave_id = %(wave)s AND done.pieces > coalesce(line.quantity, 0)
              AND (%(sku)s::bigint IS NULL OR done.sku_id = %(sku)s)
            ORDER BY place.position, sku.code LIMIT %(limit)s""",
        wave,
        sku=sku_id,
        limit=limit,
    )


def _states(sql: str, wave: Wave, **params: Any) -> list[PutState]:
    found = rows(sql, {"wave": wave.pk, "version": wave.paper_version, **params})
    return [PutState(**row) for row in found]


@dataclass(frozen=True)
class PositionState:
    """One position over all its SKUs; ``open_skus`` are not complete yet."""

    position: int
    point_id: int
    point_code: str
    point: str
    route: str
    crates: int
    quantity: int
    put: int
    open_skus: int

    @property
    def percent(self) -> int:
        return 100 * self.put // self.quantity if self.quantity else 100


def of_positions(wave: Wave, *, after: int = 0, limit: int = PER_PAGE) -> list[PositionState]:
    """Return the positions behind ``after`` with what lies there; one statement that reads only this page's lines."""
    found = rows(
        """
        SELECT place.position, place.point_id, point.code AS point_code,
               concat_ws(' · ', grid.name, point.name) AS point, route.name AS route,
               place.crates, coalesce(sum(line.quantity), 0)::int AS quantity,
               coalesce(sum(least(line.quantity, coalesce(done.pieces, 0))), 0)::int AS put,
               count(line.id) FILTER (WHERE line.quantity > coalesce(done.pieces, 0)) AS open_skus
        FROM (SELECT * FROM fulfillment_stop WHERE wave_id = %(wave)s AND position > %(after)s
              ORDER BY position LIMIT %(limit)s) AS place
        JOIN groupbuy_pickuppoint point ON point.id = place.point_id
        LEFT JOIN groupbuy_gridwarehouse grid ON grid.id = place.grid_id
        JOIN fulfillment_route route ON route.id = place.route_id
        LEFT JOIN fulfillment_sortline line ON line.wave_id = place.wave_id AND line.paper_version = %(version)s
            AND line.point_id = place.point_id
        LEFT JOIN fulfillment_putprogress done
            ON done.wave_id = line.wave_id AND done.point_id = line.point_id AND done.sku_id = line.sku_id
        GROUP BY place.position, place.point_id, point.id, grid.id, route.id, place.crates
        ORDER BY place.position
        """,
        {"wave": wave.pk, "version": wave.paper_version, "after": after, "limit": limit},
    )
    return [PositionState(**row) for row in found]
