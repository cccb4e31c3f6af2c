"""Arithmetic of money: integer fen (1/100 yuan), rates in basis points (1/10,000). Never a float."""

from collections.abc import Sequence

BP = 10_000


def rate_of(amount_fen: int, rate_bp: int) -> int:
    """
    Return ``rate_bp`` of ``amount_fen``, rounded half up to the fen.

    Both arguments are >= 0. The one division of the commission rule (DOMAIN "Commission").
    """
    return (amount_fen * rate_bp * 2 + BP) // (2 * BP)


def part_of(amount_fen: int, pieces: int, of_pieces: int) -> int:
    """
    Return the share of ``pieces`` out of ``of_pieces`` in ``amount_fen``, rounded down.

    Taken cumulatively (share of the first n pieces), the shares of any split add up exactly.
    """
    return amount_fen * pieces // of_pieces


def split(amount_fen: int, weights: Sequence[int]) -> list[int]:
    """
    Split ``amount_fen`` in proportion to ``weights`` by largest remainder; the parts add up exactly.

    Ties go to the earlier weight. All weights zero: everything goes to the first part.
    """
    total = sum(weights)
    if total == 0:
        return [amount_fen] + [0] * (len(weights) - 1)
    parts = [amount_fen * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(amount_fen * weights[i] % total), i))
    for i in by_remainder[: amount_fen - sum(parts)]:
        parts[i] += 1
    return parts


def yuan(amount_fen: int) -> str:
    """Format fen as yuan with two decimals: 864740 -> ``8647.40``."""
    sign = "-" if amount_fen < 0 else ""
    whole, cents = divmod(abs(amount_fen), 100)
    return f"{sign}{whole}.{cents:02d}"
