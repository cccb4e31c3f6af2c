"""The oracle of picking and putting: counters against events. How to read it: ``groupbuy.selectors.books``."""

from groupbuy.selectors.books import Check

PROGRESS = (
    Check(
        "I4-picked",
        "已拣数等于拣货记录之和，且从未超过某一版的需求 / picked is the sum of its events, and within the demand of"
        " some version",
        """
        SELECT 'wave ' || wave_id || ' sku ' || sku_id AS subject
        FROM fulfillment_pickprogress
        FULL JOIN (SELECT wave_id, sku_id, sum(pieces) AS done FROM fulfillment_pickevent GROUP BY wave_id, sku_id)
            AS events USING (wave_id, sku_id)
        LEFT JOIN (SELECT wave_id, sku_id, max(quantity) AS most FROM fulfillment_pickline GROUP BY wave_id, sku_id)
            AS demand USING (wave_id, sku_id)
        WHERE coalesce(pieces, 0) <> coalesce(done, 0) OR coalesce(pieces, 0) > coalesce(most, 0)
        """,
    ),
    Check(
        "I4-put",
        "每个格口已分数等于分拣记录之和，且从未超过某一版的数量 / put at each position is the sum of its events, and"
        " within the quantity of some version",
        """
        SELECT 'wave ' || wave_id || ' point ' || point_id || ' sku ' || sku_id AS subject
        FROM fulfillment_putprogress
        FULL JOIN (SELECT wave_id, point_id, sku_id, sum(pieces) AS done FROM fulfillment_putevent
                   GROUP BY wave_id, point_id, sku_id) AS events USING (wave_id, point_id, sku_id)
        LEFT JOIN (SELECT line.wave_id, line.point_id, line.sku_id, max(line.quantity) AS most
                   FROM fulfillment_sortline line JOIN fulfillment_putprogress USING (wave_id, point_id, sku_id)
                   GROUP BY line.wave_id, line.point_id, line.sku_id) AS demand USING (wave_id, point_id, sku_id)
        WHERE coalesce(pieces, 0) <> coalesce(done, 0) OR coalesce(pieces, 0) > coalesce(most, 0)
        """,
    ),
    Check(
        "I4-put-sum",
        "商品已分合计等于各格口已分之和 / what is put of a SKU is the sum over its positions",
        """
        SELECT 'wave ' || wave_id || ' sku ' || sku_id AS subject
        FROM fulfillment_pickprogress
        FULL JOIN (SELECT wave_id, sku_id, sum(pieces) AS at_positions FROM fulfillment_putprogress
                   GROUP BY wave_id, sku_id) AS positions USING (wave_id, sku_id)
        WHERE coalesce(put, 0) <> coalesce(at_positions, 0)
        """,
    ),
)
