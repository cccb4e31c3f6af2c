"""Stopping the database's clock, for tests that need an exact instant."""

import datetime as dt

from groupbuy.kernel.db import run

MICROSECOND = dt.timedelta(microseconds=1)
SECOND = dt.timedelta(seconds=1)


def stop_clock(*, at: dt.datetime) -> None:
    """Let ``groupbuy_now()`` be exactly ``at`` until the test's transaction ends, or until it is stopped elsewhere."""
    run(
        "CREATE OR REPLACE FUNCTION groupbuy_now() RETURNS timestamptz LANGUAGE sql VOLATILE"
        f" AS $$ SELECT timestamptz '{at.isoformat()}' $$"
    )
