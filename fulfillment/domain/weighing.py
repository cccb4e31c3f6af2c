"""What a weighing says of single order lines (称重): arithmetic over base units (g, or pieces)."""

from collections.abc import Sequence
from dataclasses import dataclass

from fulfillment.domain.allocation import LineDue
from groupbuy.kernel.money import split

# More than this many times the nominal weight is a slip of the finger or of the unit.
MOST_TIMES_NOMINAL = 3


@dataclass(frozen=True)
class Weighed:
    """``pieces`` (>= 1) of a line should hold ``nominal`` base units and hold ``real`` ones."""

    entry_id: int
    line_id: int
    pieces: int
    nominal: int
    real: int


def weigh(entry_id: int, real_base: int, lines: Sequence[LineDue], base_per_sale: dict[int, int]) -> list[Weighed]:
    """
    Spread what was weighed over the lines that it is for, in proportion to what they should hold.

    By largest remainder; of equal remainders whoever paid first has the more. Lines that are due nothing have no part.

    :param base_per_sale: base units in a sale unit, by line id.
    """
    served = sorted((line for line in lines if line.pieces), key=lambda line: line.turn)
    nominal = [line.pieces * base_per_sale[line.line_id] for line in served]
    real = split(real_base, nominal) if served else []
    return [
        Weighed(entry_id, line.line_id, line.pieces, each, part)
        for line, each, part in zip(served, nominal, real, strict=True)
    ]
