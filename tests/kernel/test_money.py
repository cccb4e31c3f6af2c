"""Money: whatever is divided adds up again, and a rate is rounded half up exactly once."""

import math
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.kernel.money import part_of, rate_of, split, yuan

AMOUNTS = st.integers(0, 10**12)
WEIGHTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=30)


@given(AMOUNTS, WEIGHTS)
def test_the_parts_of_a_split_add_up_exactly(amount_fen: int, weights: list[int]) -> None:
    assert sum(split(amount_fen, weights)) == amount_fen


@given(AMOUNTS, WEIGHTS)
def test_no_part_of_a_split_is_a_whole_fen_off_its_share(amount_fen: int, weights: list[int]) -> None:
    total = sum(weights)
    if total == 0:
        return

    for part, weight in zip(split(amount_fen, weights), weights, strict=True):
        assert abs(part - Fraction(amount_fen * weight, total)) < 1


def test_the_largest_remainder_gets_the_odd_fen_and_ties_go_to_the_earlier() -> None:
    assert split(100, [1, 1, 1]) == [34, 33, 33]
    assert split(200, [1, 1, 1]) == [67, 67, 66]
    assert split(10, [3, 5, 2]) == [3, 5, 2]
    assert split(5, [2, 3, 5]) == [1, 2, 2]  # exact shares 1.0, 1.5, 2.5
    assert split(7, [0, 0]) == [7, 0]


@given(AMOUNTS, st.integers(1, 500), st.data())
def test_the_shares_of_any_run_of_pieces_add_up_exactly(amount_fen: int, pieces: int, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, pieces), max_size=6)))
    edges = [0, *cuts, pieces]

    shares = [part_of(amount_fen, end, pieces) - part_of(amount_fen, begin, pieces) for begin, end in pairwise(edges)]

    assert sum(shares) == amount_fen
    assert min(shares) >= 0


@given(AMOUNTS, st.integers(0, 10_000))
def test_a_rate_is_rounded_half_up(amount_fen: int, rate_bp: int) -> None:
    exact = Fraction(amount_fen * rate_bp, 10_000)

    assert rate_of(amount_fen, rate_bp) == math.floor(exact + Fraction(1, 2))


@pytest.mark.parametrize(
    ("amount_fen", "rate_bp", "expected"),
    [(4, 1000, 0), (5, 1000, 1), (15, 1000, 2), (1197, 1000, 120), (399, 1000, 40), (1, 5000, 1), (1, 4999, 0)],
)
def test_half_a_fen_of_commission_is_paid_as_one(amount_fen: int, rate_bp: int, expected: int) -> None:
    assert rate_of(amount_fen, rate_bp) == expected


@pytest.mark.parametrize(
    ("amount_fen", "text"), [(0, "0.00"), (7, "0.07"), (864740, "8647.40"), (-5, "-0.05"), (-12345, "-123.45")]
)
def test_fen_are_shown_as_yuan(amount_fen: int, text: str) -> None:
    assert yuan(amount_fen) == text
