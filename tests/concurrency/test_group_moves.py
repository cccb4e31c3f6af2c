"""Moving a group against everybody who is still inside: no order is left behind, nothing is handed out twice."""

from functools import partial
from typing import Any

import pytest

from fulfillment.models import Pickup
from fulfillment.services import pickups
from fulfillment.services.waves import wave_build
from groupbuy.domain.words import PointRole
from groupbuy.models import Group, Order, PointStaff
from groupbuy.services import campaign_lock, group_moves, order_terms
from groupbuy.services.campaign_lock import DemandTaken
from groupbuy.services.group_moves import group_move
from groupbuy.services.order_terms import GroupMoved
from tests.books import assert_books, broken_books
from tests.concurrency.races import after, at_once
from tests.services.steps import bring, build, hand_out
from tests.world import World, close_and_freeze, pay, place, place_and_pay, world

pytestmark = pytest.mark.django_db(transaction=True)


def move(w: World) -> Any:
    post = PointStaff.objects.get(user=w.other_leader, role=PointRole.LEADER)
    return group_move(group_id=w.group.pk, post_id=post.pk, reason="团长住院", actor_id=w.staff.pk)


def order(w: World) -> Order:
    return place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})


def where() -> list[str]:
    return list(Order.objects.order_by("pk").values_list("point__code", flat=True))


def test_a_move_waits_for_the_order_inside_the_gate_and_takes_it_along(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    seam = after(monkeypatch, order_terms, "_open_group", partial(move, w))

    order(w)

    assert seam.join().orders == 1
    assert (seam.blocked, where()) == (True, ["HZ0002"])
    assert_books()


def test_twin_a_move_without_the_gate_leaves_the_order_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    monkeypatch.setattr(campaign_lock, "close_gate", lambda *_: None)
    seam = after(monkeypatch, order_terms, "_open_group", partial(move, w))

    order(w)

    assert seam.join().orders == 0
    assert (seam.blocked, where(), broken_books()) == (False, ["HZ0001"], ["I3-place"])


def test_an_order_that_waits_for_a_move_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    seam = after(monkeypatch, group_moves, "_carry_over", partial(order, w))

    move(w)

    refused = seam.join()
    assert (seam.blocked, type(refused), refused.facts) == (True, GroupMoved, {"moved_to": w.other_group.public_id})
    assert not Order.objects.exists()
    assert_books()


def test_twin_an_order_that_does_not_enter_the_gate_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    monkeypatch.setattr(order_terms, "_enter_gate_of", lambda _: None)
    seam = after(monkeypatch, group_moves, "_carry_over", partial(order, w))

    move(w)

    assert isinstance(seam.join(), Order)
    assert (seam.blocked, where(), broken_books()) == (False, ["HZ0001"], ["I3-place"])


def test_money_that_comes_during_a_move_counts_for_the_order_at_its_new_place(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    placed = order(w)
    seam = after(monkeypatch, group_moves, "_carry_over", lambda: pay(order=placed))

    move(w)

    seam.join()
    assert (seam.blocked, where(), Order.objects.get().state) == (True, ["HZ0002"], "paid")
    assert_books()


def test_two_moves_at_once_carry_once() -> None:
    w = world()
    order(w)

    outcomes = at_once([partial(move, w)] * 4)

    assert sorted(outcome.orders for outcome in outcomes) == [0, 0, 0, 1]
    assert Group.objects.get(pk=w.group.pk).moved_to == w.other_group
    assert_books()


def build_now(w: World) -> Any:
    return wave_build(warehouse_id=w.warehouse.pk, delivery_date=w.campaign.delivery_date)


def test_a_wave_that_is_built_during_a_move_brings_the_goods_to_the_new_point(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    close_and_freeze(campaign=w.campaign)
    seam = after(monkeypatch, group_moves, "_carry_over", partial(build_now, w))

    move(w)

    wave = seam.join()
    assert (seam.blocked, list(wave.sort_lines.values_list("point__code", "quantity"))) == (True, [("HZ0002", 3)])
    assert_books()


def test_twin_a_move_that_does_not_lock_the_campaign_sends_goods_where_nobody_collects(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    close_and_freeze(campaign=w.campaign)
    monkeypatch.setattr(group_moves, "campaign_lock", lambda *_: (w.campaign, w.campaign.cutoff_at))
    seam = after(monkeypatch, group_moves, "_carry_over", partial(build_now, w))

    move(w)

    assert list(seam.join().sort_lines.values_list("point__code", "quantity")) == [("HZ0001", 3)]
    assert not seam.blocked
    assert broken_books() == ["I4-sort", "I10-open"]


def arrived(w: World) -> Pickup:
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    bring(build(w.campaign), point=w.near, leader=w.leader)
    return Pickup.objects.get()


def test_goods_that_are_being_handed_out_are_not_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    pickup = arrived(w)
    seam = after(monkeypatch, pickups, "line_ids", partial(move, w))

    hand_out(pickup, actor=w.leader, pieces={"TOMATO": 2})

    assert isinstance(seam.join(), DemandTaken)
    assert where() == ["HZ0001"]
    assert_books()


def test_twin_a_move_that_does_not_ask_for_the_wave_takes_goods_away_from_under_the_hand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    w = world()
    pickup = arrived(w)
    monkeypatch.setattr(group_moves, "campaign_lock", lambda *_: (w.campaign, w.campaign.cutoff_at))
    seam = after(monkeypatch, pickups, "line_ids", partial(move, w))

    hand_out(pickup, actor=w.leader, pieces={"TOMATO": 2})

    assert seam.join().orders == 1
    assert {"I10-person", "I4-sort"} <= set(broken_books())
