"""
The one clock: PostgreSQL's.

``groupbuy_now()`` is the wall clock of the database, not the start of the transaction, so that a time read
under a lock is later than the lock. Services read it once and pass it down; tests replace the SQL function.
"""

import datetime as dt
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection


def now() -> dt.datetime:
    """Return the database's wall clock, aware, in UTC."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT groupbuy_now()")
        (value,) = cursor.fetchone()
    assert isinstance(value, dt.datetime)
    return value.astimezone(dt.UTC)


def local_zone() -> ZoneInfo:
    """Return the zone in which times are shown and days begin (Asia/Shanghai)."""
    return ZoneInfo(settings.TIME_ZONE)


def local_date(instant: dt.datetime) -> dt.date:
    """Return the calendar day of ``instant`` where the platform works."""
    return instant.astimezone(local_zone()).date()


def at_local(day: dt.date, clock_time: dt.time) -> dt.datetime:
    """Return the UTC instant at which the platform's wall clock shows ``clock_time`` on ``day``."""
    return dt.datetime.combine(day, clock_time, tzinfo=local_zone()).astimezone(dt.UTC)
