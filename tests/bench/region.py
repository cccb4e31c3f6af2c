"""
The region of the big rows: 500 SKUs, a point for every hundred orders, a shopper for every two, both at one point.

All of it is written by SQL as the superuser, without triggers; the rows are right, and checking 25 foreign keys an order
would take longer than all that is measured.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db.models import Max

from groupbuy.models import Campaign, PickupPoint, Sku, Warehouse
from tests.bench.site import Site
from tests.bench.town import open_campaign

SKUS, ORDERS_A_POINT, ORDERS_A_SHOPPER = 500, 100, 2
DAY = dt.timedelta(days=1)

PLACES = (
    """
    INSERT INTO groupbuy_warehouse (code, name, city, address) VALUES ('BIG', '华东中心仓', '杭州市', '良睦路 2 号')
    """,
    """
    INSERT INTO groupbuy_community (code, province, city, district, street, name)
    SELECT 'B' || n, '浙江省', '杭州市', '西湖区', '翠苑街道', '第 ' || n || ' 社区' FROM generate_series(1, %(points)s) n
    """,
    """
    INSERT INTO groupbuy_user (password, is_superuser, public_id, username, display_name, phone_sealed, is_active,
                               is_staff, created_at)
    SELECT '!', false, gen_random_uuid(), kind || n, name || n, '', true, false, groupbuy_now()
    FROM (VALUES ('big-leader-', '团长', %(points)s), ('big-shopper-', '顾客', %(shoppers)s)) AS wanted (kind, name, number),
         generate_series(1, number) AS n
    """,
    """
    INSERT INTO groupbuy_pickuppoint (public_id, code, name, kind, community_id, warehouse_id, address, opening_hours,
                                      route_name, route_position, active)
    SELECT gen_random_uuid(), 'BIG' || n, '第 ' || n || ' 点', 'shop', community.id, warehouse.id, '文一路', '',
           n %% 300 || ' 号线', n / 300, true
    FROM generate_series(1, %(points)s) n JOIN groupbuy_community community ON community.code = 'B' || n
    JOIN groupbuy_warehouse warehouse ON warehouse.code = 'BIG'
    """,
    """
    INSERT INTO groupbuy_pointstaff (point_id, user_id, role, active)
    SELECT point.id, leader.id, 'leader', true FROM groupbuy_pickuppoint point
    JOIN groupbuy_user leader ON leader.username = 'big-leader-' || substr(point.code, 4) WHERE point.code LIKE 'BIG%%'
    """,
    """
    INSERT INTO groupbuy_sku (code, name, spec, category_id, supplier_id, sale_unit, base_unit, base_per_sale, case_size,
                              zone, bin, barcode, weighed, weight_g, cost_fen, list_price_fen, active)
    SELECT 'BIG' || n, '商品 ' || n, '500 g', category.id, supplier.id, '份', 'piece', 1, 6, 'ambient', 'B' || n, '',
           false, 500, 200, 599, true
    FROM generate_series(1, %(skus)s) n, groupbuy_category category, groupbuy_supplier supplier
    WHERE category.code = 'food' AND supplier.code = 'S1'
    """,
)

# Orders that cost nothing: paid by being placed. The freeze writes the same for them, and the books need no payments.
FILL = """
    WITH placed AS (
        INSERT INTO groupbuy_order (public_id, number, campaign_id, group_id, warehouse_id, point_id, community_id,
            leader_id, shopper_id, payer_id, source, source_ref, receiver_name, receiver_phone_sealed, room, remark,
            items_fen, discount_fen, total_fen, state, version, placed_at, pay_by, paid_at)
        SELECT gen_random_uuid(), c.id || '-' || n, c.id, g.id, c.warehouse_id, g.point_id,
            point.community_id, g.leader_id, s.id, s.id, 'app', '', '', '', '', '', 0, 0, 0, 'paid', 2, groupbuy_now(), c.cutoff_at,
            groupbuy_now()
        FROM generate_series(0, %(orders)s - 1) AS n
        JOIN groupbuy_campaign c ON c.id = %(campaign)s
        JOIN LATERAL (SELECT (array_agg(id ORDER BY id)) AS ids FROM groupbuy_group WHERE campaign_id = c.id) gs ON true
        JOIN groupbuy_group g ON g.id = gs.ids[1 + n %% cardinality(gs.ids)]
        JOIN groupbuy_pickuppoint point ON point.id = g.point_id
        JOIN groupbuy_user s ON s.username = 'big-shopper-' || 1 + n %% %(shoppers)s
        RETURNING id, campaign_id, warehouse_id, point_id, placed_at
    ), told AS (
        INSERT INTO groupbuy_statechange (machine, subject_id, old, new, reason, at)
        SELECT 'order', id, move.old, move.new, '', placed_at
        FROM placed, (VALUES ('', 'placed'), ('placed', 'paid')) AS move (old, new)
    )
    INSERT INTO groupbuy_orderline (public_id, order_id, offer_id, campaign_id, warehouse_id, point_id, sku_id, name,
        spec, zone, sale_unit, base_unit, base_per_sale, after_sales_hours, quantity, price_fen, cost_fen, amount_fen,
        discount_fen, net_fen, commission_bp, short, refunded, refunded_fen, collected)
    SELECT gen_random_uuid(), placed.id, o.id, placed.campaign_id, placed.warehouse_id, placed.point_id, sku.id,
        sku.name, sku.spec, sku.zone, sku.sale_unit, sku.base_unit, sku.base_per_sale, 24, 1, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0
    FROM placed CROSS JOIN generate_series(0, 2) AS k
    -- Mixed, so that every point orders from all over the list.
    JOIN groupbuy_offer o ON o.campaign_id = placed.campaign_id
        AND o.position = (abs(hashint8(placed.id)::bigint) + k * 67) %% %(skus)s
    JOIN groupbuy_sku sku ON sku.id = o.sku_id
"""
NUMBERED = "UPDATE groupbuy_offer SET position = position - 1 WHERE campaign_id = %(campaign)s"
SOLD = """
    UPDATE groupbuy_offer o SET sold = line.pieces
    FROM (SELECT offer_id, sum(quantity) AS pieces FROM groupbuy_orderline WHERE campaign_id = %(campaign)s
          GROUP BY offer_id) AS line
    WHERE line.offer_id = o.id
"""


@dataclass(frozen=True)
class Region:
    """``warehouse``: where all of it is picked. ``orders``: of each campaign."""

    site: Site
    warehouse: Warehouse
    orders: int

    def fill(self) -> Campaign:
        """Open a campaign of free offers with paid orders of three lines each, on a day of its own."""
        last = Campaign.objects.aggregate(last=Max("delivery_date"))["last"]
        campaign = open_campaign(
            warehouse=self.warehouse,
            points=list(PickupPoint.objects.filter(warehouse=self.warehouse)),
            skus=list(Sku.objects.filter(code__startswith="BIG").order_by("id")),
            delivery_date=last + DAY,
        )
        campaign.offers.update(price_fen=0, per_shopper=None, stock=None)
        with superuser(self.site) as connection:
            for statement in (NUMBERED, FILL, SOLD):
                connection.execute(statement, numbers(self.orders) | {"campaign": campaign.pk})
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")
        return campaign


def numbers(orders: int) -> dict[str, int]:
    return {
        "orders": orders,
        "points": orders // ORDERS_A_POINT,
        "shoppers": orders // ORDERS_A_SHOPPER,
        "skus": SKUS,
    }


def settle(site: Site, *, orders: int) -> Region:
    """Make warehouse, points, people and SKUs; the town has made category and supplier."""
    with superuser(site) as connection:
        for statement in PLACES:
            connection.execute(statement.encode(), numbers(orders))
    return Region(site=site, warehouse=Warehouse.objects.get(code="BIG"), orders=orders)


@contextmanager
def superuser(site: Site) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(site.superuser_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        yield connection
