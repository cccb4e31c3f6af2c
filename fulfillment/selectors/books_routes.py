"""The oracle of routes. How to read it: ``groupbuy.selectors.books``."""

from groupbuy.selectors.books import Check

ROUTES = (
    Check(
        "I4-route",
        "线路内站序从 1 连续，站点与线路同属一个波次 / the stops of a route are 1 to n and of its wave",
        """
        SELECT 'route ' || route.id AS subject
        FROM fulfillment_route route JOIN fulfillment_stop stop ON stop.route_id = route.id
        GROUP BY route.id, route.wave_id
        HAVING min(stop.sequence) <> 1 OR max(stop.sequence) <> count(*)
            OR bool_or(stop.wave_id <> route.wave_id)
        """,
    ),
    Check(
        "I16-plan",
        "线路优化十分钟内有结果 / no plan of routes is asked for, or left by its worker, for more than ten minutes",
        """
        SELECT 'route plan ' || id AS subject FROM fulfillment_routeplan
        WHERE state IN ('asked', 'running')
          AND coalesce(lease_ends_at, asked_at) < groupbuy_now() - interval '10 minutes'
        """,
        is_age=True,
    ),
)
