"""The price of an offer at an instant."""

import datetime as dt

import pytest

from groupbuy.domain.prices import PriceStep, next_step, price_at

NINE = dt.datetime(2026, 11, 22, 13, tzinfo=dt.UTC)
TEN = NINE + dt.timedelta(hours=1)
TICK = dt.timedelta(microseconds=1)
STEPS = [PriceStep(TEN, 250), PriceStep(NINE, 350)]


@pytest.mark.parametrize(
    ("now", "price_fen", "following"),
    [
        (NINE - TICK, 399, PriceStep(NINE, 350)),
        (NINE, 350, PriceStep(TEN, 250)),
        (TEN - TICK, 350, PriceStep(TEN, 250)),
        (TEN, 250, None),
    ],
)
def test_a_step_counts_from_its_own_instant_on(now: dt.datetime, price_fen: int, following: PriceStep | None) -> None:
    assert price_at(399, STEPS, now) == price_fen
    assert next_step(STEPS, now) == following


def test_without_steps_the_price_stays() -> None:
    assert price_at(399, [], NINE) == 399
    assert next_step([], NINE) is None
