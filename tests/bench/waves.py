"""Row ``wave_1m``: from a frozen campaign to all rows of its wave, by us and by plain SQL."""

from typing import Any

import psycopg

from groupbuy.models import Campaign
from groupbuy.services.cutoff import campaign_close, campaign_freeze
from tests.bench.crew import Round, work
from tests.bench.cutoff import size, timed
from tests.bench.region import Region
from tests.bench.report import Row, row
from tests.bench.site import Site

TABLES = ("sortline", "pickline", "route", "stop", "deliverynote", "purchaseline", "pickup")
# The same columns, CHECKs and indexes, without triggers and foreign keys.
RAW_TABLES = "".join(
    f"DROP TABLE IF EXISTS raw.{name}; CREATE TABLE raw.{name} (LIKE fulfillment_{name} INCLUDING ALL);"
    for name in TABLES
)

# What a database's friend would write by hand for one wave: every row and column that ours has, in as few statements,
# sorted where that makes an index cheap. Sort lines come first, and the others are rolled up from them.
RAW_WAVE = (
    """
    INSERT INTO raw.sortline (wave_id, paper_version, warehouse_id, point_id, sku_id, quantity)
    SELECT 1, 1, %(warehouse)s, o.point_id, line.sku_id, sum(line.quantity - line.short - line.refunded)
    FROM groupbuy_orderline line JOIN groupbuy_order o ON o.id = line.order_id
    WHERE o.campaign_id = %(campaign)s AND o.state = 'accepted' AND line.quantity > line.short + line.refunded
    GROUP BY o.point_id, line.sku_id ORDER BY o.point_id, line.sku_id
    """,
    """
    INSERT INTO raw.pickline (wave_id, paper_version, warehouse_id, sku_id, zone, bin, barcode, name, spec, sale_unit,
                              case_size, base_unit, base_per_sale, weighed, weight_g, quantity, cases, pieces)
    SELECT 1, 1, %(warehouse)s, sku.id, sku.zone, sku.bin, sku.barcode, sku.name, sku.spec, sku.sale_unit,
           sku.case_size, sku.base_unit, sku.base_per_sale, sku.weighed, sku.weight_g, demand.quantity,
           demand.quantity / sku.case_size, demand.quantity %% sku.case_size
    FROM (SELECT sku_id, sum(quantity)::int AS quantity FROM raw.sortline GROUP BY sku_id) AS demand
    JOIN groupbuy_sku sku ON sku.id = demand.sku_id
    """,
    """
    INSERT INTO raw.route (wave_id, number, name)
    SELECT 1, row_number() OVER (ORDER BY name), name
    FROM (SELECT DISTINCT coalesce(nullif(route_name, ''), '散点') AS name FROM groupbuy_pickuppoint
          WHERE id IN (SELECT point_id FROM raw.sortline)) AS named
    """,
    """
    INSERT INTO raw.stop (public_id, wave_id, route_id, warehouse_id, point_id, position, sequence, crates, state, version,
                          expected_at)
    SELECT gen_random_uuid(), 1, route.id, %(warehouse)s, point.id, row_number() OVER (ORDER BY route.number, point.id),
           row_number() OVER (PARTITION BY route.id ORDER BY point.id), demand.pieces / 20, 'planned', 1, clock_timestamp()
    FROM (SELECT point_id, sum(quantity) AS pieces FROM raw.sortline GROUP BY point_id) AS demand
    JOIN groupbuy_pickuppoint point ON point.id = demand.point_id
    JOIN raw.route route ON route.name = coalesce(nullif(point.route_name, ''), '散点')
    """,
    """
    INSERT INTO raw.deliverynote (public_id, wave_id, paper_version, stop_id, point_id, number, issued_at, position,
        route_number, route_name, sequence, crates, expected_at, point_code, point_name, address, leader, phone,
        vehicle, driver)
    SELECT gen_random_uuid(), 1, 1, stop.id, stop.point_id, 'note-' || stop.position, clock_timestamp(), stop.position,
           route.number, route.name, stop.sequence, stop.crates, stop.expected_at, point.code, point.name, point.address,
           leader.display_name, '', '', ''
    FROM raw.stop stop JOIN raw.route route ON route.id = stop.route_id
    JOIN groupbuy_pickuppoint point ON point.id = stop.point_id
    JOIN groupbuy_pointstaff staff ON staff.point_id = point.id JOIN groupbuy_user leader ON leader.id = staff.user_id
    """,
    """
    INSERT INTO raw.purchaseline (public_id, order_id, sku_id, category_code, category, code, name, spec, sale_unit,
        base_unit, base_per_sale, case_size, cost_fen, demand, from_surplus, cases, surplus, amount_fen)
    SELECT gen_random_uuid(), 1, sku.id, '', '', sku.code, sku.name, sku.spec, sku.sale_unit, sku.base_unit,
           sku.base_per_sale, sku.case_size, sku.cost_fen, pick.quantity, 0, bought.cases,
           bought.cases * sku.case_size - pick.quantity, bought.cases * sku.case_size * sku.cost_fen
    FROM raw.pickline pick JOIN groupbuy_sku sku ON sku.id = pick.sku_id
    CROSS JOIN LATERAL (SELECT (pick.quantity + sku.case_size - 1) / sku.case_size AS cases) AS bought
    """,
    """
    INSERT INTO raw.pickup (public_id, shopper_id, point_id, warehouse_id, delivery_date, code, token, created_at)
    SELECT gen_random_uuid(), shopper_id, point_id, %(warehouse)s, %(date)s,
           lpad((random() * 999999)::int::text, 6, '0'), replace(gen_random_uuid()::text, '-', ''), clock_timestamp()
    FROM (SELECT DISTINCT shopper_id, point_id FROM groupbuy_order
          WHERE campaign_id = %(campaign)s AND state = 'accepted') AS person
    ORDER BY shopper_id, point_id
    ON CONFLICT DO NOTHING
    """,
)


def write_raw(connection: psycopg.Connection[Any], campaign: Campaign) -> None:
    """Write the wave of one campaign into the raw tables."""
    values = {"campaign": campaign.pk, "warehouse": campaign.warehouse_id, "date": campaign.delivery_date}
    for statement in RAW_WAVE:
        connection.execute(statement.encode(), values)


def build(site: Site, region: Region) -> Row:
    """Build the wave of a frozen campaign in a process of its own, and write the same rows as plain SQL, in turns."""
    campaign = _frozen(region)
    limit = _build_raw(site, campaign)
    place = [str(campaign.warehouse_id), campaign.delivery_date.isoformat()]
    ours = work("tests.bench.wave", [place], servers=[site.postgres])
    return row(
        f"wave_{size(region.orders)}",
        "s",
        ours=[ours.seconds],
        limit=[limit.seconds],
        cpu_ms=[ours.cpu_ms / region.orders],
        limit_cpu_ms=[limit.cpu_ms / region.orders],
        queries=ours.outcomes["queries"],
        peak_rss_mb=ours.outcomes["peak_rss_kb"] / 1024,
    )


def _frozen(region: Region) -> Campaign:
    """Return the campaign that ``freeze_1m`` has frozen, or freeze one."""
    waiting = Campaign.objects.filter(warehouse=region.warehouse, state="frozen", taken_at=None).first()
    if waiting is None:
        waiting = region.fill()
        campaign_close(campaign_id=waiting.pk, early=True)
        campaign_freeze(campaign_id=waiting.pk)
    return waiting


def _build_raw(site: Site, campaign: Campaign) -> Round:
    with psycopg.connect(site.owner_url) as connection:
        connection.execute(RAW_TABLES.encode())
        connection.commit()
        with timed(site) as taken:
            write_raw(connection, campaign)
            connection.commit()
        for name in TABLES:
            connection.execute(f"DROP TABLE raw.{name}".encode())
    return Round(seconds=taken[0], cpu_ms=taken[1], outcomes={})
