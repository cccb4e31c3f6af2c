"""What one piece in a basket cost: hundredths, half up, without a binary fraction near."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.domain.baskets import unit_price_fen


@pytest.mark.parametrize(
    ("sales_value", "pieces", "fen"),
    [
        ("1.39", 1, 139),
        ("0.0", 1, 0),
        ("0.01", 2, 1),  # half a hundredth goes up
        ("0.01", 3, 0),
        ("0.02", 3, 1),
        ("1.005", 1, 101),  # the nearest binary fraction lies below the half
        ("1.00499", 1, 100),
        ("2.675", 1, 268),
        ("0.15", 10, 2),
        ("0.05", 10, 1),
        ("0.04", 10, 0),
        ("10.0", 3, 333),
        ("20.0", 3, 667),
        ("9.89", 98, 10),
        ("1e-05", 1, 0),
        ("5e-03", 1, 1),
        ("840", 1, 84_000),
    ],
)
def test_a_price_is_rounded_half_up(sales_value: str, pieces: int, fen: int) -> None:
    assert unit_price_fen(sales_value, pieces) == fen


@given(st.decimals(min_value=0, max_value=10_000, places=4), st.integers(1, 99))
def test_a_price_is_never_more_than_half_a_hundredth_away_and_a_tie_goes_up(value: Decimal, pieces: int) -> None:
    too_much = unit_price_fen(str(value), pieces) - Fraction(value) * 100 / pieces

    assert Fraction(-1, 2) < too_much <= Fraction(1, 2)
