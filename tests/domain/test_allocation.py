"""Who goes without: parts that add up, by rules that a shopper can be told, whatever order the lines come in."""

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.allocation import LineDue, Missing, Share, allocate, decide
from groupbuy.domain.words import ShortagePolicy

MORNING = dt.datetime(2026, 6, 1, 8, tzinfo=dt.UTC)
FIRST_PAID, PROPORTIONAL, BY_COMMUNITY = ShortagePolicy
EVERY = list(ShortagePolicy)


def line(line_id: int, pieces: int, minute: int, *, campaign: int = 1, community: int = 1, point: int = 1) -> LineDue:
    return LineDue(line_id, pieces, MORNING + dt.timedelta(minutes=minute), campaign, community, point)


# Eleven pieces: 1 paid first, 4 last. Lines 1 and 2 live in community 1, lines 3 and 4 in community 2.
LINES = [line(1, 4, 0), line(2, 1, 3), line(3, 3, 1, community=2), line(4, 3, 5, community=2)]


def lost(missing: int, policy: ShortagePolicy, lines: Sequence[LineDue] = LINES) -> dict[int, int]:
    return allocate(missing, lines, {1: policy})


def test_first_paid_lets_the_last_to_pay_go_without() -> None:
    assert lost(1, FIRST_PAID) == {4: 1}
    assert lost(4, FIRST_PAID) == {4: 3, 2: 1}
    assert lost(6, FIRST_PAID) == {4: 3, 2: 1, 3: 2}
    assert lost(11, FIRST_PAID) == {4: 3, 2: 1, 3: 3, 1: 4}


def test_proportional_takes_by_largest_remainder() -> None:
    # 5 of 11: quotas 1.82, 0.45, 1.36, 1.36 -> 1, 0, 1, 1 and the two left go to line 1 (.82) and line 2 (.45).
    assert lost(5, PROPORTIONAL) == {1: 2, 2: 1, 3: 1, 4: 1}


def test_of_equal_remainders_the_later_payment_loses_first() -> None:
    # 1 of 6 over 3 and 3: both quotas 0.5; line 4 paid after line 3.
    assert lost(1, PROPORTIONAL, LINES[2:]) == {4: 1}


def test_by_community_spreads_over_communities_then_takes_from_the_last_to_pay() -> None:
    # 5 of 11: community 1 (5 due) 2.27, community 2 (6 due) 2.73 -> 2 and 3.
    assert lost(5, BY_COMMUNITY) == {2: 1, 1: 1, 4: 3}


def test_several_campaigns_share_by_their_due_pieces_each_by_its_own_policy() -> None:
    other = [line(5, 2, 9, campaign=2), line(6, 2, 8, campaign=2)]

    # 5 of 15: campaign 1 (11 due) 3.67, campaign 2 (4 due) 1.33 -> 4 and 1.
    assert allocate(5, LINES + other, {1: FIRST_PAID, 2: PROPORTIONAL}) == {4: 3, 2: 1, 5: 1}


def test_lines_that_are_due_nothing_lose_nothing() -> None:
    assert lost(3, PROPORTIONAL, [line(1, 0, 0), line(2, 3, 1)]) == {2: 3}


def test_more_than_is_due_cannot_be_allocated() -> None:
    with pytest.raises(AssertionError):
        lost(12, FIRST_PAID)


# --- several shortages of one SKU ------------------------------------------------------------------------


def shares(recorded: Sequence[Missing], lines: Sequence[LineDue] = LINES) -> list[tuple[int, int, int]]:
    found = decide(recorded, lines, {1: FIRST_PAID})
    return sorted((share.shortage_id, share.line_id, share.pieces) for share in found)


def test_what_is_short_at_a_point_stays_there_and_the_rest_is_spread_over_what_is_left() -> None:
    far = [*LINES[:3], line(4, 3, 5, community=2, point=2)]

    assert shares([Missing(7, 2, 11), Missing(8, 2, 3, point_id=2)], far) == [(7, 2, 1), (7, 4, 1), (8, 4, 2)]


def test_counts_of_one_place_are_allocated_in_one_go_and_used_up_in_their_order() -> None:
    assert shares([Missing(1, 2, 11), Missing(2, 3, 11)]) == [(1, 2, 1), (1, 3, 1), (2, 4, 3)]


def test_a_piece_refunded_after_the_count_spares_somebody_the_loss() -> None:
    # Eleven were expected and eight found; since then one of line 4's was refunded: two of the ten go without.
    ten = [*LINES[:3], line(4, 2, 5, community=2)]

    assert shares([Missing(1, 3, 11)], ten) == [(1, 4, 2)]


def test_a_refund_at_a_short_point_is_not_counted_for_the_wave_again() -> None:
    # Point 2 expected three and found one; one was refunded, so one is short there. The wave lacks its two all the same.
    ten = [*LINES[:3], line(4, 2, 5, community=2, point=2)]

    assert shares([Missing(1, 2, 11), Missing(2, 2, 3, point_id=2)], ten) == [(1, 2, 1), (1, 4, 1), (2, 4, 1)]


def test_nothing_is_short_when_nobody_wants_it_any_more() -> None:
    assert shares([Missing(1, 3, 11)], [line(1, 4, 0), line(2, 1, 3)]) == []


# --- properties ------------------------------------------------------------------------------------------


@st.composite
def crowds(draw: st.DrawFn) -> list[LineDue]:
    return [
        line(
            number,
            draw(st.integers(0, 9)),
            draw(st.integers(0, 5)),
            campaign=draw(st.integers(1, 3)),
            community=draw(st.integers(1, 3)),
            point=draw(st.integers(1, 3)),
        )
        for number in range(1, draw(st.integers(1, 12)) + 1)
    ]


def due(lines: Sequence[LineDue]) -> int:
    return sum(each.pieces for each in lines)


@given(crowds(), st.lists(st.sampled_from(EVERY), min_size=3, max_size=3), st.data(), st.randoms(use_true_random=False))
def test_parts_add_up_stay_within_what_is_due_and_do_not_depend_on_the_order_of_lines(
    lines: list[LineDue], policies: list[ShortagePolicy], data: st.DataObject, random: Random
) -> None:
    missing = data.draw(st.integers(0, due(lines)))
    by_campaign = dict(enumerate(policies, 1))
    found = allocate(missing, lines, by_campaign)

    pieces = {each.line_id: each.pieces for each in lines}
    assert sum(found.values()) == missing
    assert all(1 <= part <= pieces[line_id] for line_id, part in found.items())
    assert allocate(missing, random.sample(lines, len(lines)), by_campaign) == found


@given(crowds(), st.data())
def test_first_paid_takes_from_nobody_before_all_who_paid_later_have_lost_everything(
    lines: list[LineDue], data: st.DataObject
) -> None:
    alone = [line(each.line_id, each.pieces, 0) for each in lines]
    missing = data.draw(st.integers(0, due(alone) - 1)) if due(alone) else 0
    found, more = (allocate(number, alone, {1: FIRST_PAID}) for number in (missing, min(missing + 1, due(alone))))

    for earlier, later in pairwise(alone):
        assert not found.get(earlier.line_id) or found.get(later.line_id, 0) == later.pieces
    assert all(more.get(line_id, 0) >= part for line_id, part in found.items())


@given(crowds(), st.data())
def test_proportional_never_takes_more_from_whom_less_is_due_and_stays_within_a_piece_of_the_quota(
    lines: list[LineDue], data: st.DataObject
) -> None:
    alone = [line(each.line_id, each.pieces, 0) for each in lines]
    missing, whole = data.draw(st.integers(0, due(alone))), max(due(alone), 1)
    found = allocate(missing, alone, {1: PROPORTIONAL})

    by_due = sorted(alone, key=lambda each: each.pieces)
    for small, big in pairwise(by_due):
        assert small.pieces == big.pieces or found.get(small.line_id, 0) <= found.get(big.line_id, 0)
    for each in alone:
        assert abs(found.get(each.line_id, 0) * whole - missing * each.pieces) < whole


@given(crowds(), st.sampled_from(EVERY), st.data())
def test_shortages_of_all_places_are_shared_out_to_the_piece(
    lines: list[LineDue], policy: ShortagePolicy, data: st.DataObject
) -> None:
    recorded: list[Missing] = []
    left = due(lines)
    for point in (1, 2, 3, None, None):
        here = due([each for each in lines if point in (None, each.point_id)])
        pieces = data.draw(st.integers(0, max(0, min(left, here))))
        left -= pieces
        if pieces:
            recorded.append(Missing(len(recorded) + 1, pieces, here, point))
    found = decide(recorded, lines, dict.fromkeys((1, 2, 3), policy))

    def of(shares: Sequence[Share]) -> int:
        return sum(share.pieces for share in shares)

    points = {each.line_id: each.point_id for each in lines}
    for entry in recorded:
        its = [share for share in found if share.shortage_id == entry.id]
        assert of(its) == entry.pieces
        assert entry.point_id is None or {points[share.line_id] for share in its} == {entry.point_id}
    for each in lines:
        assert of([share for share in found if share.line_id == each.line_id]) <= each.pieces
