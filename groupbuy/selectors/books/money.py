"""Payments and refunds, against each other and the orders."""

from groupbuy.selectors.books.check import Check

CHECKS = (
    Check(
        "I7-payment",
        "一笔付款的退款合计不超过付款，且属于同一订单 / refunds of a payment stay within it and within its order",
        """
        SELECT 'payment ' || p.id AS subject
        FROM groupbuy_payment p LEFT JOIN groupbuy_refund r ON r.payment_id = p.id
        GROUP BY p.id
        HAVING coalesce(sum(r.amount_fen), 0) <> p.refunded_fen OR p.refunded_fen > p.amount_fen
            OR (p.state <> 'paid' AND count(r.id) > 0) OR coalesce(bool_or(r.order_id <> p.order_id), false)
        """,
    ),
    Check(
        "I7-parcel",
        "合并发出的退款属于同一笔付款 / refunds under one number are of one payment, of which one number is on its way",
        """
        SELECT 'refund ' || r.id AS subject
        FROM groupbuy_refund r LEFT JOIN groupbuy_refund first ON first.id = r.sent_as_id
        WHERE (r.state IN ('sending', 'failed') AND (first.id IS NULL OR first.state <> r.state))
           OR (r.state = 'intended' AND first.id IS NOT NULL)
           OR first.payment_id <> r.payment_id OR first.sent_as_id <> first.id
        """,
    ),
    Check(
        "I7-refund",
        "计入订单的付款，其退款等于退款行之和 / a refund of a payment that counts is the sum of its lines",
        """
        SELECT 'refund ' || r.id AS subject
        FROM groupbuy_refund r
        JOIN groupbuy_payment p ON p.id = r.payment_id
        LEFT JOIN groupbuy_refundline back ON back.refund_id = r.id
        GROUP BY r.id, p.counts
        HAVING coalesce(sum(back.amount_fen), 0) <> CASE WHEN p.counts THEN r.amount_fen ELSE 0 END
        """,
    ),
    Check(
        "I7-line",
        "订单行的已退件数与金额等于退款行之和 / what a line says was given back is the sum of its refund lines",
        """
        SELECT 'order line ' || line.id AS subject
        FROM groupbuy_orderline line
        LEFT JOIN (
            SELECT line_id, sum(quantity) AS pieces, sum(amount_fen) AS fen FROM groupbuy_refundline GROUP BY line_id
        ) AS back ON back.line_id = line.id
        WHERE line.refunded_fen <> coalesce(back.fen, 0)
           OR line.short + line.refunded < back.pieces
           -- Pieces without a refund line are those that were worth less than a fen after the discounts.
           OR line.net_fen * (line.short + line.refunded) / line.quantity > line.refunded_fen
        """,
    ),
    Check(
        "I8-order",
        "已付订单恰有一笔等额付款计入，未付订单没有 / exactly one payment of the total counts",
        """
        SELECT 'order ' || o.id AS subject
        FROM groupbuy_order o LEFT JOIN groupbuy_payment p ON p.order_id = o.id AND p.counts
        WHERE CASE WHEN o.state IN ('paid', 'accepted', 'refunded') AND o.total_fen > 0
            THEN p.id IS NULL OR p.amount_fen <> o.total_fen OR p.state <> 'paid'
            ELSE p.id IS NOT NULL END
        """,
    ),
    Check(
        "I8-payment",
        "未计入订单的付款恰有一笔全额退款 / a payment that came late or twice has exactly one refund, of all of it",
        """
        SELECT 'payment ' || p.id AS subject
        FROM groupbuy_payment p LEFT JOIN groupbuy_refund r ON r.payment_id = p.id
        WHERE p.state = 'paid' AND NOT p.counts
        GROUP BY p.id HAVING count(r.id) <> 1 OR max(r.amount_fen) <> p.amount_fen
        """,
    ),
)
