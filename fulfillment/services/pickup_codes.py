"""Pickups of a wave and their codes: drawn by the database's strong random numbers, set-based."""

import datetime as dt
from collections.abc import Sequence

from fulfillment.models import Wave
from groupbuy.kernel.db import run
from groupbuy.kernel.errors import Unavailable

# With 10,000 open pickups at one point a draw collides once in 100, so a handful of rounds draws them all.
ROUNDS = 20

# Evaluated once a row. Percent signs are doubled for the driver.
_CODE = "lpad((('x' || substr(md5(gen_random_uuid()::text), 1, 8))::bit(32)::bigint %% 1000000)::text, 6, '0')"


class CodesExhausted(Unavailable):
    """A point has so many open pickups that no free code was found."""

    code = "pickup_codes_exhausted"


def pickups_prepare(*, wave: Wave, campaign_ids: Sequence[int], now: dt.datetime) -> None:
    """
    Make sure that every shopper with accepted pieces has one open pickup at his point for the wave's delivery date.

    A pickup whose goods have been moved to another point follows them first, with its code and its QR token, so that
    what the shopper was shown still works. Each round draws a six-digit code for all who have no pickup yet, or whose pickup was done before this wave brought
    more; a code that is open at the same point already is skipped and drawn again in the next round.

    :raises CodesExhausted: no free codes after twenty rounds.
    """
    for _ in range(ROUNDS):
        if not (_follow(wave, campaign_ids) or _draw(wave, campaign_ids, now) + _reopen(wave, campaign_ids)):
            return
    raise CodesExhausted


def _follow(wave: Wave, campaign_ids: Sequence[int]) -> int:
    """
    Bring open pickups with nothing left at their point, of which nothing was handed out, to where the shopper's goods
    are now; a code that is taken there is drawn anew. Return how many were attempted.
    """
    return run(
        f"""
        WITH missing AS (
            SELECT DISTINCT o.shopper_id, o.point_id FROM groupbuy_order o
            WHERE o.campaign_id = ANY(%(campaigns)s) AND o.state = 'accepted'
              AND NOT EXISTS (SELECT FROM fulfillment_pickup p WHERE p.shopper_id = o.shopper_id
                              AND p.point_id = o.point_id AND p.delivery_date = %(date)s)
        ), left_behind AS (
            SELECT DISTINCT ON (missing.shopper_id, missing.point_id) p.id, missing.point_id,
                   CASE WHEN EXISTS (SELECT FROM fulfillment_pickup other WHERE other.point_id = missing.point_id
                                     AND other.code = p.code AND other.done_at IS NULL)
                       THEN {_CODE} ELSE p.code END AS code
            FROM missing JOIN fulfillment_pickup p ON p.shopper_id = missing.shopper_id
                 AND p.delivery_date = %(date)s AND p.done_at IS NULL
            WHERE NOT EXISTS (SELECT FROM fulfillment_pickupevent event WHERE event.pickup_id = p.id)
              AND NOT EXISTS (SELECT FROM groupbuy_order o JOIN groupbuy_campaign c ON c.id = o.campaign_id
                              WHERE o.shopper_id = p.shopper_id AND o.point_id = p.point_id AND o.state = 'accepted'
                                AND c.delivery_date = p.delivery_date)
            ORDER BY missing.shopper_id, missing.point_id, p.id
        ), followed AS (
            UPDATE fulfillment_pickup p SET point_id = target.point_id, code = target.code
            FROM (SELECT DISTINCT ON (id) * FROM (SELECT DISTINCT ON (point_id, code) * FROM left_behind
                                                  ORDER BY point_id, code, id) AS apart
                  ORDER BY id, point_id) AS target
            WHERE p.id = target.id AND NOT EXISTS (
                SELECT FROM fulfillment_pickup other
                WHERE other.point_id = target.point_id AND other.code = target.code AND other.done_at IS NULL)
        )
        SELECT FROM left_behind
        """,  # noqa: S608 - the expression above
        {"campaigns": list(campaign_ids), "date": wave.delivery_date},
    )


def _draw(wave: Wave, campaign_ids: Sequence[int], now: dt.datetime) -> int:
    """Insert what one round can; return how many were attempted."""
    return run(
        f"""
        WITH missing AS (
            SELECT DISTINCT o.shopper_id, o.point_id FROM groupbuy_order o
            WHERE o.campaign_id = ANY(%(campaigns)s) AND o.state = 'accepted'
              AND NOT EXISTS (SELECT FROM fulfillment_pickup p WHERE p.shopper_id = o.shopper_id
                              AND p.point_id = o.point_id AND p.delivery_date = %(date)s)
        ), drawn AS (
            INSERT INTO fulfillment_pickup (public_id, shopper_id, point_id, warehouse_id, delivery_date, code, token,
                                            created_at)
            SELECT gen_random_uuid(), shopper_id, point_id, %(warehouse)s, %(date)s,
                   {_CODE},
                   encode(substr(sha256((gen_random_uuid()::text || gen_random_uuid()::text)::bytea), 1, 16), 'hex'),
                   %(now)s
            FROM missing
            ON CONFLICT DO NOTHING
        )
        SELECT FROM missing
        """,  # noqa: S608 - the expression above
        {"campaigns": list(campaign_ids), "date": wave.delivery_date, "warehouse": wave.warehouse_id, "now": now},
    )


def _reopen(wave: Wave, campaign_ids: Sequence[int]) -> int:
    """Open finished pickups for which this wave brings more, with a new code; return how many were attempted."""
    return run(
        f"""
        WITH finished AS (
            SELECT p.id, p.point_id, {_CODE} AS code FROM fulfillment_pickup p
            WHERE p.delivery_date = %(date)s AND p.done_at IS NOT NULL AND EXISTS (
                SELECT FROM groupbuy_order o JOIN groupbuy_orderline line ON line.order_id = o.id
                WHERE o.shopper_id = p.shopper_id AND o.point_id = p.point_id AND o.campaign_id = ANY(%(campaigns)s)
                  AND o.state = 'accepted' AND line.collected < line.quantity - line.short - line.refunded)
        ), reopened AS (
            UPDATE fulfillment_pickup p SET code = drawn.code, done_at = NULL
            FROM (SELECT DISTINCT ON (point_id, code) * FROM finished ORDER BY point_id, code, id) AS drawn
            WHERE p.id = drawn.id AND NOT EXISTS (
                SELECT FROM fulfillment_pickup other
                WHERE other.point_id = drawn.point_id AND other.code = drawn.code AND other.done_at IS NULL)
        )
        SELECT FROM finished
        """,  # noqa: S608 - the expression above
        {"campaigns": list(campaign_ids), "date": wave.delivery_date},
    )
