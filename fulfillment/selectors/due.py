"""What the sweeps of this app have to take, found by state. ``skip`` are parked ids."""

from collections.abc import Sequence

from django.conf import settings

from groupbuy.kernel.db import rows

# From when the waves of campaign ``c`` in warehouse ``w`` are built by themselves; before all time where no rule waits.
WAVE_DUE_AT = (
    "coalesce((c.delivery_date - 1 + w.wave_time) AT TIME ZONE"  # a date and a time make a local timestamp
    f" '{settings.TIME_ZONE}', '-infinity')"
)


def campaigns_for_waves(skip: Sequence[int]) -> list[int]:
    """
    Return one frozen campaign of each warehouse and delivery date that has untaken demand.

    A day with a campaign still in its payment grace waits for it, so that both go into one wave; a warehouse with a
    ``wave_time`` waits for that.
    """
    found = rows(
        f"""
        SELECT min(c.id) AS id FROM groupbuy_campaign c JOIN groupbuy_warehouse w ON w.id = c.warehouse_id
        WHERE c.state = 'frozen' AND c.taken_at IS NULL AND c.held_at IS NULL AND c.id <> ALL(%s)
          AND {WAVE_DUE_AT} <= groupbuy_now()
          AND NOT EXISTS (SELECT FROM groupbuy_campaign other WHERE other.state = 'closing'
                          AND other.warehouse_id = c.warehouse_id AND other.delivery_date = c.delivery_date)
        GROUP BY c.warehouse_id, c.delivery_date
        """,  # noqa: S608 - a constant above
        [list(skip)],
    )
    return [row["id"] for row in found]


def waves_to_dispatch(skip: Sequence[int]) -> list[int]:
    found = rows(
        "SELECT id FROM fulfillment_wave WHERE state = 'built' AND dispatch_at <= groupbuy_now() AND id <> ALL(%s)"
        " ORDER BY dispatch_at",
        [list(skip)],
    )
    return [row["id"] for row in found]


def route_plans(skip: Sequence[int]) -> list[int]:
    """Return the oldest plan that nobody works out: just asked for, or left by a worker that is gone."""
    found = rows(
        """
        SELECT id FROM fulfillment_routeplan
        WHERE state IN ('asked', 'running') AND (state = 'asked' OR lease_ends_at < groupbuy_now()) AND id <> ALL(%s)
        ORDER BY id LIMIT 1
        """,
        [list(skip)],
    )
    return [row["id"] for row in found]


def paper_jobs(skip: Sequence[int]) -> list[int]:
    """Return one long paper that waits, or whose worker has not reported for too long."""
    found = rows(
        "SELECT id FROM fulfillment_paperjob WHERE id <> ALL(%s)"
        " AND (state = 'queued' OR (state = 'running' AND lease_ends_at < groupbuy_now())) ORDER BY id LIMIT 1",
        [list(skip)],
    )
    return [row["id"] for row in found]


def papers_to_clear(skip: Sequence[int]) -> list[int]:
    """Return jobs whose files nobody may fetch any more."""
    found = rows(
        "SELECT id FROM fulfillment_paperjob WHERE has_files AND expires_at <= groupbuy_now() AND id <> ALL(%s)"
        " ORDER BY expires_at LIMIT 100",
        [list(skip)],
    )
    return [row["id"] for row in found]
