"""What is sold and held of the offers, against the orders."""

from groupbuy.selectors.books.check import Check


def _held(id: str, sentence: str, *, table: str, holder: str, limit: str) -> Check:  # noqa: A002 - as in Check
    """Compare what each shopper, or community, holds of a limited offer with the live lines."""
    return Check(
        id,
        sentence,
        f"""
        SELECT 'offer ' || offer.id || ' {holder} ' || {holder}_id AS subject
        FROM (SELECT offer_id, {holder}_id, quantity FROM {table}) AS held
        FULL JOIN (
            SELECT line.offer_id, o.{holder}_id, sum(line.quantity - line.returned) AS pieces
            FROM groupbuy_offer limited
            JOIN groupbuy_orderline line ON line.offer_id = limited.id
            JOIN groupbuy_order o ON o.id = line.order_id
            WHERE limited.{limit} IS NOT NULL AND o.state IN ('placed', 'paid', 'accepted')
            GROUP BY line.offer_id, o.{holder}_id
        ) AS live USING (offer_id, {holder}_id)
        JOIN groupbuy_offer offer ON offer.id = offer_id
        WHERE offer.{limit} IS NOT NULL
          AND (coalesce(held.quantity, 0) <> coalesce(live.pieces, 0) OR held.quantity > offer.{limit})
        """,  # noqa: S608 - names of our own tables and columns
    )


CHECKS = (
    Check(
        "I1",
        "已售数等于有效订单件数之和，且不超过库存 / sold is the sum of live lines and within stock",
        """
        SELECT 'offer ' || offer.id AS subject
        FROM groupbuy_offer offer
        LEFT JOIN (
            SELECT line.offer_id, sum(line.quantity - line.returned) AS pieces
            FROM groupbuy_orderline line JOIN groupbuy_order o ON o.id = line.order_id
            WHERE o.state IN ('placed', 'paid', 'accepted') GROUP BY line.offer_id
        ) AS live ON live.offer_id = offer.id
        WHERE offer.sold <> coalesce(live.pieces, 0) OR offer.sold > offer.stock
        """,
    ),
    _held(
        "I2",
        "每人限购计数等于其有效件数，且不超过限购 / pieces a shopper, counted and within the limit",
        table="groupbuy_offershopper",
        holder="shopper",
        limit="per_shopper",
    ),
    _held(
        "I2-community",
        "每小区限量计数等于其有效件数，且不超过限量 / pieces a community, counted and within the cap",
        table="groupbuy_offercommunity",
        holder="community",
        limit="per_community",
    ),
    Check(
        "I4-copies",
        "订单行的活动、仓库、自提点与订单一致，商品与活动商品一致 / a line copies its order and its offer",
        """
        SELECT 'order line ' || line.id AS subject
        FROM groupbuy_orderline line
        JOIN groupbuy_order o ON o.id = line.order_id
        JOIN groupbuy_offer offer ON offer.id = line.offer_id
        WHERE (line.campaign_id, line.warehouse_id, line.point_id, line.sku_id, offer.campaign_id)
           <> (o.campaign_id, o.warehouse_id, o.point_id, offer.sku_id, o.campaign_id)
        """,
    ),
)
