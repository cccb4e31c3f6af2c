"""What the sweeps of this app have to take, found by state. ``skip`` are parked ids."""

from collections.abc import Sequence

from groupbuy.kernel.db import rows


def campaigns_for_waves(skip: Sequence[int]) -> list[int]:
    """
    Return one frozen campaign of each warehouse and delivery date that has untaken demand.

    A day with a campaign still in its payment grace waits for it, so that both go into one wave.
    """
    found = rows(
        """
        SELECT min(c.id) AS id FROM groupbuy_campaign c
        WHERE c.state = 'frozen' AND c.taken_at IS NULL AND c.held_at IS NULL AND c.id <> ALL(%s)
          AND NOT EXISTS (SELECT FROM groupbuy_campaign other WHERE other.state = 'closing'
                          AND other.warehouse_id = c.warehouse_id AND other.delivery_date = c.delivery_date)
        GROUP BY c.warehouse_id, c.delivery_date
        """,
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
