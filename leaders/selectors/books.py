"""The oracle of stage 7: commission recomputed from nothing. How to read it: ``groupbuy.selectors.books``."""

from groupbuy.selectors.books import LATE_S, Check, machine_checks
from leaders.domain.states import MACHINES

# What each line has earned by now, by the rule of leaders.domain.commission; lines with a fact that is not booked yet
# are left out: they are late, not wrong.
_RULE = """
    SELECT line.id, line.order_id, line.commission_fen_a_piece AS fee, line.commission_bp AS bp,
           coalesce(handed.pieces, 0) AS pieces,
           CASE WHEN line.quantity - line.short - line.refunded > 0
               THEN (line.net_fen - line.refunded_fen) * coalesce(handed.pieces, 0)
                    / (line.quantity - line.short - line.refunded)
               ELSE 0 END AS base
    FROM groupbuy_orderline line
    LEFT JOIN (
        SELECT line_id, sum(quantity)::bigint AS pieces, bool_or(taken_at IS NULL) AS waits
        FROM fulfillment_pickupitem GROUP BY line_id
    ) AS handed ON handed.line_id = line.id
    LEFT JOIN (
        SELECT line_id, bool_or(taken_at IS NULL) AS waits FROM groupbuy_refundline GROUP BY line_id
    ) AS back ON back.line_id = line.id
    WHERE NOT coalesce(handed.waits, false) AND NOT coalesce(back.waits, false)
"""

_COMMISSION = (
    Check(
        "I9-line",
        "团长佣金等于按规则从头重算 / a line's commission is the rule on what was collected and kept, recomputed",
        f"""
        SELECT 'order line ' || rule.id AS subject
        FROM ({_RULE}) AS rule
        LEFT JOIN (
            SELECT line_id, sum(pieces) AS pieces, sum(base_fen) AS base, sum(amount_fen) AS fen
            FROM leaders_commissionentry WHERE leg = 'seller' GROUP BY line_id
        ) AS written ON written.line_id = rule.id
        WHERE coalesce(written.pieces, 0) <> rule.pieces OR coalesce(written.base, 0) <> rule.base
           OR coalesce(written.fen, 0) <> CASE WHEN rule.fee IS NULL
               THEN (rule.base * rule.bp * 2 + 10000) / 20000 ELSE rule.pieces * rule.fee END
        """,  # noqa: S608
    ),
    Check(
        "I9-recommender",
        "推荐人佣金按其费率计算且基数不超过团长 / a recommender earns his rate of at most the seller's base",
        """
        SELECT 'order line ' || line_id AS subject
        FROM (
            SELECT line_id, sum(base_fen) FILTER (WHERE leg = 'seller') AS sold,
                   max(rate_bp) FILTER (WHERE leg = 'recommender') AS rate,
                   sum(base_fen) FILTER (WHERE leg = 'recommender')::bigint AS base,
                   sum(amount_fen) FILTER (WHERE leg = 'recommender') AS fen
            FROM leaders_commissionentry GROUP BY line_id
        ) AS written
        WHERE base > coalesce(sold, 0) OR fen <> (base * rate * 2 + 10000) / 20000
        """,
    ),
    Check(
        "I9-person",
        "佣金只给订单的团长或其推荐人 / commission goes to the order's leader or to his recommender",
        """
        SELECT 'commission ' || entry.id AS subject
        FROM leaders_commissionentry entry
        JOIN groupbuy_orderline line ON line.id = entry.line_id
        JOIN groupbuy_order o ON o.id = line.order_id
        LEFT JOIN leaders_leader leader ON leader.user_id = o.leader_id
        WHERE entry.leader_id IS DISTINCT FROM
            CASE entry.leg WHEN 'seller' THEN o.leader_id ELSE leader.recommender_id END
        """,
    ),
    Check(
        "I9-ledger",
        "每条佣金恰有一笔等额分录，记在本人名下 / a commission entry is booked once, to its person, to the fen",
        """
        SELECT 'commission ' || coalesce(written.id, booked.source_id) AS subject
        FROM (SELECT id, leader_id, amount_fen FROM leaders_commissionentry WHERE amount_fen <> 0) AS written
        FULL JOIN (
            SELECT entry.source_id, leg.person_id, -leg.amount_fen AS fen
            FROM groupbuy_ledgerentry entry
            JOIN groupbuy_ledgerleg leg ON leg.entry_id = entry.id AND leg.account = 'commission_owed'
            WHERE entry.source_kind = 'commission'
        ) AS booked ON booked.source_id = written.id
        WHERE written.id IS NULL OR booked.fen IS DISTINCT FROM written.amount_fen
           OR booked.person_id IS DISTINCT FROM written.leader_id
        """,
    ),
    Check(
        "I6-sale",
        "每单确认收入等于已提商品的净额 / for each order, earned in the ledger is the net money of collected pieces",
        """
        SELECT 'order ' || order_id AS subject
        FROM (
            SELECT line.order_id, sum(entry.base_fen) AS fen
            FROM leaders_commissionentry entry JOIN groupbuy_orderline line ON line.id = entry.line_id
            WHERE entry.leg = 'seller' GROUP BY line.order_id
        ) AS written
        FULL JOIN (
            SELECT order_id, -sum(amount_fen) AS fen FROM groupbuy_ledgerleg WHERE account = 'earned' GROUP BY order_id
        ) AS booked USING (order_id)
        WHERE coalesce(written.fen, 0) <> coalesce(booked.fen, 0)
        """,
    ),
)

_AGES = (
    Check(
        "I16-commission",
        "提货与退款在 60 秒内入账 / no hand-over and no refund waits for its commission for more than 60 s",
        f"""
        SELECT 'pickup item ' || item.id AS subject
        FROM fulfillment_pickupitem item JOIN fulfillment_pickupevent event ON event.id = item.event_id
        WHERE item.taken_at IS NULL AND event.at < groupbuy_now() - interval '{LATE_S} seconds'
        UNION ALL
        SELECT 'refund line ' || back.id
        FROM groupbuy_refundline back JOIN groupbuy_refund r ON r.id = back.refund_id
        WHERE back.taken_at IS NULL AND r.created_at < groupbuy_now() - interval '{LATE_S} seconds'
        """,  # noqa: S608
        is_age=True,
    ),
)

CHECKS = (*_COMMISSION, *machine_checks(MACHINES, "leaders"), *_AGES)
