"""What the sweeps of this app have to take, found by state, with no lower bound in time. ``skip`` are parked ids."""

from collections.abc import Sequence

from groupbuy.kernel.db import rows

LIMIT = 500


def _ids(sql: str, skip: Sequence[int]) -> list[int]:
    found = rows(f"{sql} LIMIT {LIMIT}", [list(skip)])
    return [row["id"] for row in found]


def campaigns_to_close(skip: Sequence[int]) -> list[int]:
    return _ids(
        "SELECT id FROM groupbuy_campaign WHERE state = 'open' AND cutoff_at <= groupbuy_now() AND id <> ALL(%s)"
        " ORDER BY cutoff_at",
        skip,
    )


def campaigns_to_freeze(skip: Sequence[int]) -> list[int]:
    """Return closing campaigns whose grace for payments is over."""
    return _ids(
        "SELECT id FROM groupbuy_campaign WHERE state = 'closing'"
        " AND cutoff_at + make_interval(secs => grace_s) <= groupbuy_now() AND id <> ALL(%s) ORDER BY cutoff_at",
        skip,
    )


def orders_to_expire(skip: Sequence[int]) -> list[int]:
    return _ids(
        "SELECT id FROM groupbuy_order WHERE state = 'placed' AND pay_by <= groupbuy_now() AND id <> ALL(%s)"
        " ORDER BY pay_by",
        skip,
    )


def payments_to_query(skip: Sequence[int]) -> list[int]:
    return _ids(
        "SELECT id FROM groupbuy_payment WHERE next_query_at <= groupbuy_now() AND id <> ALL(%s)"
        " ORDER BY next_query_at",
        skip,
    )


def refunds_to_send(skip: Sequence[int]) -> list[int]:
    """Return refunds that wait or were sent; those that went along under another's number are left to it."""
    return _ids(
        "SELECT id FROM groupbuy_refund WHERE next_try_at <= groupbuy_now() AND coalesce(sent_as_id, id) = id"
        " AND id <> ALL(%s) ORDER BY next_try_at, id",
        skip,
    )


def bills_to_check(skip: Sequence[int]) -> list[int]:
    return _ids(
        "SELECT id FROM groupbuy_billday WHERE checked_at IS NULL AND next_try_at <= groupbuy_now() AND id <> ALL(%s)"
        " ORDER BY bill_date",
        skip,
    )
