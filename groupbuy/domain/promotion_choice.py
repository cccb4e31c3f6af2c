"""
Which discounts an order gets: the best combination that the rules of stacking allow (docs/promotions.md). Exact.

Newcomer prices come first, all or none; then promotions of which no two cover the same line; then at most one coupon,
if every chosen promotion lets coupons join.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from groupbuy.domain.promotions import (
    CouponTerms,
    Discounts,
    Hint,
    LineTerms,
    Part,
    PromotionTerms,
    Source,
    Unused,
    Used,
    Why,
    near,
    shares,
)

NEWCOMER_NAME = "新人价"
_BEFORE_ALL = dt.datetime.min.replace(tzinfo=dt.UTC)


def choose(
    lines: Sequence[LineTerms],
    promotions: Sequence[PromotionTerms],
    coupons: Sequence[CouponTerms],
    *,
    newcomer: bool,
    must_use: int | None = None,
) -> Discounts:
    """
    Return the combination with the greatest discount; of equal ones that with the best ``_Plan.rank``.

    :param newcomer: whether the shopper gets newcomer prices, where lines have one.
    :param must_use: id of a coupon that the shopper chose: the best combination with it. Where none has it, the best
        without any coupon; ``unused`` then says why.
    """
    if not promotions and not coupons and not newcomer:
        return Discounts()
    search = _Search(_useful(coupons, must_use), forced=must_use is not None)
    search.look(lines, promotions, newcomer=newcomer)
    if search.best is None:
        search = _Search([], forced=False)
        search.look(lines, promotions, newcomer=newcomer)
    assert search.best is not None
    return _explained(search.best, lines, promotions, coupons)


@dataclass(frozen=True)
class _Candidate:
    """A promotion that takes ``fen`` off this order; bit i of ``lines``: it covers the i-th line."""

    promotion: PromotionTerms
    lines: int
    fen: int


@dataclass(frozen=True)
class _Ground:
    """
    What promotions are chosen on. ``left``: line -> fen to pay after newcomer prices, if ``newcomer``.

    ``candidates``: the greatest first; ``rest_fen``: the sum of each and those after it.
    """

    newcomer: bool
    left: dict[int, int]
    saved_fen: int
    left_fen: int
    candidates: tuple[_Candidate, ...]
    rest_fen: tuple[int, ...]


@dataclass(frozen=True)
class _Plan:
    ground: _Ground
    chosen: tuple[_Candidate, ...]
    coupon: CouponTerms | None
    fen: int

    def rank(self) -> tuple[Any, ...]:
        """
        Sort the better first: the greater discount; fewer sources; no coupon; a coupon that ends sooner, so that the
        other one is kept; lower ids.
        """
        return (
            -self.fen,
            self.ground.newcomer + len(self.chosen) + (self.coupon is not None),
            self.coupon is not None,
            self.coupon.ends_at if self.coupon else _BEFORE_ALL,
            sorted(candidate.promotion.id for candidate in self.chosen),
            self.coupon.id if self.coupon else 0,
        )


class _Search:
    """
    Go through every compatible set of promotions, the greatest first, but for branches that cannot reach the best.

    :param forced: only plans with one of ``coupons`` count.
    """

    def __init__(self, coupons: Sequence[CouponTerms], *, forced: bool) -> None:
        self.best: _Plan | None = None
        self._coupons = coupons
        self._forced = forced
        self._highest_fen = max((coupon.face_fen for coupon in coupons), default=0)

    def look(self, lines: Sequence[LineTerms], promotions: Sequence[PromotionTerms], *, newcomer: bool) -> None:
        if newcomer and any(line.newcomer_off_fen for line in lines):
            self._extend(_ground(lines, promotions, newcomer=True), (), 0, 0, 0)
        self._extend(_ground(lines, promotions, newcomer=False), (), 0, 0, 0)

    def _extend(self, ground: _Ground, chosen: tuple[_Candidate, ...], taken: int, off_fen: int, start: int) -> None:
        """Consider ``chosen``, then every compatible set that adds candidates from ``start`` on."""
        self._consider(ground, chosen, off_fen)
        for i in range(start, len(ground.candidates)):
            reachable_fen = ground.saved_fen + off_fen + ground.rest_fen[i] + self._highest_fen
            if self.best and reachable_fen < self.best.fen:
                return
            candidate = ground.candidates[i]
            if not candidate.lines & taken:
                self._extend(ground, (*chosen, candidate), taken | candidate.lines, off_fen + candidate.fen, i + 1)

    def _consider(self, ground: _Ground, chosen: tuple[_Candidate, ...], off_fen: int) -> None:
        saved_fen = ground.saved_fen + off_fen
        if self.best and saved_fen + self._highest_fen < self.best.fen:
            return
        if not self._forced:
            self._keep(ground, chosen, None, saved_fen)
        if self._coupons and all(candidate.promotion.with_coupon for candidate in chosen):
            for coupon in self._coupons:
                if more_fen := coupon.off(ground.left_fen - off_fen):
                    self._keep(ground, chosen, coupon, saved_fen + more_fen)

    def _keep(
        self, ground: _Ground, chosen: tuple[_Candidate, ...], coupon: CouponTerms | None, saved_fen: int
    ) -> None:
        if self.best and saved_fen < self.best.fen:
            return
        plan = _Plan(ground, chosen, coupon, saved_fen)
        if self.best is None or plan.rank() < self.best.rank():
            self.best = plan


def _useful(coupons: Sequence[CouponTerms], must_use: int | None) -> list[CouponTerms]:
    """Return the coupons that may be used here, but for those that another beats in everything."""
    useful: list[CouponTerms] = []
    for coupon in sorted(coupons, key=lambda coupon: (coupon.ends_at, coupon.id)):
        if not coupon.here or must_use not in (None, coupon.id):
            continue
        if not any(c.threshold_fen <= coupon.threshold_fen and c.face_fen >= coupon.face_fen for c in useful):
            useful.append(coupon)
    return useful


def _ground(lines: Sequence[LineTerms], promotions: Sequence[PromotionTerms], *, newcomer: bool) -> _Ground:
    left = {line.key: line.amount_fen - (line.newcomer_off_fen if newcomer else 0) for line in lines}
    left_fen = sum(left.values())
    found = (_candidate(promotion, lines, left) for promotion in promotions)
    candidates = sorted((each for each in found if each.fen), key=lambda each: (-each.fen, each.promotion.id))
    return _Ground(
        newcomer=newcomer,
        left=left,
        saved_fen=sum(line.amount_fen for line in lines) - left_fen,
        left_fen=left_fen,
        candidates=tuple(candidates),
        rest_fen=tuple(accumulate(each.fen for each in reversed(candidates)))[::-1],
    )


def _candidate(promotion: PromotionTerms, lines: Sequence[LineTerms], left: dict[int, int]) -> _Candidate:
    covered = [(i, line) for i, line in enumerate(lines) if promotion.covers(line)]
    spent_fen = sum(left[line.key] for _, line in covered)
    fen = promotion.off(spent_fen, sum(line.quantity for _, line in covered))
    return _Candidate(promotion, sum(1 << i for i, _ in covered), fen)


def _explained(
    plan: _Plan, lines: Sequence[LineTerms], promotions: Sequence[PromotionTerms], coupons: Sequence[CouponTerms]
) -> Discounts:
    parts: list[Part] = []
    used: list[Used] = []
    left = {line.key: line.amount_fen for line in lines}
    for source, shared in _steps(plan, lines, left):
        used.append(source)
        parts += shared
        for part in shared:
            left[part.line] -= part.fen
    return Discounts(
        parts=tuple(parts),
        used=tuple(used),
        hints=tuple(_hints(plan, lines, promotions)),
        unused=tuple(_unused(plan, coupons)),
    )


def _steps(plan: _Plan, lines: Sequence[LineTerms], left: dict[int, int]) -> Iterator[tuple[Used, list[Part]]]:
    """Yield each source with its shares, in the order of reckoning; the caller takes them off ``left`` in between."""
    if plan.ground.newcomer:
        off = {line.key: line.newcomer_off_fen for line in lines if line.newcomer_off_fen}
        parts = [Part(key, Source.NEWCOMER, None, NEWCOMER_NAME, fen) for key, fen in off.items()]
        yield Used(Source.NEWCOMER, None, NEWCOMER_NAME, sum(off.values())), parts
    for candidate in sorted(plan.chosen, key=lambda each: each.promotion.id):
        promotion = candidate.promotion
        used = Used(Source.PROMOTION, promotion.id, promotion.name, candidate.fen)
        yield used, shares(used, {line.key: left[line.key] for line in lines if promotion.covers(line)})
    if plan.coupon:
        used = Used(Source.COUPON, plan.coupon.id, plan.coupon.name, plan.coupon.off(sum(left.values())))
        yield used, shares(used, left)


def _hints(plan: _Plan, lines: Sequence[LineTerms], promotions: Sequence[PromotionTerms]) -> Iterator[Hint]:
    for promotion in promotions:
        mask = _candidate(promotion, lines, plan.ground.left).lines
        instead_fen = sum(candidate.fen for candidate in plan.chosen if candidate.lines & mask)
        if hint := near(promotion, lines, plan.ground.left, instead_fen):
            yield hint


def _unused(plan: _Plan, coupons: Sequence[CouponTerms]) -> Iterator[Unused]:
    left_fen = plan.ground.left_fen - sum(candidate.fen for candidate in plan.chosen)
    for coupon in coupons:
        if plan.coupon and coupon.id == plan.coupon.id:
            continue
        if not coupon.here:
            yield Unused(coupon.id, coupon.name, Why.ELSEWHERE)
        elif left_fen < coupon.threshold_fen:
            yield Unused(coupon.id, coupon.name, Why.THRESHOLD, coupon.threshold_fen - left_fen)
        elif not all(candidate.promotion.with_coupon for candidate in plan.chosen):
            yield Unused(coupon.id, coupon.name, Why.NOT_STACKABLE)
        else:
            yield Unused(coupon.id, coupon.name, Why.OTHER_BETTER)
