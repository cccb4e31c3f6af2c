"""
The orders of a replayed week, set by set: orders with history, lines with what is sold, payments with entries.

Called inside the replay's transaction, after what they stand on is there. Amounts are fen.
"""

import datetime as dt

from django.conf import settings

from groupbuy.domain.states import ORDER, OrderSource, OrderState, PaymentState
from groupbuy.kernel.db import rows, run
from groupbuy.kernel.transition import born
from groupbuy.models import Campaign
from groupbuy.services import stock
from groupbuy.services.paid_elsewhere import paid_elsewhere

PROVIDER = "replay"


def orders_insert(campaign: Campaign, now: dt.datetime) -> None:
    """Insert every basket as a placed order, under its own number."""
    made = rows(
        """
        INSERT INTO groupbuy_order (public_id, number, campaign_id, group_id, warehouse_id, point_id, community_id,
            leader_id, shopper_id, payer_id, source, source_ref, receiver_name, receiver_phone_sealed, room, remark,
            items_fen, discount_fen, total_fen, state, version, placed_at, pay_by, paid_at)
        SELECT gen_random_uuid(), 'R' || g.campaign_id || '-' || basket, g.campaign_id, g.id, point.warehouse_id,
            point.id, point.community_id, g.leader_id, shopper.id, shopper.id, %(source)s, basket, shopper.display_name,
            '', '', '', money.items_fen, money.discount_fen, money.items_fen - money.discount_fen, %(placed)s, 1,
            bought_at, %(cutoff)s, bought_at
        FROM replay_basket
        JOIN (SELECT basket, sum(price_fen * pieces) AS items_fen, sum(discount_fen) AS discount_fen
              FROM replay_line GROUP BY basket) AS money USING (basket)
        JOIN groupbuy_pickuppoint point ON point.code = 'S-' || store
        JOIN groupbuy_group g ON g.campaign_id = %(campaign)s AND g.point_id = point.id
        JOIN groupbuy_user shopper ON shopper.username = 'replay-' || household
        ORDER BY bought_at, basket
        RETURNING id
        """,
        {
            "campaign": campaign.pk,
            "cutoff": campaign.cutoff_at,
            "source": OrderSource.REPLAY,
            "placed": OrderState.PLACED,
        },
    )
    born(ORDER, ids=[row["id"] for row in made], state=OrderState.PLACED, now=now, reason="replay")


# What a line copies. The planner knows nothing of rows that this transaction has inserted, takes them for one, and would
# go through all lines for each; of these tables it is told.
_TABLES = (
    """
    CREATE TEMPORARY TABLE replay_order ON COMMIT DROP AS
    SELECT source_ref::bigint AS basket, id, point_id, leader_id
    FROM groupbuy_order WHERE campaign_id = %(campaign)s AND source = %(source)s
    """,
    """
    CREATE TEMPORARY TABLE replay_offer ON COMMIT DROP AS
    SELECT sku.code, offer.id, sku.id AS sku_id, sku.category_id, category.after_sales_hours
    FROM groupbuy_offer offer JOIN groupbuy_sku sku ON sku.id = offer.sku_id
    JOIN groupbuy_category category ON category.id = sku.category_id
    WHERE offer.campaign_id = %(campaign)s
    """,
    "ANALYZE replay_order, replay_offer",
)


def lines_insert(campaign: Campaign) -> None:
    """Insert every line at the price it was sold for, with the leader's published rate, and count what is sold."""
    for statement in _TABLES:
        run(statement, {"campaign": campaign.pk, "source": OrderSource.REPLAY})
    run(
        """
        INSERT INTO groupbuy_orderline (public_id, order_id, offer_id, campaign_id, warehouse_id, point_id, sku_id, name,
            spec, zone, sale_unit, base_unit, base_per_sale, after_sales_hours, quantity, price_fen, cost_fen,
            amount_fen, discount_fen, net_fen, commission_bp, short, refunded, refunded_fen, collected)
        SELECT gen_random_uuid(), o.id, offer.id, %(campaign)s, %(warehouse)s, o.point_id, sku.id, sku.name, sku.spec,
            sku.zone, sku.sale_unit, sku.base_unit, sku.base_per_sale, offer.after_sales_hours, line.pieces,
            line.price_fen, sku.cost_fen, line.price_fen * line.pieces, line.discount_fen,
            line.price_fen * line.pieces - line.discount_fen,
            coalesce((SELECT rate_bp FROM groupbuy_servicerate rate WHERE rate.leader_id = o.leader_id
                        AND (rate.category_id = offer.category_id OR rate.category_id IS NULL)
                      ORDER BY rate.category_id NULLS LAST LIMIT 1), %(rate)s), 0, 0, 0, 0
        FROM replay_line line
        JOIN replay_order o USING (basket)
        JOIN replay_offer offer USING (code)
        JOIN groupbuy_sku sku ON sku.id = offer.sku_id
        ORDER BY o.id, sku.id
        """,
        {
            "campaign": campaign.pk,
            "warehouse": campaign.warehouse_id,
            "rate": settings.GROUPBUY_DEFAULT_COMMISSION_BP,
        },
    )
    sold = rows(
        "SELECT offer.id, sum(pieces)::int AS pieces FROM replay_line JOIN replay_offer offer USING (code) GROUP BY 1"
    )
    stock.take({row["id"]: row["pieces"] for row in sold})


def payments_insert(campaign: Campaign, now: dt.datetime) -> None:
    """Record that every basket was paid at the till; one that cost nothing is paid without a payment."""
    made = rows(
        """
        INSERT INTO groupbuy_payment (public_id, order_id, payer_id, provider, out_trade_no, amount_fen, prepay_id,
                                      transaction_id, state, version, counts, created_at, paid_at, queries)
        SELECT gen_random_uuid(), id, payer_id, %(provider)s, replace(gen_random_uuid()::text, '-', ''), total_fen, '',
               %(provider)s || '-' || campaign_id || '-' || source_ref, %(created)s, 1, false, placed_at, placed_at, 0
        FROM groupbuy_order WHERE campaign_id = %(campaign)s AND total_fen > 0
        ORDER BY id
        RETURNING id
        """,
        {"campaign": campaign.pk, "provider": PROVIDER, "created": PaymentState.CREATED},
    )
    paid_elsewhere(campaign_id=campaign.pk, payment_ids=[row["id"] for row in made], reason="replay", now=now)
