"""Routes and stops of a wave: numbered along the fixed routes, once; who comes later stands behind the last."""

import datetime as dt

from django.conf import settings

from fulfillment.domain.states import STOP, StopState
from fulfillment.models import Wave
from groupbuy.kernel.db import rows, run
from groupbuy.kernel.transition import born


def routes_insert(wave: Wave) -> None:
    """One route for each fixed route that has demand and is not there yet; points without one share the route 散点."""
    run(
        """
        INSERT INTO fulfillment_route (wave_id, number, name)
        SELECT %(wave)s,
               row_number() OVER (ORDER BY name)
                   + (SELECT coalesce(max(number), 0) FROM fulfillment_route WHERE wave_id = %(wave)s),
               name
        FROM (SELECT DISTINCT coalesce(nullif(point.route_name, ''), '散点') AS name
              FROM fulfillment_sortline line JOIN groupbuy_pickuppoint point ON point.id = line.point_id
              WHERE line.wave_id = %(wave)s AND line.paper_version = %(version)s) AS named
        WHERE name NOT IN (SELECT name FROM fulfillment_route WHERE wave_id = %(wave)s)
        """,
        {"wave": wave.pk, "version": wave.paper_version},
    )


def stops_insert(wave: Wave, now: dt.datetime) -> None:
    """
    Give every point with goods in this version that has none a stop; never renumber those that are there.

    Put positions follow the routes; crates are estimated by pieces and the arrival by a fixed time per stop.
    """
    stops = rows(
        """
        INSERT INTO fulfillment_stop (public_id, wave_id, route_id, warehouse_id, point_id, position, sequence, crates,
                                      state, version, expected_at)
        SELECT gen_random_uuid(), %(wave)s, route_id, %(warehouse)s, point_id,
               (SELECT coalesce(max(position), 0) FROM fulfillment_stop WHERE wave_id = %(wave)s)
                   + row_number() OVER (ORDER BY route_number, place, code),
               sequence, ceil(pieces / %(per_crate)s::numeric), %(state)s, 1,
               %(dispatch)s + make_interval(mins => (%(minutes)s * sequence)::int)
        FROM (SELECT route.id AS route_id, route.number AS route_number, point.id AS point_id, point.code,
                     point.route_position AS place, demand.pieces,
                     coalesce(before.stops, 0)
                         + row_number() OVER (PARTITION BY route.id ORDER BY point.route_position, point.code)
                         AS sequence
              FROM (SELECT point_id, sum(quantity) AS pieces FROM fulfillment_sortline
                    WHERE wave_id = %(wave)s AND paper_version = %(version)s GROUP BY point_id) AS demand
              JOIN groupbuy_pickuppoint point ON point.id = demand.point_id
              JOIN fulfillment_route route
                   ON route.wave_id = %(wave)s AND route.name = coalesce(nullif(point.route_name, ''), '散点')
              LEFT JOIN (SELECT route_id, max(sequence) AS stops FROM fulfillment_stop WHERE wave_id = %(wave)s
                         GROUP BY route_id) AS before ON before.route_id = route.id
              WHERE point.id NOT IN (SELECT point_id FROM fulfillment_stop WHERE wave_id = %(wave)s)
             ) AS placed
        RETURNING id
        """,
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
