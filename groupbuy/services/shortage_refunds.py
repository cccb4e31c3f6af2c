"""
Giving back what the warehouse does not have: short pieces, and goods that weighed less than they were sold for.

Nobody asks for it: the stage that picks says of which lines something is missing, and the money goes back to whoever
paid, in one refund for each payment, with one message for each order.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from groupbuy.domain.given_back import GivenBack, LineMoney, Loss, given_back
from groupbuy.domain.words import RefundReason
from groupbuy.kernel.db import rows, run
from groupbuy.services.refunds import NothingToRefund, book_intents, insert_intents


def shortage_refund(*, losses: Sequence[Loss], now: dt.datetime) -> dict[int, tuple[GivenBack, int | None]]:
    """
    Count the losses (at most one for a line) on their lines and intend the refunds. A fixed number of statements.

    Return by order line what went back, and the id of the refund's line; None for an order that was free, whose pieces
    are counted only. The caller's guarded write in this transaction is the proof of once.

    :raises NothingToRefund: a line has fewer pieces left; nothing is written.
    """
    if not losses:
        return {}
    lines = _locked([loss.line_id for loss in losses])
    if any(loss.pieces > lines[loss.line_id].left for loss in losses):
        raise NothingToRefund
    back = [given_back(loss, lines[loss.line_id]) for loss in losses]
    refund_ids = _intend(back, now)
    refund_lines = _write_lines(back, refund_ids)
    _count(back)
    book_intents(refund_ids, now)
    _tell(back, now)
    return {each.loss.line_id: (each, refund_lines.get(each.loss.line_id)) for each in back}


def _locked(line_ids: Sequence[int]) -> dict[int, LineMoney]:
    """Hold the lines, in the order of their ids as everybody does, and return them as they are now."""
    found = rows(
        """
        SELECT id, quantity, short + refunded AS gone, collected, net_fen, refunded_fen FROM groupbuy_orderline
        WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
        """,
        [list(line_ids)],
    )
    return {
        row["id"]: LineMoney(row["quantity"], row["gone"], row["collected"], row["net_fen"], row["refunded_fen"])
        for row in found
    }


# The losses as a table; ``light`` counts the base units that are missing.
_LOST = """
    lost (line_id, pieces, light, fen) AS (
        SELECT * FROM unnest(%(lines)s::bigint[], %(pieces)s::int[], %(light)s::int[], %(fen)s::bigint[])
    )
"""


def _as_table(back: Sequence[GivenBack]) -> dict[str, Any]:
    return {
        "lines": [each.loss.line_id for each in back],
        "pieces": [each.loss.pieces for each in back],
        "light": [each.loss.nominal - each.loss.real if each.weight_fen else 0 for each in back],
        "fen": [each.fen for each in back],
    }


def _intend(back: Sequence[GivenBack], now: dt.datetime) -> list[int]:
    """Insert one refund for each payment that gets something back; it is for weight only where no piece is short."""
    return insert_intents(
        f"""
        WITH {_LOST}
        SELECT p.id AS payment_id, p.order_id, sum(lost.fen)::bigint AS amount_fen,
               CASE WHEN sum(lost.pieces) > 0 THEN %(shortage)s ELSE %(weight)s END AS reason
        FROM lost JOIN groupbuy_orderline line ON line.id = lost.line_id
        JOIN groupbuy_payment p ON p.order_id = line.order_id AND p.counts
        GROUP BY p.id HAVING sum(lost.fen) > 0
        """,  # noqa: S608 - the table above
        _as_table(back) | {"shortage": RefundReason.SHORTAGE, "weight": RefundReason.WEIGHT},
        now,
    )


def _write_lines(back: Sequence[GivenBack], refund_ids: Sequence[int]) -> dict[int, int]:
    """Insert the refunds' lines; return their ids by order line. Earnings on them are corrected by who reads them."""
    written = rows(
        f"""
        WITH {_LOST}
        INSERT INTO groupbuy_refundline (refund_id, line_id, quantity, short, amount_fen)
        SELECT r.id, lost.line_id, lost.pieces, lost.pieces, lost.fen
        FROM lost JOIN groupbuy_orderline line ON line.id = lost.line_id
        JOIN groupbuy_refund r ON r.order_id = line.order_id AND r.id = ANY(%(refunds)s)
        WHERE lost.pieces > 0 OR lost.fen > 0
        RETURNING id, line_id
        """,  # noqa: S608 - as above
        _as_table(back) | {"refunds": list(refund_ids)},
    )
    return {row["line_id"]: row["id"] for row in written}


def _count(back: Sequence[GivenBack]) -> None:
    run(
        f"""
        WITH {_LOST}
        UPDATE groupbuy_orderline line SET short = line.short + lost.pieces, refunded_fen = line.refunded_fen + lost.fen
        FROM lost WHERE line.id = lost.line_id
        """,  # noqa: S608 - as above
        _as_table(back),
    )


def _tell(back: Sequence[GivenBack], now: dt.datetime) -> None:
    """
    Tell whoever paid and whoever collects each order, once, what he does not get and what comes back.

    A list too long for a message is cut; the order's page has all of it.
    """
    run(
        f"""
        WITH {_LOST}, told AS (
            SELECT line.order_id, sum(lost.pieces) AS pieces, sum(lost.fen) AS fen,
                   string_agg(line.name || concat_ws('，',
                       CASE WHEN lost.pieces > 0 THEN '缺 ' || lost.pieces || ' ' || line.sale_unit END,
                       CASE WHEN lost.light > 0 THEN
                           '少 ' || lost.light || CASE line.base_unit WHEN 'g' THEN ' 克' ELSE ' 个' END END),
                       '、' ORDER BY line.id) AS goods
            FROM lost JOIN groupbuy_orderline line ON line.id = lost.line_id
            WHERE lost.pieces > 0 OR lost.fen > 0 GROUP BY line.order_id
        )
        INSERT INTO groupbuy_outbox (topic, payload, created_at, next_try_at, tries, last_error)
        SELECT CASE WHEN told.fen = 0 THEN 'order.short_free' WHEN told.pieces = 0 THEN 'order.weighed'
                    ELSE 'order.short' END,
               jsonb_build_object('person_id', person.id, 'number', o.number, 'goods',
                                  CASE WHEN length(told.goods) > 120 THEN left(told.goods, 118) || '…等' ELSE told.goods END,
                                  'yuan', to_char(told.fen / 100.0, 'FM999999999990.00')), %(now)s, %(now)s, 0, ''
        FROM told JOIN groupbuy_order o ON o.id = told.order_id
        CROSS JOIN LATERAL (SELECT o.payer_id UNION SELECT o.shopper_id) AS person (id)
        """,  # noqa: S608 - as above
        _as_table(back) | {"now": now},
    )
