"""Discounts: the best combination within the rules, told line by line, adding up to the fen."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from random import Random
from typing import Any

from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from groupbuy.domain.promotion_choice import choose
from groupbuy.domain.promotions import (
    CouponTerms,
    Discounts,
    Hint,
    LineTerms,
    Part,
    PromotionKind,
    PromotionTerms,
    Source,
    Unused,
    Used,
    Why,
)

FRESH, DRY = 1, 2
JUNE = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)

tomato = LineTerms(key=1, category=FRESH, price_fen=399, quantity=5)
eggs = LineTerms(key=2, category=FRESH, price_fen=1590, quantity=2)
rice = LineTerms(key=3, category=DRY, price_fen=4990, quantity=1)
basket = [tomato, eggs, rice]  # 1995 + 3180 + 4990 = 10165


def spend(id: int, threshold: int, off_fen: int, **more: object) -> PromotionTerms:  # noqa: A002
    return replace(PromotionTerms(id, f"满减 {id}", PromotionKind.AMOUNT_OFF, threshold, off_fen), **more)  # type: ignore[arg-type]


def pieces(id: int, threshold: int, rate_bp: int, **more: object) -> PromotionTerms:  # noqa: A002
    return replace(PromotionTerms(id, f"满件折 {id}", PromotionKind.RATE, threshold, rate_bp=rate_bp), **more)  # type: ignore[arg-type]


def coupon(id: int, face_fen: int, threshold_fen: int, days: int = 1, *, here: bool = True) -> CouponTerms:  # noqa: A002
    return CouponTerms(id, f"券 {id}", face_fen, threshold_fen, JUNE + days * DAY, here)


def total(discounts: Discounts) -> int:
    return sum(part.fen for part in discounts.parts)


def got(discounts: Discounts) -> list[tuple[Source, int | None, int]]:
    return [(used.source, used.source_id, used.fen) for used in discounts.used]


# --- the worked example of docs/promotions.md ---------------------------------------------------------


def test_the_worked_example_is_reckoned_as_it_is_told() -> None:
    first_tomato = replace(tomato, newcomer_fen=99)
    offered = [pieces(7, 6, 8000, category=FRESH), spend(8, 9000, 700)]

    found = choose([first_tomato, eggs, rice], offered, [coupon(21, 500, 6000)], newcomer=True)

    assert found.used == (
        Used(Source.NEWCOMER, None, "新人价", 300),
        Used(Source.PROMOTION, 7, "满件折 7", 975),
        Used(Source.COUPON, 21, "券 21", 500),
    )
    assert found.parts == (
        Part(1, Source.NEWCOMER, None, "新人价", 300),
        Part(1, Source.PROMOTION, 7, "满件折 7", 339),
        Part(2, Source.PROMOTION, 7, "满件折 7", 636),
        Part(1, Source.COUPON, 21, "券 21", 76),
        Part(2, Source.COUPON, 21, "券 21", 143),
        Part(3, Source.COUPON, 21, "券 21", 281),
    )
    assert found.by_line() == {1: 715, 2: 779, 3: 281}
    assert (found.coupon_id, found.newcomer) == (21, True)


# --- each kind by itself -------------------------------------------------------------------------------


def test_spend_and_save_begins_exactly_at_its_threshold() -> None:
    assert total(choose(basket, [spend(1, 10165, 500)], [], newcomer=False)) == 500
    assert total(choose(basket, [spend(1, 10166, 500)], [], newcomer=False)) == 0


def test_every_full_threshold_saves_again_up_to_the_cap() -> None:
    every = spend(1, 3000, 200, repeats=True)

    assert total(choose(basket, [every], [], newcomer=False)) == 600
    assert total(choose(basket, [replace(every, cap_fen=500)], [], newcomer=False)) == 500


def test_a_rate_is_rounded_half_up_once_over_its_scope() -> None:
    odd = [LineTerms(1, FRESH, 101, 1), LineTerms(2, FRESH, 102, 1)]  # 203 x 0.85 = 172.55, to pay 173

    found = choose(odd, [pieces(1, 2, 8500)], [], newcomer=False)

    assert found.by_line() == {1: 15, 2: 15}


def test_a_promotion_counts_only_the_lines_of_its_scope() -> None:
    assert choose(basket, [pieces(1, 2, 5000, category=DRY)], [], newcomer=False).used == ()
    assert choose(basket, [spend(1, 3000, 100, offers=frozenset({2}))], [], newcomer=False).by_line() == {2: 100}


def test_the_newcomer_price_is_for_the_first_pieces_only_and_never_dearer() -> None:
    dear = replace(tomato, newcomer_fen=500)
    two = replace(tomato, newcomer_fen=0, newcomer_pieces=2)

    assert choose([dear], [], [], newcomer=True) == Discounts()
    assert choose([two], [], [], newcomer=True).by_line() == {1: 798}
    assert choose([two], [], [], newcomer=False) == Discounts()


def test_a_coupon_never_takes_more_than_there_is_to_pay() -> None:
    assert choose([tomato], [], [coupon(1, 5000, 0)], newcomer=False).by_line() == {1: 1995}


# --- stacking ------------------------------------------------------------------------------------------


def test_a_line_takes_part_in_one_promotion_and_the_better_one_wins() -> None:
    found = choose(basket, [spend(1, 10000, 900), pieces(2, 5, 9000, category=FRESH)], [], newcomer=False)

    assert got(found) == [(Source.PROMOTION, 1, 900)]


def test_two_small_promotions_on_different_lines_beat_one_great_one() -> None:
    parts = [pieces(2, 5, 8000, category=FRESH), spend(3, 4000, 600, category=DRY)]

    found = choose(basket, [spend(1, 10000, 1600), *parts], [], newcomer=False)

    assert got(found) == [(Source.PROMOTION, 2, 1035), (Source.PROMOTION, 3, 600)]


def test_a_promotion_without_coupons_yields_to_a_coupon_that_is_worth_more() -> None:
    alone = spend(1, 10000, 900, with_coupon=False)

    assert got(choose(basket, [alone], [coupon(5, 800, 0)], newcomer=False)) == [(Source.PROMOTION, 1, 900)]
    assert got(choose(basket, [alone], [coupon(5, 901, 0)], newcomer=False)) == [(Source.COUPON, 5, 901)]


def test_a_newcomer_price_that_would_lose_a_promotion_is_left_for_later() -> None:
    cheap = replace(tomato, newcomer_fen=299)

    assert got(choose([cheap], [spend(1, 1995, 500)], [], newcomer=True)) == [(Source.PROMOTION, 1, 500)]


def test_of_two_equal_coupons_the_one_that_ends_later_is_kept() -> None:
    held = [coupon(1, 500, 0, days=9), coupon(2, 500, 0, days=3), coupon(3, 500, 0, days=3)]

    assert choose(basket, [], held, newcomer=False).coupon_id == 2


def test_a_coupon_that_adds_nothing_is_kept() -> None:
    free = spend(1, 1000, 99999)

    assert choose([tomato], [free], [coupon(1, 500, 0)], newcomer=False).coupon_id is None


# --- what is told besides ------------------------------------------------------------------------------


def test_a_coupon_that_is_not_used_says_why() -> None:
    held = [coupon(1, 500, 0), coupon(2, 400, 0, days=2), coupon(3, 900, 20000), coupon(4, 900, 0, here=False)]

    found = choose(basket, [], held, newcomer=False)

    assert found.unused == (
        Unused(2, "券 2", Why.OTHER_BETTER),
        Unused(3, "券 3", Why.THRESHOLD, 20000 - 10165),
        Unused(4, "券 4", Why.ELSEWHERE),
    )
    assert choose(basket, [spend(1, 1, 5000, with_coupon=False)], held[:1], newcomer=False).unused == (
        Unused(1, "券 1", Why.NOT_STACKABLE),
    )


def test_the_coupon_that_he_chose_is_used_even_if_another_is_better() -> None:
    held = [coupon(1, 500, 0), coupon(2, 400, 0)]

    assert choose(basket, [], held, newcomer=False, must_use=2).coupon_id == 2
    assert choose(basket, [spend(1, 1, 5000, with_coupon=False)], held, newcomer=False, must_use=2).coupon_id == 2


def test_a_chosen_coupon_that_fits_nothing_leaves_the_order_without_one() -> None:
    found = choose(basket, [spend(1, 1, 100)], [coupon(1, 500, 0), coupon(2, 900, 20000)], newcomer=False, must_use=2)

    assert got(found) == [(Source.PROMOTION, 1, 100)]
    assert Unused(2, "券 2", Why.THRESHOLD, 20000 - 10065) in found.unused


def test_what_is_near_is_hinted_and_what_gives_less_than_now_is_not() -> None:
    offered = [spend(1, 10000, 500), spend(2, 12000, 800), spend(3, 12000, 400), spend(4, 30000, 9000)]

    found = choose(basket, [*offered, pieces(5, 9, 9000)], [], newcomer=False)

    assert found.hints == (
        Hint(2, "满减 2", missing_fen=1835, missing_pieces=0, off_fen=800, rate_bp=10000),
        Hint(5, "满件折 5", missing_fen=0, missing_pieces=1, off_fen=0, rate_bp=9000),
    )


# --- properties, against independent code --------------------------------------------------------------

lines_of = st.lists(
    st.builds(
        LineTerms,
        key=st.just(0),
        category=st.integers(1, 2),
        price_fen=st.integers(0, 60),
        quantity=st.integers(1, 4),
        newcomer_fen=st.none() | st.integers(0, 60),
        newcomer_pieces=st.integers(1, 2),
    ),
    min_size=1,
    max_size=4,
).map(lambda lines: [replace(line, key=key) for key, line in enumerate(lines, 1)])
scopes: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"category": st.integers(1, 2)}),
    st.fixed_dictionaries({"offers": st.frozensets(st.integers(1, 4), min_size=1, max_size=2)}),
)
amounts_off = st.builds(
    lambda scope, **rest: spend(0, **rest, **scope),
    scope=scopes,
    threshold=st.integers(1, 120),
    off_fen=st.integers(1, 50),
    repeats=st.booleans(),
    cap_fen=st.none() | st.integers(1, 60),
    with_coupon=st.booleans(),
)
rates = st.builds(
    lambda scope, **rest: pieces(0, **rest, **scope),
    scope=scopes,
    threshold=st.integers(1, 5),
    rate_bp=st.integers(0, 9999),
    with_coupon=st.booleans(),
)
promotions_of = st.lists(amounts_off | rates, max_size=5).map(
    lambda found: [replace(promotion, id=i) for i, promotion in enumerate(found, 1)]
)
coupons_of = st.lists(
    st.builds(coupon, st.just(0), st.integers(1, 80), st.integers(0, 150), st.integers(1, 3), here=st.booleans()),
    max_size=4,
).map(lambda found: [replace(held, id=i) for i, held in enumerate(found, 1)])


def cheapest(lines: Sequence[LineTerms], promotions: Sequence[PromotionTerms], coupons: Sequence[CouponTerms]) -> int:
    """Reckon the lowest price over all combinations, with fractions and none of the code under test."""
    prices = []
    for newcomer in (False, True):
        left = {}
        for line in lines:
            saved = line.price_fen - line.newcomer_fen if newcomer and line.newcomer_fen is not None else 0
            left[line.key] = line.price_fen * line.quantity - max(saved, 0) * min(line.quantity, line.newcomer_pieces)
        for number in range(len(promotions) + 1):
            prices += [
                price for chosen in combinations(promotions, number) for price in priced(lines, left, chosen, coupons)
            ]
    return min(prices)


def priced(
    lines: Sequence[LineTerms],
    left: dict[int, int],
    chosen: Sequence[PromotionTerms],
    coupons: Sequence[CouponTerms],
) -> list[int]:
    """Return what the order costs with these promotions and no coupon, or any of them; nothing if they overlap."""
    taken: set[int] = set()
    pay = sum(left.values())
    for promotion in chosen:
        scope = {
            line.key
            for line in lines
            if (line.key in promotion.offers if promotion.offers else promotion.category in (None, line.category))
        }
        if scope & taken:
            return []
        taken |= scope
        spent = sum(left[key] for key in scope)
        count = sum(line.quantity for line in lines if line.key in scope)
        pay -= saving(promotion, spent, count)
    joined = [held for held in coupons if held.here and held.threshold_fen <= pay]
    if not all(promotion.with_coupon for promotion in chosen):
        joined = []
    return [pay, *(max(0, pay - held.face_fen) for held in joined)]


def saving(promotion: PromotionTerms, spent: int, count: int) -> int:
    if promotion.kind == PromotionKind.RATE:
        half_up = int(Fraction(spent * promotion.rate_bp, 10_000) + Fraction(1, 2))
        return spent - half_up if count >= promotion.threshold else 0
    times = spent // promotion.threshold
    off = promotion.off_fen * (times if promotion.repeats else min(times, 1))
    return min(off, spent, promotion.cap_fen or off)


# The first draw of a busy machine may be slow.
PATIENT = examples(suppress_health_check=[HealthCheck.too_slow], deadline=None)


@PATIENT
@given(lines_of, promotions_of, coupons_of)
def test_no_combination_is_cheaper_than_the_chosen_one(
    lines: list[LineTerms], promotions: list[PromotionTerms], coupons: list[CouponTerms]
) -> None:
    found = choose(lines, promotions, coupons, newcomer=True)

    assert sum(line.amount_fen for line in lines) - total(found) == cheapest(lines, promotions, coupons)


@PATIENT
@given(lines_of, promotions_of, coupons_of, st.booleans())
def test_the_parts_of_every_source_add_up_and_no_line_goes_below_zero(
    lines: list[LineTerms], promotions: list[PromotionTerms], coupons: list[CouponTerms], newcomer: bool
) -> None:
    found = choose(lines, promotions, coupons, newcomer=newcomer)

    for used in found.used:
        parts = [part.fen for part in found.parts if part.comes_from(used)]
        assert sum(parts) == used.fen > 0
        assert min(parts) > 0
    for line in lines:
        assert 0 <= found.by_line().get(line.key, 0) <= line.amount_fen


@PATIENT
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=12), st.data())
def test_a_coupons_shares_are_within_a_fen_of_proportional(prices: list[int], data: st.DataObject) -> None:
    lines = [LineTerms(key, FRESH, price, 1) for key, price in enumerate(prices, 1)]
    face_fen = data.draw(st.integers(1, max(1, sum(prices))))

    off = choose(lines, [], [coupon(1, face_fen, 0)], newcomer=False).by_line()

    for line in lines:
        assert abs(off.get(line.key, 0) - Fraction(face_fen * line.amount_fen, max(1, sum(prices)))) < 1


@PATIENT
@given(lines_of, promotions_of, coupons_of, st.booleans())
def test_nothing_that_is_added_makes_an_order_dearer(
    lines: list[LineTerms], promotions: list[PromotionTerms], coupons: list[CouponTerms], newcomer: bool
) -> None:
    whole = total(choose(lines, promotions, coupons, newcomer=True))

    assert whole >= total(choose(lines, promotions, coupons[1:], newcomer=newcomer))
    assert whole >= total(choose(lines, promotions[1:], coupons, newcomer=newcomer))


@PATIENT
@given(lines_of, promotions_of, coupons_of, st.randoms(use_true_random=False))
def test_the_answer_does_not_depend_on_the_order_in_which_things_are_read(
    lines: list[LineTerms], promotions: list[PromotionTerms], coupons: list[CouponTerms], random: Random
) -> None:
    first = choose(lines, promotions, coupons, newcomer=True)
    random.shuffle(promotions)
    random.shuffle(coupons)

    again = choose(lines, promotions, coupons, newcomer=True)

    assert (again.used, again.parts) == (first.used, first.parts)


@PATIENT
@given(lines_of, promotions_of, coupons_of)
def test_every_coupon_that_is_held_is_used_or_explained(
    lines: list[LineTerms], promotions: list[PromotionTerms], coupons: list[CouponTerms]
) -> None:
    found = choose(lines, promotions, coupons, newcomer=False)

    named = {unused.coupon_id for unused in found.unused} | ({found.coupon_id} if found.coupon_id else set())
    assert named == {held.id for held in coupons if promotions or coupons}
