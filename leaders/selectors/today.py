"""What a leader sees first: today's groups, deliveries, pickups, earnings."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from fulfillment.models import Stop
from fulfillment.selectors import pickups, stops
from groupbuy.kernel.db import rows
from groupbuy.models import User
from leaders.selectors.earnings import Earnings, totals


@dataclass(frozen=True)
class OpenGroup:
    """A group that takes orders, or is being cut off. ``pieces`` and ``amount_fen`` count paid orders."""

    public_id: UUID
    title: str
    state: str
    cutoff_at: dt.datetime
    delivery_date: dt.date
    point: str
    share_code: str
    orders: int
    unpaid: int
    pieces: int
    amount_fen: int


@dataclass(frozen=True)
class Today:
    groups: list[OpenGroup]
    to_sign: list[Stop]
    pickups_waiting: int
    earnings: Earnings


_GROUPS = """
    SELECT g.public_id, c.title, c.state, c.cutoff_at, c.delivery_date, point.name AS point,
           coalesce(share.code, '') AS share_code, coalesce(tally.orders, 0)::int AS orders,
           coalesce(tally.unpaid, 0)::int AS unpaid, coalesce(tally.pieces, 0)::int AS pieces,
           coalesce(tally.amount_fen, 0)::bigint AS amount_fen
    FROM groupbuy_group g
    JOIN groupbuy_campaign c ON c.id = g.campaign_id
    JOIN groupbuy_pickuppoint point ON point.id = g.point_id
    LEFT JOIN groupbuy_sharecode share ON share.point_id = g.point_id AND share.leader_id = g.leader_id
    LEFT JOIN LATERAL (
        SELECT count(*) FILTER (WHERE o.state IN ('paid', 'accepted')) AS orders,
               count(*) FILTER (WHERE o.state = 'placed') AS unpaid,
               sum(o.total_fen) FILTER (WHERE o.state IN ('paid', 'accepted')) AS amount_fen,
               sum((SELECT sum(line.quantity) FROM groupbuy_orderline line WHERE line.order_id = o.id))
                   FILTER (WHERE o.state IN ('paid', 'accepted')) AS pieces
        FROM groupbuy_order o WHERE o.group_id = g.id
    ) tally ON true
    WHERE g.leader_id = %s AND c.state IN ('open', 'closing')
    ORDER BY c.cutoff_at, g.id
"""


def today(*, leader: User, now: dt.datetime) -> Today:
    return Today(
        groups=[OpenGroup(**row) for row in rows(_GROUPS, [leader.pk])],
        to_sign=list(stops.to_sign(leader)),
        pickups_waiting=pickups.waiting_at(leader).count(),
        earnings=totals(leader=leader, now=now),
    )
