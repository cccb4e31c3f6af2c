"""The oracle of stages 4 to 6. How to read it: ``groupbuy.selectors.books``."""

from fulfillment.domain.states import MACHINES
from fulfillment.selectors.as_issued import due_as_issued
from fulfillment.selectors.books_progress import PROGRESS
from fulfillment.selectors.books_purchases import PURCHASES
from fulfillment.selectors.books_routes import ROUTES
from fulfillment.selectors.books_shortage import SHORTAGES
from fulfillment.selectors.due import WAVE_DUE_AT
from groupbuy.selectors.books import LATE_S, Check, machine_checks

_WAVES = (
    Check(
        "I3-wave",
        "已取走的活动恰在一个有效波次里 / a campaign that was taken is in exactly one wave that is not voided",
        """
        SELECT 'campaign ' || c.id AS subject
        FROM groupbuy_campaign c
        LEFT JOIN fulfillment_wavecampaign place ON place.campaign_id = c.id AND place.active
        LEFT JOIN fulfillment_wave wave ON wave.id = place.wave_id
        LEFT JOIN (
            SELECT DISTINCT o.campaign_id FROM groupbuy_order o JOIN groupbuy_orderline line ON line.order_id = o.id
            WHERE o.state = 'accepted' AND line.quantity > line.short + line.refunded
        ) AS demand ON demand.campaign_id = c.id
        WHERE CASE WHEN place.id IS NULL
            THEN c.taken_at IS NOT NULL AND demand.campaign_id IS NOT NULL
            ELSE c.taken_at IS NULL OR c.state <> 'frozen' OR wave.state = 'voided'
                 OR wave.warehouse_id <> c.warehouse_id OR wave.delivery_date <> c.delivery_date END
        """,
    ),
    Check(
        "I4-pick",
        "拣货单数量等于分拣单数量之和 / for each SKU of a paper version, pick = sum of sort",
        """
        SELECT 'wave ' || wave_id || ' version ' || paper_version || ' sku ' || sku_id AS subject
        FROM (
            SELECT wave_id, paper_version, sku_id, quantity AS picked, 0 AS sorted FROM fulfillment_pickline
            UNION ALL
            SELECT wave_id, paper_version, sku_id, 0, quantity FROM fulfillment_sortline
        ) AS paper
        GROUP BY wave_id, paper_version, sku_id HAVING sum(picked) <> sum(sorted)
        """,
    ),
    Check(
        "I4-sort",
        "有效波次每个版本的分拣单数量等于出单时的应发数量 / in every version sort = accepted pieces not given back when"
        " it was issued; what happens after a wave was voided is not in its papers",
        f"""
        SELECT 'wave ' || wave_id || ' version ' || paper_version || ' point ' || point_id || ' sku ' || sku_id
            AS subject
        FROM (
            SELECT wave_id, paper_version, point_id, sku_id, due AS owed, 0 AS sorted
            FROM ({due_as_issued("wave.state <> 'voided'")}) AS owing
            UNION ALL
            SELECT sort.wave_id, sort.paper_version, sort.point_id, sort.sku_id, 0, sort.quantity
            FROM fulfillment_sortline sort JOIN fulfillment_wave wave ON wave.id = sort.wave_id
            WHERE wave.state <> 'voided'
        ) AS compared
        GROUP BY wave_id, paper_version, point_id, sku_id HAVING sum(owed) <> sum(sorted)
        """,  # noqa: S608 - built from constants of our own code
    ),
    Check(
        "I4-issue",
        "单据版本从 1 起连续到波次的当前版本，出单时间递增 / a wave's issues count from 1 to its version, each later"
        " than the one before",
        """
        SELECT 'wave ' || wave.id AS subject FROM fulfillment_wave wave
        LEFT JOIN (
            SELECT wave_id, version, issued_at > lag(issued_at, 1, '-infinity') OVER issues AS ascends,
                   version = row_number() OVER issues AS counts
            FROM fulfillment_paperissue WINDOW issues AS (PARTITION BY wave_id ORDER BY version)
        ) AS issue ON issue.wave_id = wave.id
        GROUP BY wave.id
        HAVING max(issue.version) IS DISTINCT FROM wave.paper_version OR NOT bool_and(issue.ascends AND issue.counts)
        """,
    ),
    Check(
        "I4-position",
        "每个版本的播种位（含网格仓的）从 1 起连续且不重复 / the places of a version, those of grids among them, are 1, 2, …"
        " without a gap, and no two share a number",
        """
        SELECT 'wave ' || wave_id || ' version ' || paper_version AS subject
        FROM (
            SELECT wave_id, paper_version, position AS place FROM fulfillment_deliverynote
            UNION ALL
            SELECT DISTINCT wave_id, paper_version, grid_position FROM fulfillment_deliverynote
            WHERE grid_position IS NOT NULL
        ) AS floor
        GROUP BY wave_id, paper_version
        HAVING min(place) <> 1 OR max(place) <> count(*) OR count(*) <> count(DISTINCT place)
        """,
    ),
    Check(
        "I4-grid",
        "每个版本里一个网格仓恰有一个播种位 / in a version a grid has one place, and the place one grid",
        """
        SELECT DISTINCT 'wave ' || a.wave_id || ' version ' || a.paper_version AS subject
        FROM fulfillment_deliverynote a
        JOIN fulfillment_deliverynote b ON b.wave_id = a.wave_id AND b.paper_version = a.paper_version
            AND (b.grid_code = a.grid_code) <> (b.grid_position = a.grid_position)
        WHERE a.grid_position IS NOT NULL AND b.grid_position IS NOT NULL
        """,
    ),
    Check(
        "I4-copies-wave",
        "分拣行属于存在的波次，仓库与波次一致 / a sort line is of a wave that is there, and copies its warehouse",
        """
        SELECT DISTINCT 'wave ' || sort.wave_id || ' point ' || sort.point_id AS subject
        FROM fulfillment_sortline sort LEFT JOIN fulfillment_wave wave ON wave.id = sort.wave_id
        WHERE sort.warehouse_id IS DISTINCT FROM wave.warehouse_id
        """,
    ),
    Check(
        "I4-stop",
        "每个版本里有货的自提点恰有站点和该版本的交接单 / every point with goods has its stop and that version's note",
        """
        SELECT DISTINCT 'wave ' || sort.wave_id || ' point ' || sort.point_id AS subject
        FROM fulfillment_sortline sort
        LEFT JOIN fulfillment_stop stop ON stop.wave_id = sort.wave_id AND stop.point_id = sort.point_id
        LEFT JOIN fulfillment_deliverynote note ON note.wave_id = sort.wave_id AND note.point_id = sort.point_id
            AND note.paper_version = sort.paper_version
        WHERE stop.id IS NULL OR note.stop_id IS DISTINCT FROM stop.id
        """,
    ),
)

_PICKUPS = (
    Check(
        "I10-line",
        "已提件数等于核销行之和，且不超过应提 / collected is the sum of hand-overs and within what is due",
        """
        SELECT 'order line ' || line.id AS subject
        FROM groupbuy_orderline line
        LEFT JOIN (SELECT line_id, sum(quantity) AS pieces FROM fulfillment_pickupitem GROUP BY line_id) AS handed
            ON handed.line_id = line.id
        WHERE line.collected <> coalesce(handed.pieces, 0)
           OR line.collected > line.quantity - line.short - line.refunded
        """,
    ),
    Check(
        "I10-person",
        "货品只交给它的顾客，在它的自提点 / goods go to their own shopper at their own point",
        """
        SELECT 'pickup event ' || event.id AS subject
        FROM fulfillment_pickupitem item
        JOIN fulfillment_pickupevent event ON event.id = item.event_id
        JOIN fulfillment_pickup pickup ON pickup.id = event.pickup_id
        JOIN groupbuy_orderline line ON line.id = item.line_id
        JOIN groupbuy_order o ON o.id = line.order_id
        WHERE o.shopper_id <> pickup.shopper_id OR o.point_id <> pickup.point_id OR o.state <> 'accepted'
        """,
    ),
    Check(
        "I10-warehouse",
        "提货的仓库当天有波次 / a pickup's warehouse has a wave on its delivery date",
        """
        SELECT 'pickup ' || pickup.id AS subject
        FROM fulfillment_pickup pickup
        WHERE NOT EXISTS (SELECT FROM fulfillment_wave wave WHERE wave.warehouse_id = pickup.warehouse_id
                          AND wave.delivery_date = pickup.delivery_date)
        """,
    ),
    Check(
        "I10-open",
        "波次里还有货未提的顾客都有未完成的提货 / whoever has pieces left in a wave has a pickup that is not done",
        """
        SELECT DISTINCT 'order line ' || line.id AS subject
        FROM fulfillment_wavecampaign place
        JOIN groupbuy_campaign c ON c.id = place.campaign_id
        JOIN groupbuy_order o ON o.campaign_id = c.id AND o.state = 'accepted'
        JOIN groupbuy_orderline line ON line.order_id = o.id
        LEFT JOIN fulfillment_pickup pickup ON pickup.shopper_id = o.shopper_id AND pickup.point_id = o.point_id
            AND pickup.delivery_date = c.delivery_date AND pickup.done_at IS NULL
        WHERE place.active AND line.collected < line.quantity - line.short - line.refunded AND pickup.id IS NULL
        """,
    ),
)

_AGES = (
    Check(
        "I16-wave",
        "截单后或仓库的建波次时间后 60 秒内生成波次 / no frozen demand waits for its wave for more than 60 s, nor longer"
        " than the warehouse's rule says",
        f"""
        SELECT 'campaign ' || c.id AS subject FROM groupbuy_campaign c JOIN groupbuy_warehouse w ON w.id = c.warehouse_id
        WHERE c.state = 'frozen' AND c.taken_at IS NULL AND c.held_at IS NULL
          AND greatest(c.frozen_at, {WAVE_DUE_AT}) < groupbuy_now() - interval '{LATE_S} seconds'
          AND NOT EXISTS (SELECT FROM groupbuy_campaign other WHERE other.state = 'closing'
                          AND other.warehouse_id = c.warehouse_id AND other.delivery_date = c.delivery_date)
        """,  # noqa: S608
        is_age=True,
    ),
    Check(
        "I16-hold",
        "暂停的活动在计划发车前两小时已恢复 / no campaign is still held two hours before its trucks leave",
        """
        SELECT 'campaign ' || id AS subject FROM groupbuy_campaign
        WHERE held_at IS NOT NULL AND taken_at IS NULL AND state <> 'cancelled'
          AND dispatch_at - interval '2 hours' < groupbuy_now()
        """,
        is_age=True,
    ),
    Check(
        "I16-dispatch",
        "到点的波次在 60 秒内发车 / no wave stands in the warehouse 60 s after it should have left",
        f"""
        SELECT 'wave ' || id AS subject FROM fulfillment_wave
        WHERE state = 'built' AND dispatch_at < groupbuy_now() - interval '{LATE_S} seconds'
        """,  # noqa: S608
        is_age=True,
    ),
)

CHECKS = (
    *_WAVES,
    *PURCHASES,
    *PROGRESS,
    *SHORTAGES,
    *ROUTES,
    *_PICKUPS,
    *machine_checks(MACHINES, "fulfillment"),
    *_AGES,
)
