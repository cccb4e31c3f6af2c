"""The oracle of purchase orders and of what arrived of them. How to read it: ``groupbuy.selectors.books``."""

from groupbuy.selectors.books import Check

PURCHASES = (
    Check(
        "I4-purchase",
        "首版采购需求等于首版拣货单 / for each SKU, what the first version's orders ask for = its pick list",
        """
        SELECT 'wave ' || wave_id || ' sku ' || sku_id AS subject
        FROM (
            SELECT wave_id, sku_id, quantity AS picked, 0 AS ordered FROM fulfillment_pickline WHERE paper_version = 1
            UNION ALL
            SELECT o.wave_id, line.sku_id, 0, line.demand
            FROM fulfillment_purchaseline line JOIN fulfillment_purchaseorder o ON o.id = line.order_id
            WHERE o.paper_version = 1
        ) AS paper
        GROUP BY wave_id, sku_id HAVING sum(picked) <> sum(ordered)
        """,
    ),
    Check(
        "I4-supplement",
        "后续版本的需求都有采购，且采购量够用 / orders up to a version ask for its pick list, and bring what they ask for",
        """
        SELECT DISTINCT 'wave ' || pick.wave_id || ' sku ' || pick.sku_id AS subject
        FROM fulfillment_pickline pick
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(line.demand), 0) AS demand, coalesce(sum(line.cases * line.case_size), 0) AS pieces
            FROM fulfillment_purchaseline line JOIN fulfillment_purchaseorder o ON o.id = line.order_id
            WHERE o.wave_id = pick.wave_id AND o.paper_version <= pick.paper_version AND line.sku_id = pick.sku_id
        ) AS ordered
        WHERE ordered.demand < pick.quantity OR ordered.pieces < ordered.demand
        """,
    ),
    Check(
        "I4-receipt",
        "关单时短少的件数都已登记为缺货 / what a received order was short of is entered as a shortage, once",
        """
        SELECT 'purchase line ' || line.id AS subject
        FROM fulfillment_purchaseline line
        JOIN fulfillment_purchaseorder o ON o.id = line.order_id
        LEFT JOIN fulfillment_shortage entered ON entered.uuid = line.public_id
        WHERE line.missing <> coalesce(entered.pieces, 0) OR (line.missing > 0 AND o.state <> 'received')
           OR entered.wave_id <> o.wave_id OR entered.sku_id <> line.sku_id
        """,
    ),
)
