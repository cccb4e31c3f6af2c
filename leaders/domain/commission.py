"""
The commission rule, per order line and cumulatively: what the pieces collected so far have earned in all.

An entry is the difference between two such totals, so that the entries of a line add up to the rule on its net,
however the pieces were split over pickups (DOMAIN "Commission"; I9).
"""

from dataclasses import dataclass

from groupbuy.kernel.money import part_of, rate_of


@dataclass(frozen=True)
class LineMoney:
    """
    An order line as it stands. Money in fen.

    :param net_fen: line total less its share of discounts.
    :param refunded_fen: given back so far.
    :param due: pieces ordered less short less refunded.
    :param fee_fen: a fixed fee per piece in place of the rate, or None.
    """

    net_fen: int
    refunded_fen: int
    due: int
    rate_bp: int
    fee_fen: int | None


@dataclass(frozen=True)
class Earned:
    """Totals of a line: pieces collected, their net sales, the commission on them."""

    pieces: int
    base_fen: int
    amount_fen: int

    def __sub__(self, other: "Earned") -> "Earned":
        return Earned(self.pieces - other.pieces, self.base_fen - other.base_fen, self.amount_fen - other.amount_fen)


NOTHING = Earned(0, 0, 0)


def earned(line: LineMoney, collected: int) -> Earned:
    """Return what ``collected`` (0 to ``due``) pieces of the line have earned; the rate is rounded once, half up."""
    if collected == 0:
        return NOTHING
    base = part_of(line.net_fen - line.refunded_fen, collected, line.due)
    amount = rate_of(base, line.rate_bp) if line.fee_fen is None else line.fee_fen * collected
    return Earned(collected, base, amount)
