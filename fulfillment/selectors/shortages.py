"""Shortages and weights as people look at them: what was recorded, who goes without, how much goes back."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from fulfillment.models import Shortage, ShortageShare, Wave, WeightEntry
from fulfillment.selectors.pick_outcome import pick_outcome
from groupbuy.kernel.db import rows

# Of a wave in which half of everything is missing nobody reads more lines on one page.
MOST_LOSSES = 500


def shortages_of(wave: Wave) -> QuerySet[Shortage]:
    """Return what was recorded short in a wave, undone records too."""
    return Shortage.objects.filter(wave=wave).select_related("sku", "point", "actor", "undone_by")


def weights_of(wave: Wave) -> QuerySet[WeightEntry]:
    """Return what was weighed in a wave, undone records too."""
    return WeightEntry.objects.filter(wave=wave).select_related("sku", "point", "line__order", "actor", "undone_by")


def shares_of(shortage: Shortage) -> QuerySet[ShortageShare]:
    """Return the decisions about a shortage, with the orders and refunds that they led to."""
    return ShortageShare.objects.filter(shortage=shortage).select_related(
        "line__order", "line__campaign", "line__point", "refund_line__refund"
    )


@dataclass(frozen=True)
class LineLoss:
    """
    What one order line goes without, and why. Money in fen, ``short`` in sale units, weights in base units.

    ``quantity``: as ordered. ``nominal`` 0: it was not weighed. ``policy``: of its campaign.
    """

    line_id: int
    order: str
    point: str
    sku: str
    name: str
    unit: str
    base_unit: str
    policy: str
    paid_at: dt.datetime
    quantity: int
    short: int
    nominal: int
    real: int
    short_fen: int
    weight_fen: int


@dataclass(frozen=True)
class Losses:
    """
    What closing a pick would decide, or has decided. ``lines``: the first of all that lose something, by SKU and point.

    :param shares: how many lines there are in all.
    """

    closed_at: dt.datetime | None
    orders: int
    shares: int
    pieces: int
    fen: int
    lines: Sequence[LineLoss]


# ``lost``: line_id, short, nominal, real, short_fen, weight_fen.
_TOLD = """
    SELECT lost.line_id, o.number AS "order", point.code AS point, sku.code AS sku, line.name, line.sale_unit AS unit,
           line.base_unit, campaign.shortage_policy AS policy, coalesce(o.paid_at, o.placed_at) AS paid_at,
           line.quantity, lost.short, lost.nominal, lost.real, lost.short_fen, lost.weight_fen,
           count(*) OVER ()::int AS all_lines, sum(lost.short) OVER ()::int AS all_pieces,
           sum(lost.short_fen + lost.weight_fen) OVER ()::bigint AS all_fen,
           max(orders.number) OVER ()::int AS all_orders
    FROM lost
    JOIN groupbuy_orderline line ON line.id = lost.line_id
    JOIN groupbuy_order o ON o.id = line.order_id
    JOIN groupbuy_sku sku ON sku.id = line.sku_id
    JOIN groupbuy_pickuppoint point ON point.id = line.point_id
    JOIN groupbuy_campaign campaign ON campaign.id = line.campaign_id
    CROSS JOIN (SELECT count(DISTINCT line.order_id) AS number
                FROM lost JOIN groupbuy_orderline line ON line.id = lost.line_id
                WHERE lost.short > 0 OR lost.weight_fen > 0) AS orders
    WHERE lost.short > 0 OR lost.weight_fen > 0
    ORDER BY sku.code, point.code, paid_at, lost.line_id LIMIT %(most)s
"""

_EXPECTED = f"""
    WITH lost (line_id, short, nominal, real, short_fen, weight_fen) AS (
        SELECT * FROM unnest(%(lines)s::bigint[], %(short)s::int[], %(nominal)s::int[], %(real)s::int[],
                             %(short_fen)s::bigint[], %(weight_fen)s::bigint[])
    ) {_TOLD}
"""  # noqa: S608 - a constant above

_DECIDED = f"""
    WITH short AS (
        SELECT share.line_id, sum(share.pieces)::int AS pieces, max(back.amount_fen) AS fen
        FROM fulfillment_shortageshare share
        JOIN fulfillment_shortage shortage ON shortage.id = share.shortage_id
        LEFT JOIN groupbuy_refundline back ON back.id = share.refund_line_id
        WHERE shortage.wave_id = %(wave)s GROUP BY share.line_id
    ), light AS (
        SELECT share.line_id, share.pieces, share.nominal_base, share.real_base, share.amount_fen AS fen
        FROM fulfillment_weightshare share JOIN fulfillment_weightentry entry ON entry.id = share.entry_id
        WHERE entry.wave_id = %(wave)s
    ), lost AS (
        SELECT line_id, coalesce(short.pieces, 0) AS short, coalesce(light.nominal_base, 0) AS nominal,
               coalesce(light.real_base, 0) AS real,
               coalesce(short.fen - coalesce(light.fen, 0), 0) AS short_fen, coalesce(light.fen, 0) AS weight_fen
        FROM short FULL JOIN light USING (line_id)
    ) {_TOLD}
"""  # noqa: S608 - as above


def losses(wave: Wave, *, most: int = MOST_LOSSES) -> Losses:
    """Return what closing the pick of a wave would decide now, or what it has decided."""
    if wave.pick_closed_at:
        found = rows(_DECIDED, {"wave": wave.pk, "most": most})
    else:
        found = rows(_EXPECTED, _as_table(wave) | {"most": most})
    if not found:
        return Losses(wave.pick_closed_at, 0, 0, 0, 0, [])
    total = found[0]
    lines = [LineLoss(**{name: row[name] for name in LineLoss.__dataclass_fields__}) for row in found]
    return Losses(
        wave.pick_closed_at, total["all_orders"], total["all_lines"], total["all_pieces"], total["all_fen"], lines
    )


def _as_table(wave: Wave) -> dict[str, list[int]]:
    back = pick_outcome(wave.pk).given_back()
    return {
        "lines": [each.loss.line_id for each in back],
        "short": [each.loss.pieces for each in back],
        "nominal": [each.loss.nominal for each in back],
        "real": [each.loss.real for each in back],
        "short_fen": [each.pieces_fen for each in back],
        "weight_fen": [each.weight_fen for each in back],
    }
