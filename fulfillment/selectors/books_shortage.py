"""The oracle of shortages and weights: records, decisions and money. How to read it: ``groupbuy.selectors.books``."""

from groupbuy.selectors.books import Check

SHORTAGES = (
    Check(
        "I4-short",
        "订单行的缺货件数等于分配决定之和 / what a line goes without is the sum of the decisions",
        """
        SELECT 'order line ' || coalesce(line.id, decided.line_id) AS subject
        FROM (SELECT id, short FROM groupbuy_orderline WHERE short > 0) AS line
        FULL JOIN (SELECT line_id, sum(pieces) AS pieces FROM fulfillment_shortageshare GROUP BY line_id) AS decided
            ON decided.line_id = line.id
        WHERE line.short IS DISTINCT FROM decided.pieces
        """,
    ),
    Check(
        "I4-shortage",
        "拣货结束后每条缺货都已分配，之前与撤销的都没有 / a shortage is allocated, to the piece, when its pick is closed;"
        " never before, never one that was undone",
        """
        SELECT 'shortage ' || shortage.id AS subject
        FROM fulfillment_shortage shortage
        JOIN fulfillment_wave wave ON wave.id = shortage.wave_id
        LEFT JOIN (SELECT shortage_id, sum(pieces) AS pieces FROM fulfillment_shortageshare GROUP BY shortage_id)
            AS shared ON shared.shortage_id = shortage.id
        WHERE CASE WHEN wave.pick_closed_at IS NULL OR shortage.undone_at IS NOT NULL
            THEN shortage.allocated IS NOT NULL OR shared.pieces IS NOT NULL
            ELSE shortage.allocated IS DISTINCT FROM coalesce(shared.pieces, 0) END
        """,
    ),
    Check(
        "I4-spared",
        "没有分配出去的缺货件数不超过此后退款的件数 / pieces short that nobody goes without were refunded meanwhile",
        """
        SELECT 'wave ' || short.wave_id || ' sku ' || short.sku_id AS subject
        FROM (SELECT wave_id, sku_id, sum(pieces - allocated) AS pieces FROM fulfillment_shortage
              GROUP BY wave_id, sku_id HAVING sum(pieces - allocated) > 0) AS short
        JOIN fulfillment_wave wave ON wave.id = short.wave_id
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(back.quantity - back.short), 0) AS pieces
            FROM fulfillment_wavecampaign place
            JOIN groupbuy_orderline line ON line.campaign_id = place.campaign_id AND line.sku_id = short.sku_id
            JOIN groupbuy_refundline back ON back.line_id = line.id
            JOIN groupbuy_refund refund ON refund.id = back.refund_id AND refund.created_at > wave.built_at
            WHERE place.wave_id = wave.id
        ) AS refunded
        WHERE short.pieces > refunded.pieces
        """,
    ),
    Check(
        "I4-share",
        "缺货只分给该波次、该商品、该自提点的订单行 / a shortage falls on lines of its wave, its SKU and its point",
        """
        SELECT 'shortage share ' || share.id AS subject
        FROM fulfillment_shortageshare share
        JOIN fulfillment_shortage shortage ON shortage.id = share.shortage_id
        JOIN fulfillment_wave wave ON wave.id = shortage.wave_id
        JOIN groupbuy_orderline line ON line.id = share.line_id
        LEFT JOIN fulfillment_wavecampaign place ON place.wave_id = wave.id AND place.campaign_id = line.campaign_id
        WHERE place.id IS NULL OR line.sku_id <> shortage.sku_id
           -- The goods of a voided wave may have been moved to another point since.
           OR (line.point_id <> shortage.point_id AND wave.state <> 'voided')
        """,
    ),
    Check(
        "I4-weighed",
        "称重只在拣货结束时、按行分完 / a weighing is spread over lines to the gram when its pick is closed; never before,"
        " never one that was undone",
        """
        SELECT 'weight ' || entry.id AS subject
        FROM fulfillment_weightentry entry
        JOIN fulfillment_wave wave ON wave.id = entry.wave_id
        JOIN (SELECT entry_id, sum(real_base) AS base FROM fulfillment_weightshare GROUP BY entry_id)
            AS shared ON shared.entry_id = entry.id
        WHERE shared.base <> entry.real_base OR wave.pick_closed_at IS NULL OR entry.undone_at IS NOT NULL
        """,
    ),
    Check(
        "I7-short",
        "退款行的缺货件数与金额等于缺货与称重之和 / a refund's line gives back what was short on it, and what was light",
        """
        SELECT 'refund line ' || back.id AS subject
        FROM groupbuy_refundline back
        JOIN groupbuy_orderline line ON line.id = back.line_id
        LEFT JOIN (SELECT refund_line_id, sum(pieces) AS pieces, bool_or(share.line_id <> back.line_id) AS strange
                   FROM fulfillment_shortageshare share JOIN groupbuy_refundline back ON back.id = refund_line_id
                   GROUP BY refund_line_id) AS short ON short.refund_line_id = back.id
        LEFT JOIN (SELECT refund_line_id, sum(amount_fen) AS fen FROM fulfillment_weightshare GROUP BY refund_line_id)
            AS light ON light.refund_line_id = back.id
        WHERE back.short <> coalesce(short.pieces, 0) OR short.strange OR light.fen > back.amount_fen
           OR (back.quantity = 0 AND back.amount_fen <> coalesce(light.fen, 0))
           -- Where nothing else was given back the money of the pieces is the plain share.
           OR (line.refunded = 0 AND line.short = back.short AND line.refunded_fen = back.amount_fen
               AND back.amount_fen - coalesce(light.fen, 0) <> line.net_fen * line.short / line.quantity)
        """,
    ),
    Check(
        "I7-weight",
        "称重退差等于按规则从头重算 / what a weighing gave back is the rule on what was left of the line, recomputed",
        """
        SELECT 'weight share ' || share.id AS subject
        FROM fulfillment_weightshare share
        JOIN groupbuy_orderline line ON line.id = share.line_id
        LEFT JOIN groupbuy_refundline back ON back.id = share.refund_line_id
        CROSS JOIN LATERAL (
            SELECT greatest(share.nominal_base - share.real_base, 0) AS light,
                   line.net_fen - coalesce(back.amount_fen, 0) + share.amount_fen AS left_fen
        ) AS x
        WHERE share.nominal_base <> share.pieces * line.base_per_sale OR (share.amount_fen > 0 AND back.id IS NULL)
           OR (line.refunded = 0 AND line.refunded_fen = coalesce(back.amount_fen, 0)
               AND share.amount_fen <> (x.left_fen * x.light * 2 + share.nominal_base) / (2 * share.nominal_base))
        """,
    ),
)
