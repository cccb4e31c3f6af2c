"""
What of an order line's net money goes back: for pieces that nobody gets, and for goods that weighed less.

All in fen. Taken in any steps, what goes back of a line adds up to its net and never exceeds it.
"""

from dataclasses import dataclass

from groupbuy.kernel.money import part_of


@dataclass(frozen=True)
class LineMoney:
    """
    An order line as it stands: of ``quantity`` pieces ``gone`` were short or refunded and ``collected`` handed out.

    ``given_back_fen`` of ``net_fen`` went back so far, for the pieces that are gone and for weight.
    """

    quantity: int
    gone: int
    collected: int
    net_fen: int
    given_back_fen: int

    @property
    def left(self) -> int:
        """Pieces that can still be given back."""
        return self.quantity - self.gone - self.collected


@dataclass(frozen=True)
class Loss:
    """
    What an order line does not get: ``pieces`` sale units, and of the others ``nominal - real`` base units.

    ``nominal`` 0: it was not weighed.
    """

    line_id: int
    pieces: int = 0
    nominal: int = 0
    real: int = 0


@dataclass(frozen=True)
class GivenBack:
    """What a loss gives back."""

    loss: Loss
    pieces_fen: int
    weight_fen: int

    @property
    def fen(self) -> int:
        return self.pieces_fen + self.weight_fen


def given_back(loss: Loss, line: LineMoney) -> GivenBack:
    """
    Return what a loss of at most ``line.left`` pieces gives back: the pieces first, then the weight of the others.

    Goods that are weighed once more, since their wave was voided, give back only what they lack beyond the first time.
    """
    fen = pieces_fen(line, loss.pieces) if loss.pieces else 0
    if not loss.nominal:
        return GivenBack(loss, fen, 0)
    kept_fen = line.net_fen - part_of(line.net_fen, line.gone + loss.pieces, line.quantity)
    for_weight = line.given_back_fen + fen - (line.net_fen - kept_fen)
    return GivenBack(loss, fen, max(0, weight_fen(kept_fen, loss.nominal, loss.real) - for_weight))


def pieces_fen(line: LineMoney, pieces: int) -> int:
    """
    Return the money of ``pieces`` (>= 1) more pieces: the cumulative share of the net, less their part of what went
    back for weight before, and no more than is left.

    Never negative: what went back for weight is at most the money of the pieces that were left then, and the rounded
    share of that in a part of them is at most the difference of the two cumulative shares.
    """
    before = part_of(line.net_fen, line.gone, line.quantity)
    for_weight = part_of(line.given_back_fen - before, pieces, line.quantity - line.gone)
    share = part_of(line.net_fen, line.gone + pieces, line.quantity) - before - for_weight
    return min(share, line.net_fen - line.given_back_fen)


def weight_fen(left_fen: int, nominal: int, real: int) -> int:
    """
    Return what ``left_fen`` are too much when ``real`` of ``nominal`` (>= 1) base units are there, half up to the fen.

    0 when there are as many or more: nothing is ever charged (DOMAIN "Units").
    """
    light = max(0, nominal - real)
    return (left_fen * light * 2 + nominal) // (2 * nominal)
