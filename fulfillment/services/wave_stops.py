"""
Routes and stops of a wave: numbered along the fixed routes, once; who comes later stands behind the last.

First the places on the warehouse's floor are numbered: points that it sorts itself along their routes, then one place
for each grid warehouse. Behind them come the places of the points inside the grids, grid after grid.
"""

import datetime as dt

from django.conf import settings

from fulfillment.domain.states import STOP, StopState
from fulfillment.models import Wave
from groupbuy.kernel.db import rows, run
from groupbuy.kernel.transition import born

# Of a point with demand: its grid, if that belongs to the wave's warehouse, and its fixed route there.
_PLACE = """
    JOIN groupbuy_pickuppoint point ON point.id = line.point_id
    LEFT JOIN groupbuy_gridwarehouse grid ON grid.id = point.grid_id AND grid.warehouse_id = %(warehouse)s
    CROSS JOIN LATERAL (
        SELECT left(concat_ws(' ', grid.name, coalesce(nullif(point.route_name, ''), '散点')), 32) AS name
    ) AS fixed
"""


def routes_insert(wave: Wave) -> None:
    """One route for each fixed route that has demand and is not there yet; points without one share the route 散点."""
    run(
        f"""
        INSERT INTO fulfillment_route (wave_id, number, name, grid_id)
        SELECT %(wave)s,
               row_number() OVER (ORDER BY grid_code NULLS FIRST, name)
                   + (SELECT coalesce(max(number), 0) FROM fulfillment_route WHERE wave_id = %(wave)s),
               name, grid_id
        FROM (SELECT DISTINCT fixed.name, grid.id AS grid_id, grid.code AS grid_code
              FROM (SELECT DISTINCT point_id FROM fulfillment_sortline
                    WHERE wave_id = %(wave)s AND paper_version = %(version)s) AS line {_PLACE}) AS named
        WHERE NOT EXISTS (SELECT FROM fulfillment_route route WHERE route.wave_id = %(wave)s AND route.name = named.name
                          AND route.grid_id IS NOT DISTINCT FROM named.grid_id)
        """,  # noqa: S608 - a constant above
        {"wave": wave.pk, "version": wave.paper_version, "warehouse": wave.warehouse_id},
    )


def stops_insert(wave: Wave, now: dt.datetime) -> None:
    """
    Give every point with goods in this version that has none a stop; never renumber those that are there.

    Crates are estimated by pieces and the arrival by a fixed time per stop.
    """
    stops = rows(
        _INSERT_STOPS,
        {
            "wave": wave.pk,
            "version": wave.paper_version,
            "warehouse": wave.warehouse_id,
            "state": StopState.PLANNED,
            "dispatch": wave.dispatch_at,
            "per_crate": settings.GROUPBUY_PIECES_PER_CRATE,
            "minutes": settings.GROUPBUY_MINUTES_PER_STOP,
        },
    )
    born(STOP, ids=[row["id"] for row in stops], state=StopState.PLANNED, now=now)


# ``floor``: the last number given out, and how many places the warehouse sorts to come now.
_INSERT_STOPS = f"""
WITH placed AS (
    SELECT route.id AS route_id, route.number AS route_number, point.id AS point_id, point.code,
           point.route_position AS place, line.pieces, grid.id AS grid_id, grid.code AS grid_code,
           coalesce(before.stops, 0)
               + row_number() OVER (PARTITION BY route.id ORDER BY point.route_position, point.code) AS sequence
    FROM (SELECT point_id, sum(quantity) AS pieces FROM fulfillment_sortline
          WHERE wave_id = %(wave)s AND paper_version = %(version)s GROUP BY point_id) AS line
    {_PLACE}
    JOIN fulfillment_route route ON route.wave_id = %(wave)s AND route.name = fixed.name
        AND route.grid_id IS NOT DISTINCT FROM grid.id
    LEFT JOIN (SELECT route_id, max(sequence) AS stops FROM fulfillment_stop WHERE wave_id = %(wave)s
               GROUP BY route_id) AS before ON before.route_id = route.id
    WHERE point.id NOT IN (SELECT point_id FROM fulfillment_stop WHERE wave_id = %(wave)s)
), known AS (
    SELECT DISTINCT grid_id, grid_position FROM fulfillment_stop WHERE wave_id = %(wave)s AND grid_id IS NOT NULL
), coming AS (
    SELECT DISTINCT grid_id, grid_code FROM placed
    WHERE grid_id IS NOT NULL AND grid_id NOT IN (SELECT grid_id FROM known)
), floor AS (
    SELECT (SELECT greatest(coalesce(max(position), 0), coalesce(max(grid_position), 0)) FROM fulfillment_stop
            WHERE wave_id = %(wave)s) AS last,
           (SELECT count(*) FROM placed WHERE grid_id IS NULL) AS points, (SELECT count(*) FROM coming) AS grids
), heap AS (
    SELECT grid_id, grid_position FROM known
    UNION ALL SELECT grid_id, last + points + row_number() OVER (ORDER BY grid_code) FROM coming, floor
)
INSERT INTO fulfillment_stop (public_id, wave_id, route_id, warehouse_id, point_id, position, grid_id, grid_position,
                              sequence, crates, state, version, expected_at)
SELECT gen_random_uuid(), %(wave)s, route_id, %(warehouse)s, point_id,
       last + CASE WHEN placed.grid_id IS NULL THEN 0 ELSE points + grids END
           + row_number() OVER (PARTITION BY placed.grid_id IS NULL ORDER BY route_number, place, code),
       placed.grid_id, heap.grid_position, sequence, ceil(pieces / %(per_crate)s::numeric), %(state)s, 1,
       %(dispatch)s + make_interval(mins => (%(minutes)s * sequence)::int)
FROM placed CROSS JOIN floor LEFT JOIN heap ON heap.grid_id = placed.grid_id
RETURNING id
"""  # noqa: S608 - a constant above
