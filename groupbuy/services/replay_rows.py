"""
What a replayed week stands on, set by set: its rows in a temporary table, then places, people, SKUs, offers, groups.

Called inside the replay's transaction. Whoever and whatever is known from an earlier week stays as it is.
"""

import datetime as dt
from collections.abc import Callable, Sequence

from django.conf import settings
from django.db import connection

from groupbuy.domain.baskets import BasketRow, ProductCard
from groupbuy.domain.words import BaseUnit, PointKind, PointRole, Zone
from groupbuy.kernel.db import rows, run
from groupbuy.models import Campaign, Category, PointStaff, ShareCode, Supplier, Warehouse

CODE = "REPLAY"

# The rows as they were read, one line a product of a basket, and the baskets. Two rows of one product in one basket are
# one line, since an order has one line an offer: at the higher price, what that is too much is its discount.
_TABLES = (
    """
    CREATE TEMPORARY TABLE replay_line ON COMMIT DROP AS
    SELECT basket, product::text AS code, sum(pieces)::int AS pieces, max(price_fen) AS price_fen,
           max(price_fen) * sum(pieces)::bigint - sum(price_fen * pieces)::bigint AS discount_fen
    FROM replay_row GROUP BY basket, product
    """,
    """
    CREATE TEMPORARY TABLE replay_basket ON COMMIT DROP AS
    SELECT basket, min(store) AS store, min(household) AS household,
           least(min(bought_at) AT TIME ZONE %(zone)s, %(now)s) AS bought_at
    FROM replay_row GROUP BY basket
    """,
    "ANALYZE replay_line",
    "ANALYZE replay_basket",
)


def rows_copy(read: Sequence[BasketRow], now: dt.datetime) -> None:
    """Copy the rows into temporary tables; a time that is still to come by our clock becomes ``now``."""
    run(
        "CREATE TEMPORARY TABLE replay_row (basket bigint, store bigint, household bigint, product bigint,"
        " bought_at timestamp, pieces int, price_fen bigint) ON COMMIT DROP"
    )
    with connection.cursor() as cursor, cursor.copy("COPY replay_row FROM STDIN") as copy:
        for row in read:
            copy.write_row(row)
    for statement in _TABLES:
        run(statement, {"zone": settings.TIME_ZONE, "now": now})


def rows_drop() -> None:
    run("DROP TABLE replay_row, replay_line, replay_basket, replay_order, replay_offer")


def times() -> tuple[dt.datetime, dt.datetime]:
    """Return when the first and when the last basket was bought."""
    (found,) = rows("SELECT min(bought_at) AS first, max(bought_at) AS last FROM replay_basket")
    return found["first"], found["last"]


def places_insert(warehouse: Warehouse, now: dt.datetime) -> None:
    """Make a community, a pickup point and its leader of every store that is new."""
    run(
        """
        INSERT INTO groupbuy_community (code, province, city, district, street, name)
        SELECT DISTINCT 'S-' || store, '回放', '回放', '回放', '回放', '门店 ' || store FROM replay_basket
        ON CONFLICT (code) DO NOTHING
        """
    )
    run(
        """
        INSERT INTO groupbuy_pickuppoint (public_id, code, name, kind, community_id, warehouse_id, address,
                                          opening_hours, route_name, route_position, active)
        SELECT gen_random_uuid(), 'S-' || store, '门店 ' || store, %s, community.id, %s, '门店 ' || store, '', '', 0, true
        FROM (SELECT DISTINCT store FROM replay_basket) AS found
        JOIN groupbuy_community community ON community.code = 'S-' || store
        ON CONFLICT (code) DO NOTHING
        """,
        [PointKind.SHOP, warehouse.pk],
    )
    _accounts("store", "replay-store-", "店长 ", now)
    _posts_give()


def _posts_give() -> None:
    """Give the leaders of new points their post and the share code that comes with it."""
    missing = rows(
        """
        SELECT point.id AS point_id, person.id AS person_id
        FROM (SELECT DISTINCT store FROM replay_basket) AS found
        JOIN groupbuy_pickuppoint point ON point.code = 'S-' || store
        JOIN groupbuy_user person ON person.username = 'replay-store-' || store
        WHERE NOT EXISTS (SELECT FROM groupbuy_pointstaff post
                          WHERE post.point_id = point.id AND post.user_id = person.id)
        """
    )
    PointStaff.objects.bulk_create(
        PointStaff(point_id=row["point_id"], user_id=row["person_id"], role=PointRole.LEADER) for row in missing
    )
    ShareCode.objects.bulk_create(ShareCode(point_id=row["point_id"], leader_id=row["person_id"]) for row in missing)


def people_insert(now: dt.datetime) -> None:
    """Make a shopper of every household that is new."""
    _accounts("household", "replay-", "家庭 ", now)


def _accounts(column: str, username: str, name: str, now: dt.datetime) -> None:
    """Make accounts that nobody can log in to: no phone, and a password that fits nothing."""
    run(
        f"""
        INSERT INTO groupbuy_user (password, is_superuser, public_id, username, display_name, phone_sealed, is_active,
                                   is_staff, created_at)
        SELECT '!' || gen_random_uuid(), false, gen_random_uuid(), %(username)s || {column}, %(name)s || {column}, '',
               true, false, %(now)s
        FROM (SELECT DISTINCT {column} FROM replay_basket) AS found
        ON CONFLICT (username) DO NOTHING
        """,  # noqa: S608 - a column's name from above
        {"username": username, "name": name, "now": now},
    )


def skus_insert(supplier: Supplier, cards: Callable[[Sequence[int]], Sequence[ProductCard]]) -> None:
    """Make a SKU of every product that is new, under its id; cost and weight nobody knows."""
    missing = rows(
        "SELECT code FROM (SELECT DISTINCT code FROM replay_line) AS found"
        " WHERE NOT EXISTS (SELECT FROM groupbuy_sku sku WHERE sku.code = found.code)"
    )
    products = [int(row["code"]) for row in missing]
    known = {card.product: card for card in cards(products)}
    plain = (ProductCard(product, "", "", Zone.AMBIENT) for product in products if product not in known)
    wanted = [*known.values(), *plain]
    category, _made = Category.objects.get_or_create(code=CODE, defaults={"name": "回放", "after_sales_hours": 24})
    run(
        """
        INSERT INTO groupbuy_sku (code, name, spec, category_id, supplier_id, sale_unit, base_unit, base_per_sale,
                                  case_size, zone, bin, barcode, weighed, weight_g, cost_fen, list_price_fen, active)
        SELECT card.code, coalesce(nullif(card.name, ''), '商品 ' || card.code), card.spec, %(category)s, %(supplier)s,
               '件', %(piece)s, 1, 1, card.zone, '', '', false, 0, 0, price.fen, true
        FROM unnest(%(codes)s::text[], %(names)s::text[], %(specs)s::text[], %(zones)s::text[])
             AS card (code, name, spec, zone)
        JOIN (SELECT code, max(price_fen) AS fen FROM replay_line GROUP BY code) AS price USING (code)
        """,
        {
            "codes": [str(card.product) for card in wanted],
            "names": [card.name for card in wanted],
            "specs": [card.spec for card in wanted],
            "zones": [card.zone for card in wanted],
            "category": category.pk,
            "supplier": supplier.pk,
            "piece": BaseUnit.PIECE,
        },
    )


def offers_insert(campaign: Campaign) -> None:
    """Offer every product of the week, unlimited, at the price of most of its pieces, the lower of two equals."""
    run(
        """
        INSERT INTO groupbuy_offer (public_id, campaign_id, sku_id, position, price_fen, list_price_fen, cost_fen, sold,
                                    minimum, step, minimum_total, newcomer_pieces)
        SELECT gen_random_uuid(), %s, sku.id, row_number() OVER (ORDER BY sku.code), price.price_fen,
               sku.list_price_fen, sku.cost_fen, 0, 1, 1, 0, 1
        FROM (SELECT DISTINCT ON (code) code, price_fen
              FROM (SELECT code, price_fen, sum(pieces) AS pieces FROM replay_line GROUP BY code, price_fen) AS sold
              ORDER BY code, pieces DESC, price_fen) AS price
        JOIN groupbuy_sku sku ON sku.code = price.code
        """,
        [campaign.pk],
    )


def groups_insert(campaign: Campaign) -> None:
    """Give every store of the week its group, under its own leader."""
    run(
        """
        INSERT INTO groupbuy_group (public_id, campaign_id, point_id, leader_id)
        SELECT gen_random_uuid(), %s, point.id, leader.id
        FROM (SELECT DISTINCT store FROM replay_basket) AS found
        JOIN groupbuy_pickuppoint point ON point.code = 'S-' || store
        JOIN groupbuy_user leader ON leader.username = 'replay-store-' || store
        """,
        [campaign.pk],
    )
