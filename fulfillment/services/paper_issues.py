"""
Issuing papers (出单): every version is written whole, from what is true at its instant, and never changes afterwards.

Set-based: the number of statements depends neither on orders nor on points.
"""

import datetime as dt

from django.conf import settings
from django.db import transaction

from fulfillment.domain.states import StopState, WaveState
from fulfillment.models import PaperIssue, Wave, WaveCampaign
from groupbuy.domain.words import PointRole
from groupbuy.kernel import clock
from groupbuy.kernel.db import rows, run
from groupbuy.kernel.errors import StateConflict
from groupbuy.kernel.privacy import mask_phone, unseal
from groupbuy.services.cutoff import demand_lock

MICROSECOND = dt.timedelta(microseconds=1)


@transaction.atomic
def papers_reissue(*, wave_id: int, reason: str, actor_id: int | None = None) -> int:
    """
    Issue the papers of a wave again from today's truth; return the new version. Older versions stay as they were.

    :param reason: why, for whoever finds two versions on his table; not empty.
    :raises StateConflict: the wave is voided.
    """
    wave = wave_lock(wave_id)
    if wave.state == WaveState.VOIDED:
        raise StateConflict
    wave.paper_version += 1
    wave.save(update_fields=["paper_version"])
    now = issue_insert(wave, reason=reason, actor_id=actor_id)
    demand_insert(wave)
    crates_count(wave)
    notes_insert(wave, now)
    return wave.paper_version


def wave_lock(wave_id: int) -> Wave:
    """
    Lock a wave's row and then the demand of its campaigns: no refund of theirs is half inside, none begins.

    Whoever locks orders or lines of a wave calls this before, so that everybody locks in one order.
    """
    wave = Wave.objects.select_for_update(no_key=True).get(pk=wave_id)
    demand_lock(campaign_ids=_campaign_ids(wave))
    return wave


def _campaign_ids(wave: Wave) -> list[int]:
    return list(WaveCampaign.objects.filter(wave=wave, active=True).values_list("campaign_id", flat=True))


def issue_insert(wave: Wave, *, reason: str = "", actor_id: int | None = None) -> dt.datetime:
    """
    Open the issue of ``wave.paper_version`` and return its instant, later than the issue before even if the clock is not.

    The caller has locked the demand.
    """
    now = clock.now()
    before = wave.issues.order_by("-version").values_list("issued_at", flat=True).first()
    issued_at = max(now, before + MICROSECOND) if before else now
    PaperIssue.objects.create(
        wave=wave, version=wave.paper_version, issued_at=issued_at, reason=reason, actor_id=actor_id
    )
    return issued_at


def demand_insert(wave: Wave) -> None:
    """Write sort lines and pick lines of ``wave.paper_version``."""
    _insert_sort_lines(wave)
    _insert_pick_lines(wave)


def _insert_sort_lines(wave: Wave) -> None:
    """Sorted as their key is, so that a million of them only append to its index."""
    run(
        """
        INSERT INTO fulfillment_sortline (wave_id, paper_version, warehouse_id, point_id, sku_id, quantity)
        SELECT %s, %s, %s, o.point_id, line.sku_id, sum(line.quantity - line.short - line.refunded)
        FROM groupbuy_orderline line JOIN groupbuy_order o ON o.id = line.order_id
        WHERE o.campaign_id = ANY(%s) AND o.state = 'accepted' AND line.quantity > line.short + line.refunded
        GROUP BY o.point_id, line.sku_id ORDER BY o.point_id, line.sku_id
        """,
        [wave.pk, wave.paper_version, wave.warehouse_id, _campaign_ids(wave)],
    )


def _insert_pick_lines(wave: Wave) -> None:
    """Roll the sort lines up by SKU, so that both papers have the same total by construction."""
    run(
        """
        INSERT INTO fulfillment_pickline (wave_id, paper_version, warehouse_id, sku_id, zone, bin, barcode, name, spec,
                                          sale_unit, base_unit, base_per_sale, weighed, weight_g, case_size,
                                          quantity, cases, pieces)
        SELECT %(wave)s, %(version)s, %(warehouse)s, sku.id, sku.zone, sku.bin, sku.barcode, sku.name, sku.spec,
               sku.sale_unit, sku.base_unit, sku.base_per_sale, sku.weighed, sku.weight_g, sku.case_size,
               demand.quantity, demand.quantity / sku.case_size,
               demand.quantity %% sku.case_size
        FROM (SELECT sku_id, sum(quantity)::int AS quantity FROM fulfillment_sortline
              WHERE wave_id = %(wave)s AND paper_version = %(version)s GROUP BY sku_id) AS demand
        JOIN groupbuy_sku sku ON sku.id = demand.sku_id
        """,
        {"wave": wave.pk, "version": wave.paper_version, "warehouse": wave.warehouse_id},
    )


def crates_count(wave: Wave) -> None:
    """Estimate the crates of stops that have not left again, by the pieces of this version."""
    run(
        """
        UPDATE fulfillment_stop stop SET crates = estimated.crates
        FROM (SELECT stop.id, ceil(coalesce(sum(line.quantity), 0) / %(per_crate)s::numeric) AS crates
              FROM fulfillment_stop stop
              LEFT JOIN fulfillment_sortline line ON line.wave_id = stop.wave_id AND line.point_id = stop.point_id
                  AND line.paper_version = %(version)s
              WHERE stop.wave_id = %(wave)s AND stop.state = %(planned)s GROUP BY stop.id) AS estimated
        WHERE stop.id = estimated.id AND stop.crates <> estimated.crates
        """,
        {
            "wave": wave.pk,
            "version": wave.paper_version,
            "planned": StopState.PLANNED,
            "per_crate": settings.GROUPBUY_PIECES_PER_CRATE,
        },
    )


def notes_insert(wave: Wave, now: dt.datetime) -> None:
    """Write a note for every stop as it stands now: position, grid, route, point, leader."""
    point_ids, leaders, phones = _leaders(wave)
    run(
        """
        INSERT INTO fulfillment_deliverynote (public_id, wave_id, paper_version, stop_id, point_id, number, issued_at,
            position, route_number, route_name, sequence, crates, expected_at, point_code, point_name, address, leader,
            phone, vehicle, driver, grid_position, grid_code, grid_name)
        SELECT gen_random_uuid(), stop.wave_id, %(version)s, stop.id, stop.point_id,
               warehouse.code || to_char(%(date)s::date, '-YYMMDD-') || %(number)s::int || '-'
                   || lpad(stop.position::text, greatest(4, length(stop.position::text)), '0') || '-v' || %(version)s::int, %(now)s,
               stop.position, route.number, route.name, stop.sequence, stop.crates, stop.expected_at,
               point.code, point.name, point.address, coalesce(leader.name, ''), coalesce(leader.phone, ''),
               trim(coalesce(vehicle.name || ' ' || vehicle.plate, '')), coalesce(driver.display_name, ''),
               stop.grid_position, coalesce(grid.code, ''), coalesce(grid.name, '')
        FROM fulfillment_stop stop
        JOIN fulfillment_route route ON route.id = stop.route_id
        LEFT JOIN fulfillment_vehicle vehicle ON vehicle.id = route.vehicle_id
        LEFT JOIN groupbuy_user driver ON driver.id = route.driver_id
        JOIN groupbuy_warehouse warehouse ON warehouse.id = stop.warehouse_id
        JOIN groupbuy_pickuppoint point ON point.id = stop.point_id
        LEFT JOIN groupbuy_gridwarehouse grid ON grid.id = stop.grid_id
        LEFT JOIN unnest(%(points)s::bigint[], %(leaders)s::text[], %(phones)s::text[]) AS leader (point_id, name, phone)
            ON leader.point_id = stop.point_id
        WHERE stop.wave_id = %(wave)s
        """,
        {
            "wave": wave.pk,
            "version": wave.paper_version,
            "date": wave.delivery_date,
            "number": wave.number,
            "now": now,
            "points": point_ids,
            "leaders": leaders,
            "phones": phones,
        },
    )


def _leaders(wave: Wave) -> tuple[list[int], list[str], list[str]]:
    """Who takes each delivery: the point's leader, else a helper. Ids, names, masked phones; only we can read phones."""
    found = rows(
        """
        SELECT DISTINCT ON (staff.point_id) staff.point_id, person.phone_sealed,
               coalesce(nullif(person.display_name, ''), person.username) AS name
        FROM fulfillment_stop stop
        JOIN groupbuy_pointstaff staff ON staff.point_id = stop.point_id AND staff.active
        JOIN groupbuy_user person ON person.id = staff.user_id
        WHERE stop.wave_id = %s ORDER BY staff.point_id, staff.role <> %s, staff.id
        """,
        [wave.pk, PointRole.LEADER],
    )
    phones = [mask_phone(unseal(row["phone_sealed"])) if row["phone_sealed"] else "" for row in found]
    return [row["point_id"] for row in found], [row["name"] for row in found], phones
