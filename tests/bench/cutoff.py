"""Rows ``freeze_1m`` and ``growth``: orders by the hundred thousand, frozen by us and by plain SQL."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from groupbuy.models import Campaign, Sku
from groupbuy.services.cutoff import campaign_close
from tests.bench import intake, meter
from tests.bench.crew import Round, work
from tests.bench.report import Row, row
from tests.bench.site import Site
from tests.bench.town import Town, baskets, open_campaign

# Orders that cost nothing: paid by being placed. The freeze writes the same for them, and the books need no payments.
FILL = """
    WITH placed AS (
        INSERT INTO groupbuy_order (public_id, number, campaign_id, group_id, warehouse_id, point_id,
            community_id, leader_id, shopper_id, payer_id, source, source_ref, receiver_name, receiver_phone_sealed, room, remark,
            items_fen, discount_fen, total_fen, state, version, placed_at, pay_by, paid_at)
        SELECT gen_random_uuid(), c.id || '-' || n, c.id, g.id, c.warehouse_id, g.point_id,
            point.community_id, g.leader_id, s.id, s.id, 'app', '', '', '', '', '', 0, 0, 0, 'paid', 2, groupbuy_now(), c.cutoff_at,
            groupbuy_now()
        FROM generate_series(0, %(orders)s - 1) AS n
        JOIN groupbuy_campaign c ON c.id = %(campaign)s
        JOIN LATERAL (SELECT (array_agg(id ORDER BY id)) AS ids FROM groupbuy_group WHERE campaign_id = c.id) gs ON true
        JOIN groupbuy_group g ON g.id = gs.ids[1 + n %% cardinality(gs.ids)]
        JOIN groupbuy_pickuppoint point ON point.id = g.point_id
        JOIN LATERAL (SELECT %(shoppers)s::bigint[] AS ids) ss ON true
        JOIN groupbuy_user s ON s.id = ss.ids[1 + n %% cardinality(ss.ids)]
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
    JOIN groupbuy_offer o ON o.campaign_id = placed.campaign_id
        AND o.position = (placed.id + k * 67) %% %(offers)s
    JOIN groupbuy_sku sku ON sku.id = o.sku_id
"""
SOLD = """
    UPDATE groupbuy_offer o SET sold = line.pieces
    FROM (SELECT offer_id, sum(quantity) AS pieces FROM groupbuy_orderline WHERE campaign_id = %(campaign)s
          GROUP BY offer_id) AS line
    WHERE line.offer_id = o.id
"""

# The same columns and indexes, without triggers and foreign keys.
RAW_TABLES = """
    DROP TABLE IF EXISTS raw.frozen_order, raw.frozen_change, raw.frozen_outcome;
    CREATE TABLE raw.frozen_order (LIKE groupbuy_order INCLUDING ALL);
    CREATE TABLE raw.frozen_change (LIKE groupbuy_statechange INCLUDING ALL);
    CREATE TABLE raw.frozen_outcome (LIKE groupbuy_orderoutcome INCLUDING ALL);
    INSERT INTO raw.frozen_order SELECT * FROM groupbuy_order WHERE campaign_id = {campaign};
    ANALYZE raw.frozen_order;
"""
RAW_FREEZE = (
    "UPDATE raw.frozen_order SET state = 'accepted', version = version + 1 WHERE state = 'paid'",
    """INSERT INTO raw.frozen_change (machine, subject_id, old, new, reason, at)
    SELECT 'order', id, 'paid', 'accepted', 'cutoff', clock_timestamp() FROM raw.frozen_order""",
    """INSERT INTO raw.frozen_outcome (order_id, campaign_id, kind, at)
    SELECT id, campaign_id, 'accepted', clock_timestamp() FROM raw.frozen_order""",
)


def fill(site: Site, town: Town, *, orders: int) -> Campaign:
    """Open a campaign of free offers with ``orders`` paid orders of three lines each."""
    campaign = open_campaign(
        warehouse=town.campaign.warehouse,
        points=[group.point for group in town.campaign.groups.select_related("point")],
        skus=list(Sku.objects.order_by("id")),
    )
    campaign.offers.update(price_fen=0, per_shopper=None, stock=None)
    for number, offer_id in enumerate(campaign.offers.order_by("id").values_list("id", flat=True)):
        campaign.offers.filter(pk=offer_id).update(position=number)
    values: dict[str, Any] = {
        "campaign": campaign.pk,
        "orders": orders,
        "shoppers": town.shopper_ids,
        "offers": len(town.offers),
    }
    with psycopg.connect(site.superuser_url, autocommit=True) as connection:
        # Checking 25 foreign keys an order would take longer than all that is measured; the rows are right.
        connection.execute("SET session_replication_role = replica")
        connection.execute(FILL, values)
        connection.execute(SOLD, values)
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
    return campaign


def freeze(site: Site, town: Town, *, orders: int, rounds: int) -> Row:
    """Freeze a campaign of ``orders`` in a process of its own, and do the same writes as plain SQL, in turns."""
    ours, limits, peaks = [], [], []
    for _ in range(rounds):
        campaign = fill(site, town, orders=orders)
        limits.append(_freeze_raw(site, campaign, orders))
        campaign_close(campaign_id=campaign.pk, early=True)
        done = work("tests.bench.freeze", [[str(campaign.pk)]], servers=[site.postgres])
        peaks.append(done.outcomes["peak_rss_kb"] / 1024)
        ours.append(done)
        assert Campaign.objects.get(pk=campaign.pk).state == "frozen"
    name = "freeze_1m" if orders == 1_000_000 else f"freeze_{orders // 1000}k"
    return row(
        name,
        "s",
        ours=[each.seconds for each in ours],
        limit=[each.seconds for each in limits],
        cpu_ms=[each.cpu_ms / orders for each in ours],
        limit_cpu_ms=[each.cpu_ms / orders for each in limits],
        queries=ours[0].outcomes["queries"],
        peak_rss_mb=max(peaks),
    )


def _freeze_raw(site: Site, campaign: Campaign, orders: int) -> Round:
    with psycopg.connect(site.owner_url) as connection:
        connection.execute(RAW_TABLES.format(campaign=campaign.pk).encode())
        connection.commit()
        with _timed(site) as taken:
            for statement in RAW_FREEZE:
                done = connection.execute(statement.encode())
                assert done.rowcount == orders
            connection.commit()
        connection.execute("DROP TABLE raw.frozen_order, raw.frozen_change, raw.frozen_outcome")
    return Round(seconds=taken[0], cpu_ms=taken[1], outcomes={})


@contextmanager
def _timed(site: Site) -> Iterator[list[float]]:
    """Put the seconds and the servers' CPU milliseconds of the block into the list."""
    taken: list[float] = []
    begun, cpu = time.monotonic(), meter.cpu_ms([site.postgres])
    yield taken
    taken += [time.monotonic() - begun, meter.cpu_ms([site.postgres]) - cpu]


def growth(site: Site, town: Town, few: list[Round], *, orders: int, rounds: int) -> Row:
    """
    Compare the CPU of an order in a full database with ``few``, rounds from before it was filled.

    ``ours`` and ``limit`` are CPU milliseconds an order, full and empty; flat is a ratio of 1.
    """
    intake.place(site, town, baskets(town, number=200, seed=49))  # warm again: plans and pages are new
    full = [intake.place(site, town, baskets(town, number=orders, seed=50 + n)) for n in range(rounds)]
    return row(
        "growth",
        "CPU ms/order, full : empty",
        ours=[each.cpu_ms_each for each in full],
        limit=[each.cpu_ms_each for each in few],
        cpu_ms=[each.cpu_ms_each for each in full],
        peak_rss_mb=meter.peak_rss_mb(site.web),
    )
