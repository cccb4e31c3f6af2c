"""Pickups of a wave and their codes: drawn by the database's strong random numbers, set-based."""

import datetime as dt
from collections.abc import Callable, Sequence

from fulfillment.models import Wave
from groupbuy.kernel.db import rows, run
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
    what the shopper was shown still works. Each round draws a six-digit code for all who have no pickup yet, or whose
    pickup was done before this wave brought more; whoever drew a code that is open at the same point already draws again
    in the next round.

    :raises CodesExhausted: no free codes after twenty rounds.
    """
    _until_done(lambda: _follow(wave, campaign_ids))
    _until_done(lambda: _draw(wave, campaign_ids, now))
    _until_done(lambda: _reopen(wave, campaign_ids))


def _until_done(round_: Callable[[], int]) -> None:
    """Do rounds until one leaves nobody over."""
    for _ in range(ROUNDS):
        if not round_():
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
    """
    Insert what one round can; return how many drew a code that was taken.

    A draw of the database's strong random numbers for each code and token would cost more than the rows. So a key of
    244 such bits is drawn once a round and forgotten, and each row has its own hash of it: 128 bits of that are the
    token, the next 32 make the code, and neither tells of the other. Sorted, so that the index grows at its end.
    """
    (counted,) = rows(
        """
        WITH secret AS MATERIALIZED (
            SELECT uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) AS key
        ), missing AS MATERIALIZED (
            SELECT DISTINCT o.shopper_id, o.point_id FROM groupbuy_order o
            WHERE o.campaign_id = ANY(%(campaigns)s) AND o.state = 'accepted'
              AND NOT EXISTS (SELECT FROM fulfillment_pickup p WHERE p.shopper_id = o.shopper_id
                              AND p.point_id = o.point_id AND p.delivery_date = %(date)s)
        ), drawn AS (
            INSERT INTO fulfillment_pickup (public_id, shopper_id, point_id, warehouse_id, delivery_date, code, token,
                                            created_at)
            SELECT gen_random_uuid(), shopper_id, point_id, %(warehouse)s, %(date)s,
                   lpad((('x' || encode(substr(hash, 17, 4), 'hex'))::bit(32)::bigint %% 1000000)::text, 6, '0'),
                   encode(substr(hash, 1, 16), 'hex'), %(now)s
            FROM (SELECT shopper_id, point_id, sha256(key || int8send(shopper_id) || int8send(point_id)) AS hash
                  FROM missing, secret OFFSET 0) AS person
            ORDER BY shopper_id, point_id
            ON CONFLICT DO NOTHING RETURNING id
        )
        SELECT (SELECT count(*) FROM missing) - (SELECT count(*) FROM drawn) AS left_over
        """,
        {"campaigns": list(campaign_ids), "date": wave.delivery_date, "warehouse": wave.warehouse_id, "now": now},
    )
    return int(counted["left_over"])


def _reopen(wave: Wave, campaign_ids: Sequence[int]) -> int:
    """Open finished pickups for which this wave brings more, with a new code; return how many drew one that was taken."""
    (counted,) = rows(
        f"""
        WITH done AS MATERIALIZED (
            SELECT id, shopper_id, point_id FROM fulfillment_pickup
            WHERE delivery_date = %(date)s AND done_at IS NOT NULL
        ), finished AS (
            SELECT p.id, p.point_id, {_CODE} AS code FROM done p
            WHERE EXISTS (
                SELECT FROM groupbuy_order o JOIN groupbuy_orderline line ON line.order_id = o.id
                WHERE o.shopper_id = p.shopper_id AND o.point_id = p.point_id AND o.campaign_id = ANY(%(campaigns)s)
                  AND o.state = 'accepted' AND line.collected < line.quantity - line.short - line.refunded)
        ), reopened AS (
            UPDATE fulfillment_pickup p SET code = drawn.code, done_at = NULL
            FROM (SELECT DISTINCT ON (point_id, code) * FROM finished ORDER BY point_id, code, id) AS drawn
            WHERE p.id = drawn.id AND NOT EXISTS (
                SELECT FROM fulfillment_pickup other
                WHERE other.point_id = drawn.point_id AND other.code = drawn.code AND other.done_at IS NULL)
            RETURNING p.id
        )
        SELECT (SELECT count(*) FROM finished) - (SELECT count(*) FROM reopened) AS left_over
        """,  # noqa: S608 - the expression above
        {"campaigns": list(campaign_ids), "date": wave.delivery_date},
    )
    return int(counted["left_over"])
