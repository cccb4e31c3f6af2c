"""What discounts took off, and the coupons and newcomers' rights that they used."""

from groupbuy.selectors.books.check import Check

CHECKS = (
    Check(
        "I18-line",
        "下单的订单行，优惠等于各来源之和 / what is taken off a line, unless imported, is the sum of its sources'",
        """
        SELECT 'order line ' || line.id AS subject
        FROM groupbuy_orderline line
        JOIN groupbuy_order o ON o.id = line.order_id AND o.source = 'app'
        LEFT JOIN (SELECT line_id, sum(off_fen) AS fen FROM groupbuy_linediscount GROUP BY line_id) AS parts
            ON parts.line_id = line.id
        WHERE line.discount_fen <> coalesce(parts.fen, 0)
        """,
    ),
    Check(
        "I18-order",
        "订单的金额与优惠等于各行之和 / an order's amount and discount are the sums of its lines'",
        """
        SELECT 'order ' || o.id AS subject
        FROM groupbuy_order o JOIN groupbuy_orderline line ON line.order_id = o.id
        GROUP BY o.id HAVING sum(line.amount_fen) <> o.items_fen OR sum(line.discount_fen) <> o.discount_fen
        """,
    ),
    Check(
        "I18-claimed",
        "已领张数等于领取记录数，且不超过总数 / coupons claimed of a kind, counted and within their number",
        """
        SELECT 'coupon kind ' || kind.id AS subject
        FROM groupbuy_couponkind kind LEFT JOIN groupbuy_coupon coupon ON coupon.kind_id = kind.id
        GROUP BY kind.id HAVING count(coupon.id) <> kind.claimed OR kind.claimed > kind.total
        """,
    ),
    Check(
        "I18-coupon",
        "用掉的券与有效订单的用券一一对应 / a used coupon has one live order, and that order's lines say so",
        """
        SELECT 'coupon ' || id AS subject
        FROM (SELECT id, order_id, true AS used FROM groupbuy_coupon WHERE order_id IS NOT NULL) AS coupon
        FULL JOIN (
            SELECT DISTINCT part.coupon_id AS id, line.order_id, true AS told
            FROM groupbuy_linediscount part
            JOIN groupbuy_orderline line ON line.id = part.line_id
            JOIN groupbuy_order o ON o.id = line.order_id
            WHERE part.coupon_id IS NOT NULL AND o.state IN ('placed', 'paid', 'accepted')
        ) AS parts USING (id, order_id)
        WHERE used IS NULL OR told IS NULL
        """,
    ),
    Check(
        "I18-newcomer",
        "每人至多一个有效订单享新人价 / a shopper's one newcomer order is live, and its lines say so",
        """
        SELECT 'order ' || order_id AS subject
        FROM (SELECT order_id, shopper_id, true AS used FROM groupbuy_newcomeruse) AS newcomer
        FULL JOIN (
            SELECT DISTINCT line.order_id, o.shopper_id, true AS told
            FROM groupbuy_linediscount part
            JOIN groupbuy_orderline line ON line.id = part.line_id
            JOIN groupbuy_order o ON o.id = line.order_id
            WHERE part.source = 'newcomer' AND o.state IN ('placed', 'paid', 'accepted')
        ) AS parts USING (order_id, shopper_id)
        WHERE used IS NULL OR told IS NULL
        """,
    ),
)
