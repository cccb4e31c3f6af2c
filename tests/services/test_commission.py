"""Commission: however a line is collected and refunded, its entries add up to the rule on what was kept."""

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from fulfillment.models import Pickup
from groupbuy.kernel import clock
from groupbuy.kernel.money import part_of, rate_of
from groupbuy.models import LedgerLeg, Offer, OrderLine
from groupbuy.services.refunds import NothingToRefund
from leaders.domain.commission import Earned, LineMoney, earned
from leaders.models import CommissionEntry, Leader
from leaders.selectors.earnings import entries, totals
from leaders.tasks import settle_commissions
from tests.books import assert_books
from tests.promotions import spend_and_save
from tests.services.steps import deliver, give_back, hand_out, rolled_back
from tests.world import HOUR, World, place_and_pay, shift_clock, world

pytestmark = pytest.mark.django_db


def balance(account: str, **whose: int) -> int:
    return sum(LedgerLeg.objects.filter(account=account, **whose).values_list("amount_fen", flat=True))


def delivered(w: World, quantity: int = 3) -> tuple[Pickup, OrderLine]:
    order = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: quantity})
    deliver(w)
    return Pickup.objects.get(shopper=w.shopper), order.lines.get()


def amounts(**which: Any) -> list[int]:
    return list(CommissionEntry.objects.filter(**which).order_by("pk").values_list("amount_fen", flat=True))


# What happens to a line of twelve pieces: (hand out or refund, how many, is the sweep run after it).
STEPS = st.lists(st.tuples(st.sampled_from(["hand out", "refund"]), st.integers(1, 5), st.booleans()), max_size=8)


@examples(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(net_fen=st.integers(12, 50_000), rate_bp=st.integers(0, 10_000), steps=STEPS)
def test_any_history_of_a_line_adds_up_to_the_rule(
    net_fen: int, rate_bp: int, steps: list[tuple[str, int, bool]]
) -> None:
    with rolled_back():
        w = world()
        pickup, line = _line_of_twelve(w, net_fen, rate_bp)
        for what, pieces, settle in steps:
            line.refresh_from_db()
            pieces = min(pieces, line.due - line.collected)
            if pieces:
                _step(w, pickup, line, what, pieces)
            if settle:
                settle_commissions()
        settle_commissions()
        settle_commissions()

        line.refresh_from_db()
        kept = line.net_fen - line.refunded_fen
        base = part_of(kept, line.collected, line.due) if line.collected else 0
        assert sum(CommissionEntry.objects.values_list("pieces", flat=True)) == line.collected
        assert sum(CommissionEntry.objects.values_list("base_fen", flat=True)) == base
        assert sum(amounts()) == rate_of(base, rate_bp)
        assert balance("earned") == -base
        assert balance("held") == -(kept - base)
        assert_books()


def _line_of_twelve(w: World, net_fen: int, rate_bp: int) -> tuple[Pickup, OrderLine]:
    Offer.objects.filter(pk=w.tomato.pk).update(price_fen=net_fen, stock=None, rate_bp=rate_bp)
    spend_and_save(11 * net_fen, 11 * net_fen, campaign=w.campaign)
    order = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 12})
    deliver(w)
    return Pickup.objects.get(), order.lines.get()


def _step(w: World, pickup: Pickup, line: OrderLine, what: str, pieces: int) -> None:
    if what == "hand out":
        hand_out(pickup, actor=w.leader, pieces={"TOMATO": pieces})
        return
    try:
        give_back(line, pieces)
    except NothingToRefund:
        assert part_of(line.net_fen, line.refunded + pieces, line.quantity) == line.refunded_fen


def test_a_fee_a_piece_is_paid_for_every_piece_and_none_for_a_refunded_one() -> None:
    w = world()
    Offer.objects.filter(pk=w.tomato.pk).update(piece_fee_fen=35)
    pickup, line = delivered(w)

    hand_out(pickup, actor=w.leader, pieces={"TOMATO": 2})
    give_back(line, 1)
    settle_commissions()

    assert amounts() == [70]
    entry = CommissionEntry.objects.get()
    assert (entry.pieces, entry.base_fen, entry.rate_bp) == (2, 798, 0)
    assert_books()


def test_what_is_held_ends_at_nothing_after_collecting_a_part_and_refunding_the_rest() -> None:
    w = world()
    spend_and_save(1000, 197, campaign=w.campaign)
    pickup, line = delivered(w)

    hand_out(pickup, actor=w.leader, pieces={"TOMATO": 1})
    settle_commissions()
    assert amounts() == [33]  # 10 % of 333
    give_back(line, 2)
    settle_commissions()

    # Two of three pieces are 666; the one that was kept turns out to have cost 334.
    assert [entry.base_fen for entry in entries(w.leader)] == [1, 333]
    assert sum(amounts()) == 33
    assert balance("earned") == -334
    assert balance("held") == 0
    assert_books()


def test_a_recommender_earns_his_share_of_sales_and_his_own_recommender_nothing(settings: Any) -> None:
    w = world()
    Leader.objects.filter(user=w.leader).update(recommender=w.other_leader)
    Leader.objects.filter(user=w.other_leader).update(recommender=w.staff)
    pickup, _ = delivered(w)

    hand_out(pickup, actor=w.leader, pieces={"TOMATO": 3})
    settle_commissions()

    found = CommissionEntry.objects.order_by("pk").values_list("leg", "leader_id", "base_fen", "rate_bp", "amount_fen")
    assert list(found) == [
        ("seller", w.leader.pk, 1197, 1000, 120),
        ("recommender", w.other_leader.pk, 1197, settings.GROUPBUY_RECOMMENDER_BP, 12),
    ]
    assert balance("commission_owed", person_id=w.other_leader.pk) == -12
    assert balance("commission_owed", person_id=w.staff.pk) == 0
    assert_books()


@pytest.mark.parametrize(("days", "earns"), [(179, True), (180, False)])
def test_a_recommenders_time_ends(days: int, earns: bool) -> None:
    w = world()
    approved_at = clock.now() - dt.timedelta(days=days)
    Leader.objects.filter(user=w.leader).update(recommender=w.other_leader, approved_at=approved_at)
    pickup, _ = delivered(w)

    hand_out(pickup, actor=w.leader, pieces={"TOMATO": 3})
    settle_commissions()

    assert amounts(leg="recommender") == ([12] if earns else [])
    assert amounts(leg="seller") == [120]


def test_the_table_knows_no_third_level() -> None:
    w = world()
    pickup, _ = delivered(w)
    hand_out(pickup, actor=w.leader, pieces={"TOMATO": 3})
    settle_commissions()
    entry = CommissionEntry.objects.get()

    entry.pk, entry.leg = None, "third"
    with pytest.raises(IntegrityError, match="commissionentry_two_levels"), transaction.atomic():
        entry.save(force_insert=True)
    entry.leg = "seller"
    with pytest.raises(IntegrityError, match="commissionentry_once"), transaction.atomic():
        entry.save(force_insert=True)


def test_commission_is_pending_until_the_after_sales_window_ends() -> None:
    w = world()
    pickup, _ = delivered(w)
    hand_out(pickup, actor=w.leader, pieces={"TOMATO": 3})
    settle_commissions()
    earned_at = CommissionEntry.objects.get().earned_at

    fresh = totals(leader=w.leader, now=earned_at + 24 * HOUR - dt.timedelta(microseconds=1))
    later = totals(leader=w.leader, now=earned_at + 24 * HOUR)

    assert (fresh.pending_fen, fresh.available_fen, fresh.total_fen) == (120, 0, 120)
    assert (later.pending_fen, later.available_fen, later.total_fen) == (0, 120, 120)
    assert totals(leader=w.other_leader, now=earned_at).total_fen == 0


def test_a_sweep_that_was_down_for_a_week_catches_up() -> None:
    w = world()
    pickup, line = delivered(w)
    hand_out(pickup, actor=w.leader, pieces={"TOMATO": 1})
    give_back(line, 1)
    shift_clock(by=7 * 24 * HOUR)
    hand_out(pickup, actor=w.leader, pieces={"TOMATO": 1})

    settle_commissions()

    assert sum(amounts()) == 80
    assert_books()


@given(st.integers(0, 10**9), st.integers(1, 500), st.integers(0, 10_000), st.data())
def test_the_differences_of_the_rule_add_up_without_a_database(
    net_fen: int, due: int, rate_bp: int, data: st.DataObject
) -> None:
    line = LineMoney(net_fen=net_fen, refunded_fen=0, due=due, rate_bp=rate_bp, fee_fen=None)
    cuts = sorted(data.draw(st.lists(st.integers(0, due), max_size=5)))

    total = Earned(0, 0, 0)
    for collected in [*cuts, due]:
        change = earned(line, collected) - total
        assert min(change.pieces, change.base_fen, change.amount_fen) >= 0
        total = earned(line, collected)

    assert total == Earned(due, net_fen, rate_of(net_fen, rate_bp))
