"""The ledger: it balances, and says of each order, payment and refund what they say of themselves."""

from groupbuy.selectors.books.check import Check

CHECKS = (
    Check(
        "I6-entry",
        "每笔分录至少两行且合计为零 / every ledger entry has at least two legs and sums to zero",
        """
        SELECT 'ledger entry ' || entry.id AS subject
        FROM groupbuy_ledgerentry entry LEFT JOIN groupbuy_ledgerleg leg ON leg.entry_id = entry.id
        GROUP BY entry.id HAVING count(leg.id) < 2 OR sum(leg.amount_fen) <> 0
        """,
    ),
    Check(
        "I6-ledger",
        "整个账本合计为零 / the whole ledger sums to zero",
        "SELECT 'ledger ' || sum(amount_fen) AS subject FROM groupbuy_ledgerleg HAVING sum(amount_fen) <> 0",
    ),
    Check(
        "I6-order",
        "每单：已付 = 已退 + 已确认收入 + 待提货 / for each order, paid = refunded + earned + held, to the fen",
        """
        SELECT 'order ' || order_id AS subject
        FROM (
            SELECT order_id, coalesce(sum(amount_fen) FILTER (WHERE account = 'provider'), 0) AS provider,
                   coalesce(sum(amount_fen) FILTER (WHERE account = 'credit_owed'), 0) AS credit,
                   -coalesce(sum(amount_fen) FILTER (WHERE account = 'held'), 0) AS held,
                   -coalesce(sum(amount_fen) FILTER (WHERE account = 'earned'), 0) AS earned,
                   -coalesce(sum(amount_fen) FILTER (WHERE account = 'refund_due'), 0) AS due
            FROM groupbuy_ledgerleg WHERE order_id IS NOT NULL GROUP BY order_id
        ) AS booked
        FULL JOIN (
            SELECT order_id, sum(amount_fen) AS fen,
                   coalesce(sum(amount_fen) FILTER (WHERE provider = 'credit'), 0) AS by_credit,
                   coalesce(sum(amount_fen) FILTER (WHERE counts), 0) AS counted
            FROM groupbuy_payment WHERE state = 'paid' GROUP BY order_id
        ) AS paid USING (order_id)
        FULL JOIN (
            SELECT r.order_id, coalesce(sum(r.amount_fen) FILTER (WHERE p.counts), 0) AS of_counted,
                   coalesce(sum(r.amount_fen) FILTER (WHERE r.state = 'succeeded'), 0) AS done,
                   coalesce(sum(r.amount_fen) FILTER (WHERE r.state = 'succeeded'
                            AND (p.provider = 'credit' OR r.as_credit)), 0) AS done_by_credit
            FROM groupbuy_refund r JOIN groupbuy_payment p ON p.id = r.payment_id GROUP BY r.order_id
        ) AS refunds USING (order_id)
        CROSS JOIN LATERAL (
            SELECT coalesce(paid.fen, 0) AS fen, coalesce(paid.counted, 0) AS counted,
                   coalesce(refunds.of_counted, 0) AS of_counted, coalesce(refunds.done, 0) AS done,
                   coalesce(paid.by_credit, 0) - coalesce(refunds.done_by_credit, 0) AS by_credit,
                   coalesce(booked.provider, 0) AS provider, coalesce(booked.credit, 0) AS credit,
                   coalesce(booked.held, 0) AS held,
                   coalesce(booked.earned, 0) AS earned, coalesce(booked.due, 0) AS due
        ) AS x
        WHERE x.provider <> x.fen - x.done - x.by_credit OR x.credit <> x.by_credit
           OR x.due <> x.fen - x.counted + x.of_counted - x.done
           OR x.held + x.earned <> x.counted - x.of_counted
           OR x.held < 0 OR x.earned < 0 OR x.due < 0
        """,
    ),
    Check(
        "I6-payment",
        "已收付款恰有一笔入账，其余没有 / a paid payment is booked exactly once, as what it is; others are not",
        """
        SELECT 'payment ' || p.id AS subject
        FROM groupbuy_payment p
        LEFT JOIN groupbuy_ledgerentry entry ON entry.source_kind = 'payment' AND entry.source_id = p.id
        GROUP BY p.id
        HAVING coalesce(string_agg(entry.kind, '+'), '')
            <> CASE WHEN p.state <> 'paid' THEN '' WHEN p.counts THEN 'payment' ELSE 'payment_to_refund' END
        """,
    ),
    Check(
        "I6-refund",
        "退款的意向与到账各入账一次 / a refund's intent and its success are booked once each, and nothing else",
        """
        SELECT 'refund ' || r.id AS subject
        FROM groupbuy_refund r
        JOIN groupbuy_payment p ON p.id = r.payment_id
        LEFT JOIN groupbuy_ledgerentry entry ON entry.source_kind = 'refund' AND entry.source_id = r.id
        GROUP BY r.id, p.counts
        HAVING coalesce(string_agg(entry.kind, '+' ORDER BY entry.kind DESC), '') <> concat_ws('+',
            CASE WHEN p.counts THEN 'refund_intent' END, CASE WHEN r.state = 'succeeded' THEN 'refund_done' END)
        """,
    ),
)
