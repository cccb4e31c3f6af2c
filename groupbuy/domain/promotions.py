"""
What discounts are: the terms of promotions and coupons, and what each takes off an order by itself.

Amounts are fen, rates basis points, quantities sale units. Which of them an order gets is ``promotion_choice``'s; the
rules are told with an example in docs/promotions.md.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from groupbuy.kernel.money import BP, rate_of, split

# Twelve promotions that all fit together are 4,096 combinations, a few milliseconds at the very worst.
MAX_PROMOTIONS = 12


class PromotionKind(StrEnum):
    """``amount_off``: spend X, save Y (满减). ``rate``: N pieces at a rate (满件折)."""

    AMOUNT_OFF = "amount_off"
    RATE = "rate"


class Source(StrEnum):
    """Where a discount comes from, in the order in which they are reckoned."""

    NEWCOMER = "newcomer"
    PROMOTION = "promotion"
    COUPON = "coupon"


@dataclass(frozen=True)
class LineTerms:
    """
    One offer in an order. ``newcomer_fen``: what each of the first ``newcomer_pieces`` pieces costs a newcomer.

    ``key`` is the offer's id; lines come in its order.
    """

    key: int
    category: int
    price_fen: int
    quantity: int
    newcomer_fen: int | None = None
    newcomer_pieces: int = 1

    @property
    def amount_fen(self) -> int:
        return self.price_fen * self.quantity

    @property
    def newcomer_off_fen(self) -> int:
        """What the newcomer price takes off; nothing where it is no better than the price."""
        if self.newcomer_fen is None:
            return 0
        return max(0, self.price_fen - self.newcomer_fen) * min(self.quantity, self.newcomer_pieces)


@dataclass(frozen=True)
class PromotionTerms:
    """
    A promotion in force. Its scope: the named ``offers``; else the ``category``; else everything.

    :param threshold: fen to spend (``amount_off``) or pieces to buy (``rate``) within the scope, >= 1.
    :param off_fen: what ``amount_off`` takes off, for every full threshold if it ``repeats``, ``cap_fen`` at most.
    :param rate_bp: what ``rate`` leaves to pay: 8000 is 8 折.
    :param with_coupon: whether a coupon may join it.
    """

    id: int
    name: str
    kind: PromotionKind
    threshold: int
    off_fen: int = 0
    rate_bp: int = BP
    repeats: bool = False
    cap_fen: int | None = None
    category: int | None = None
    offers: frozenset[int] = frozenset()
    with_coupon: bool = True

    def covers(self, line: LineTerms) -> bool:
        if self.offers:
            return line.key in self.offers
        return self.category is None or self.category == line.category

    def reached(self, spent_fen: int, pieces: int) -> int:
        """Return how much of the threshold's unit the scope's lines hold."""
        return spent_fen if self.kind == PromotionKind.AMOUNT_OFF else pieces

    def off(self, spent_fen: int, pieces: int) -> int:
        """
        Return what it takes off ``spent_fen`` (what the lines of its scope cost before it), 0 to all of it.

        What a rate leaves to pay is rounded half up, once.
        """
        times = self.reached(spent_fen, pieces) // self.threshold
        if not times:
            return 0
        if self.kind == PromotionKind.RATE:
            return spent_fen - rate_of(spent_fen, self.rate_bp)
        off_fen = self.off_fen * (times if self.repeats else 1)
        return min(off_fen, spent_fen, spent_fen if self.cap_fen is None else self.cap_fen)


@dataclass(frozen=True)
class CouponTerms:
    """
    A coupon that the shopper holds: ``face_fen`` off an order of ``threshold_fen`` or more.

    ``here``: it is for this group or for any; else it is only explained.
    """

    id: int
    name: str
    face_fen: int
    threshold_fen: int
    ends_at: dt.datetime
    here: bool = True

    def off(self, left_fen: int) -> int:
        """Return what it takes off an order that costs ``left_fen`` after newcomer prices and promotions."""
        return min(self.face_fen, left_fen) if left_fen >= self.threshold_fen else 0


@dataclass(frozen=True)
class Used:
    """A source that the order gets, with all that it takes off."""

    source: Source
    source_id: int | None
    name: str
    fen: int


@dataclass(frozen=True)
class Part:
    """What one source takes off one line, > 0. ``source_id``: of the promotion or the coupon."""

    line: int
    source: Source
    source_id: int | None
    name: str
    fen: int

    def comes_from(self, used: Used) -> bool:
        return (self.source, self.source_id) == (used.source, used.source_id)


@dataclass(frozen=True)
class Hint:
    """A promotion that is near: buy for ``missing_fen`` or ``missing_pieces`` more, and it gives its discount."""

    promotion_id: int
    name: str
    missing_fen: int
    missing_pieces: int
    off_fen: int
    rate_bp: int


class Why(StrEnum):
    """Why a coupon that the shopper holds is not used."""

    ELSEWHERE = "elsewhere"
    THRESHOLD = "threshold"
    NOT_STACKABLE = "not_stackable"
    OTHER_BETTER = "other_better"


@dataclass(frozen=True)
class Unused:
    """``missing_fen``: what the order lacks of the coupon's threshold; 0 for any other reason."""

    coupon_id: int
    name: str
    why: Why
    missing_fen: int = 0


@dataclass(frozen=True)
class Discounts:
    """The best combination, split over the lines, and why it is not more."""

    parts: tuple[Part, ...] = ()
    used: tuple[Used, ...] = ()
    hints: tuple[Hint, ...] = ()
    unused: tuple[Unused, ...] = ()

    @property
    def coupon_id(self) -> int | None:
        return next((used.source_id for used in self.used if used.source == Source.COUPON), None)

    @property
    def newcomer(self) -> bool:
        return any(used.source == Source.NEWCOMER for used in self.used)

    def by_line(self) -> dict[int, int]:
        """Return what is taken off each line that gets something."""
        off: dict[int, int] = {}
        for part in self.parts:
            off[part.line] = off.get(part.line, 0) + part.fen
        return off


def shares(used: Used, left: Mapping[int, int]) -> list[Part]:
    """
    Split what ``used`` takes off over lines (key -> fen left to pay), by largest remainder, ties to the earlier line.

    No share is more than its line has left, because ``used.fen`` is at most their sum.
    """
    split_fen = split(used.fen, list(left.values()))
    return [
        Part(key, used.source, used.source_id, used.name, fen) for key, fen in zip(left, split_fen, strict=True) if fen
    ]


def near(
    promotion: PromotionTerms, lines: Sequence[LineTerms], left: Mapping[int, int], instead_fen: int
) -> Hint | None:
    """
    Return a hint if the order has half of what the promotion asks for, or more, but not all.

    :param left: line -> fen to pay after newcomer prices.
    :param instead_fen: what the promotions that the order gets give on its lines; a hint promises more than they do.
    """
    covered = [line for line in lines if promotion.covers(line)]
    spent_fen = sum(left[line.key] for line in covered)
    reached = promotion.reached(spent_fen, sum(line.quantity for line in covered))
    missing = promotion.threshold - reached
    if missing <= 0 or missing > reached:
        return None
    by_amount = promotion.kind == PromotionKind.AMOUNT_OFF
    gain_fen = promotion.off_fen if by_amount else promotion.off(spent_fen, promotion.threshold)
    if gain_fen <= instead_fen:
        return None
    return Hint(
        promotion_id=promotion.id,
        name=promotion.name,
        missing_fen=missing if by_amount else 0,
        missing_pieces=0 if by_amount else missing,
        off_fen=gain_fen if by_amount else 0,
        rate_bp=BP if by_amount else promotion.rate_bp,
    )
