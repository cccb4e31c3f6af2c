"""The one clock is PostgreSQL's wall clock; days are those of Shanghai."""

import datetime as dt

import pytest

from groupbuy.kernel import clock
from tests.clocks import stop_clock
from tests.world import shift_clock

MIDNIGHT = dt.datetime(2026, 11, 21, 16, 0, tzinfo=dt.UTC)  # 00:00 of the 22nd in Shanghai


@pytest.mark.django_db
def test_the_clock_moves_within_a_transaction() -> None:
    first, second = clock.now(), clock.now()

    assert first < second
    assert first.tzinfo is dt.UTC


@pytest.mark.django_db
def test_a_test_can_shift_the_clock_and_stop_it() -> None:
    before = clock.now()
    shift_clock(by=dt.timedelta(hours=3))
    assert dt.timedelta(hours=3) <= clock.now() - before < dt.timedelta(hours=3, minutes=1)

    stop_clock(at=MIDNIGHT)
    assert clock.now() == MIDNIGHT
    assert clock.now() == MIDNIGHT


def test_a_day_begins_at_midnight_in_shanghai() -> None:
    assert clock.local_date(MIDNIGHT) == dt.date(2026, 11, 22)
    assert clock.local_date(MIDNIGHT - dt.timedelta(microseconds=1)) == dt.date(2026, 11, 21)


def test_a_time_on_the_wall_is_an_instant() -> None:
    assert clock.at_local(dt.date(2026, 11, 22), dt.time(5, 0)) == dt.datetime(2026, 11, 21, 21, 0, tzinfo=dt.UTC)
