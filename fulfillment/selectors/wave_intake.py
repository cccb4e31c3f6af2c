"""What waits for a wave: frozen campaigns whose demand nobody has taken."""

import datetime as dt
from dataclasses import dataclass

from groupbuy.kernel.db import rows


@dataclass(frozen=True)
class Waiting:
    """One campaign; ``pieces`` in sale units. ``new_points``: those without a stop in the wave that was asked about."""

    campaign_id: int
    title: str
    orders: int
    points: int
    new_points: int
    pieces: int
    held: bool


def waiting(
    *, warehouse_id: int, delivery_date: dt.date, wave_id: int | None = None, held: bool = False
) -> list[Waiting]:
    """
    Return the campaigns that the next wave of this warehouse and day takes, in order of id; one statement.

    :param wave_id: a wave that they might join instead.
    :param held: also those that an operator keeps out of waves.
    """
    found = rows(
        """
        SELECT c.id AS campaign_id, c.title, count(DISTINCT o.id)::int AS orders,
               count(DISTINCT o.point_id)::int AS points,
               count(DISTINCT o.point_id) FILTER (WHERE stop.id IS NULL)::int AS new_points,
               sum(line.quantity - line.short - line.refunded)::int AS pieces, c.held_at IS NOT NULL AS held
        FROM groupbuy_campaign c
        JOIN groupbuy_order o ON o.campaign_id = c.id AND o.state = 'accepted'
        JOIN groupbuy_orderline line ON line.order_id = o.id AND line.quantity > line.short + line.refunded
        LEFT JOIN fulfillment_stop stop ON stop.wave_id = %s AND stop.point_id = o.point_id
        WHERE c.state = 'frozen' AND c.taken_at IS NULL AND (c.held_at IS NULL OR %s) AND c.warehouse_id = %s
          AND c.delivery_date = %s
        GROUP BY c.id ORDER BY c.id
        """,
        [wave_id, held, warehouse_id, delivery_date],
    )
    return [Waiting(**row) for row in found]
