"""The cutoff: who was in time, and what became of every order."""

from groupbuy.selectors.books.check import Check

CHECKS = (
    Check(
        "I3",
        "截单或取消后每个订单恰有一个与状态一致的结果 / an order of a frozen or cancelled campaign has one outcome, its state",
        """
        SELECT 'order ' || o.id AS subject
        FROM groupbuy_order o
        JOIN groupbuy_campaign c ON c.id = o.campaign_id
        LEFT JOIN groupbuy_orderoutcome outcome ON outcome.order_id = o.id
        WHERE CASE WHEN c.state IN ('frozen', 'cancelled')
            THEN outcome.kind IS DISTINCT FROM o.state OR outcome.campaign_id IS DISTINCT FROM o.campaign_id
            ELSE outcome.order_id IS NOT NULL END
        """,
    ),
    Check(
        "I3-place",
        "订单的自提点与团长即其社区团的，换走的团里没有有效订单 / point and leader of an order are its group's, and a group"
        " that was moved away holds none that lives",
        """
        SELECT 'order ' || o.id AS subject
        FROM groupbuy_order o JOIN groupbuy_group g ON g.id = o.group_id
        WHERE o.campaign_id <> g.campaign_id OR o.point_id <> g.point_id OR o.leader_id <> g.leader_id
           OR (g.moved_to_id IS NOT NULL AND o.state IN ('placed', 'paid', 'accepted'))
        UNION ALL
        SELECT 'order line ' || line.id
        FROM groupbuy_orderline line JOIN groupbuy_order o ON o.id = line.order_id WHERE line.point_id <> o.point_id
        """,
    ),
    Check(
        "I5",
        "下单时刻早于截单与关单时刻 / every order was placed before its campaign's cutoff and closing",
        """
        SELECT 'order ' || o.id AS subject
        FROM groupbuy_order o JOIN groupbuy_campaign c ON c.id = o.campaign_id
        WHERE o.placed_at >= least(c.cutoff_at, c.closed_at)
        """,
    ),
)
