"""Moving a group to another point or leader: every live order goes, nothing that money depends on changes."""

import datetime as dt
from typing import Any

import pytest

from fulfillment.models import Pickup
from fulfillment.services.waves import wave_build
from groupbuy.domain.words import MinimumKind, PointRole
from groupbuy.kernel import clock
from groupbuy.kernel.errors import Invalid, StateConflict
from groupbuy.models import AuditEvent, Campaign, Group, Order, OrderLine, Outbox, PointStaff, User
from groupbuy.selectors import groups
from groupbuy.selectors.group_moves import NO_LOAD, Load, left_alone, load_of, posts_nearby
from groupbuy.services import group_moves
from groupbuy.services.campaign_changes import campaign_cancel
from groupbuy.services.campaign_lock import DemandTaken
from groupbuy.services.campaigns import OfferWanted
from groupbuy.services.group_moves import Moves, group_move, groups_move
from groupbuy.services.order_terms import GroupMoved
from groupbuy.services.orders import order_cancel
from groupbuy.services.outbox import relay
from groupbuy.services.points import post_grant, posts_suspend, rate_publish
from leaders.models import CommissionEntry
from leaders.tasks import settle_commissions
from tests.books import assert_books
from tests.promotions import claimed, coupon_kind
from tests.services.steps import bring, hand_out
from tests.world import World, build_wave, close_and_freeze, open_campaign, person, place, place_and_pay, world

pytestmark = pytest.mark.django_db


def post_of(user: User) -> PointStaff:
    return PointStaff.objects.get(user=user, role=PointRole.LEADER)


def move(group: Group, to: User, w: World) -> Load:
    return group_move(group_id=group.pk, post_id=post_of(to).pk, reason="团长住院", actor_id=w.staff.pk)


def places() -> list[tuple[str, str]]:
    """Return point and leader of every order."""
    return list(Order.objects.order_by("pk").values_list("point__code", "leader__display_name"))


def second_group(w: World) -> Group:
    """Another group of the leader, in a campaign that closes later, with an order in it."""
    campaign = open_campaign(
        warehouse=w.warehouse,
        points=[w.near],
        offers=[OfferWanted(sku=w.tomato.sku, price_fen=300)],
        cutoff_in=dt.timedelta(hours=12),
    )
    group = campaign.groups.get()
    place(shopper=w.neighbour, group=group, quantities={campaign.offers.get(): 1})
    return group


def move_all(w: World) -> Moves:
    post = post_of(w.other_leader)
    return groups_move(leader_id=w.leader.pk, post_id=post.pk, reason="团长住院", actor_id=w.staff.pk)


def test_all_groups_of_a_leader_go_at_once_and_a_second_call_finds_none() -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    second = second_group(w)

    first, again = move_all(w), move_all(w)

    assert (first, again) == (Moves(moved=2, orders=2, refused=[]), Moves(moved=0, orders=0, refused=[]))
    assert Group.objects.exclude(moved_to=None).count() == 2
    assert not Order.objects.filter(group__in=[w.group.pk, second.pk]).exists()
    assert_books()


def test_moving_all_groups_goes_on_after_a_crash_between_two_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    second = second_group(w)

    def crash_at_the_second(*, group_id: int, **rest: Any) -> Load:
        if group_id == second.pk:
            raise SystemExit
        return group_move(group_id=group_id, **rest)

    with monkeypatch.context() as seam:
        seam.setattr(group_moves, "group_move", crash_at_the_second)
        with pytest.raises(SystemExit):
            move_all(w)

    assert list(Group.objects.exclude(moved_to=None)) == [w.group]
    assert move_all(w) == Moves(moved=1, orders=1, refused=[])


def test_a_group_that_cannot_go_to_the_post_is_told_and_does_not_stop_the_others() -> None:
    w = world()
    place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    post_grant(point=w.far, user=w.leader, role=PointRole.LEADER, now=clock.now())
    own = Group.objects.create(campaign=w.campaign, point=w.far, leader=w.leader)
    post = PointStaff.objects.get(user=w.leader, point=w.far)

    moves = groups_move(leader_id=w.leader.pk, post_id=post.pk, reason="团长住院", actor_id=w.staff.pk)

    assert (moves.moved, moves.orders) == (1, 1)
    assert moves.refused == [(own, "请选择同仓的另一个在岗团长。")]


def test_groups_whose_leader_has_lost_his_post_are_found_until_they_are_moved() -> None:
    w = world()
    before = list(left_alone(Group.objects.all()))
    posts_suspend(user=w.leader, now=clock.now(), actor_id=w.staff.pk, reason="停用")

    alone = list(left_alone(Group.objects.all()))
    move_all(w)

    assert (before, alone, list(left_alone(Group.objects.all()))) == ([], [w.group], [])


def test_all_live_orders_of_a_group_go_to_the_new_point_and_leader() -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3, w.eggs: 1})
    place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    place_and_pay(shopper=w.neighbour, group=w.other_group, quantities={w.tomato: 2})
    ended = place(shopper=w.neighbour, group=w.group, quantities={w.tomato: 1})
    order_cancel(order=ended, actor=w.neighbour)
    preview = load_of(w.group.pk)

    done = move(w.group, w.other_leader, w)

    assert done == preview == Load(orders=2, people=1, pieces=5, fen=3 * 399 + 1590)
    assert places() == [("HZ0002", "何团长")] * 3 + [("HZ0001", "陈团长")]
    assert set(Order.objects.exclude(pk=ended.pk).values_list("group", flat=True)) == {w.other_group.pk}
    assert set(OrderLine.objects.exclude(order=ended).values_list("point__code", flat=True)) == {"HZ0002"}
    assert load_of(w.group.pk) == NO_LOAD
    assert_books()


def test_group_only_coupons_go_along_claimed_or_not() -> None:
    w = world()
    kind = coupon_kind(100, group=w.group, total=2)
    claimed(kind, w.shopper, w.group)

    move(w.group, w.other_leader, w)

    place_and_pay(shopper=w.shopper, group=w.other_group, quantities={w.tomato: 1})
    assert Order.objects.get().discount_fen == 100
    claimed(kind, w.neighbour, w.other_group)
    assert_books()


def test_shoppers_and_both_leaders_are_told_once() -> None:
    w = world()
    for _ in range(2):
        place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    Outbox.objects.all().delete()

    move(w.group, w.other_leader, w)

    told = sorted(Outbox.objects.values_list("topic", "payload__person_id"))
    assert told == sorted(
        [("group.given", w.leader.pk), ("group.moved", w.shopper.pk), ("group.received", w.other_leader.pk)]
    )
    relay()
    assert not Outbox.objects.filter(applied_at=None).exists()
    audit = AuditEvent.objects.get(action="group_move").facts
    assert audit == {
        "reason": "团长住院",
        "before": "翠苑小店 陈团长",
        "after": "古荡驿站 何团长",
        "orders": 2,
        "people": 1,
        "fen": 798,
    }


def test_a_group_is_moved_once() -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    move(w.group, w.other_leader, w)
    messages = Outbox.objects.count()

    assert move(w.group, w.other_leader, w) == NO_LOAD

    assert (Outbox.objects.count(), AuditEvent.objects.filter(action="group_move").count()) == (messages, 1)


def stand_in(w: World) -> User:
    """Make a second leader at the near point, at 2 %."""
    user = person(name="代团长", phone="13800000013")
    post_grant(point=w.near, user=user, role=PointRole.LEADER, now=clock.now())
    rate_publish(leader=user, rate_bp=200)
    return user


def test_a_leader_is_replaced_at_the_same_point_in_a_group_made_for_him() -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    user = stand_in(w)

    move(w.group, user, w)

    made = Group.objects.get(leader=user)
    assert (made.campaign, made.point, places()) == (w.campaign, w.near, [("HZ0001", "代团长")])
    place(shopper=w.neighbour, group=made, quantities={w.tomato: 1})
    with pytest.raises(StateConflict):
        move(w.group, w.other_leader, w)
    assert_books()


def test_a_move_is_taken_back_by_moving_back() -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    user = stand_in(w)
    move(w.group, user, w)

    move(Group.objects.get(leader=user), w.leader, w)

    assert (places(), Group.objects.get(pk=w.group.pk).moved_to) == ([("HZ0001", "陈团长")], None)
    place(shopper=w.neighbour, group=w.group, quantities={w.tomato: 1})
    assert_books()


def test_a_moved_group_takes_no_orders_and_is_not_shown_as_open() -> None:
    w = world()
    move(w.group, w.other_leader, w)

    with pytest.raises(GroupMoved):
        place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})

    shelf = groups.shelf(code=w.share_code.code, now=clock.now())
    assert (shelf.open, shelf.closed, [group.moved_to for group in shelf.moved]) == ([], [], [w.other_group])
    assert not groups.served_by(w.leader).exists()
    assert not Order.objects.exists()


def test_after_the_freeze_the_goods_go_to_the_new_point_and_the_new_leader_earns_by_the_old_rate() -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    close_and_freeze(campaign=w.campaign)
    rate_publish(leader=w.other_leader, rate_bp=200)

    move(w.group, w.other_leader, w)

    wave = wave_build(warehouse_id=w.warehouse.pk, delivery_date=w.campaign.delivery_date)
    assert wave is not None
    assert list(wave.sort_lines.values_list("point__code", "quantity")) == [("HZ0002", 3)]
    bring(wave, point=w.far, leader=w.other_leader)
    hand_out(Pickup.objects.get(), actor=w.other_leader, pieces={"TOMATO": 3})
    settle_commissions()
    (entry,) = CommissionEntry.objects.all()
    assert (entry.leader, entry.rate_bp, entry.amount_fen) == (w.other_leader, 1000, 120)
    assert_books()


def test_groups_are_judged_as_they_stand_after_a_move() -> None:
    w = world()
    Campaign.objects.update(minimum_kind=MinimumKind.ORDERS, minimum_value=2)
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    place_and_pay(shopper=w.neighbour, group=w.other_group, quantities={w.tomato: 1})
    move(w.group, w.other_leader, w)

    close_and_freeze(campaign=w.campaign)

    assert set(Order.objects.values_list("state", flat=True)) == {"accepted"}
    assert not Group.objects.exclude(failed_at=None).exists()
    assert_books()


def test_demand_in_a_wave_and_ended_campaigns_are_not_moved() -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    build_wave(campaign=w.campaign)
    with pytest.raises(DemandTaken):
        move(w.group, w.other_leader, w)

    offers = [OfferWanted(sku=w.tomato.sku)]
    ended = open_campaign(warehouse=w.warehouse, points=[w.near, w.far], offers=offers)
    campaign_cancel(campaign_id=ended.pk, reason="冷库断电", actor_id=w.staff.pk)
    with pytest.raises(StateConflict):
        move(ended.groups.get(point=w.near), w.other_leader, w)

    assert places() == [("HZ0001", "陈团长")]


@pytest.mark.parametrize("spoil", ["its own", "suspended", "point closed"])
def test_a_group_goes_only_to_another_leader_who_works(spoil: str) -> None:
    w = world()
    post = post_of(w.leader if spoil == "its own" else w.other_leader)
    if spoil == "suspended":
        PointStaff.objects.filter(pk=post.pk).update(active=False)
    if spoil == "point closed":
        w.far.active = False
        w.far.save()

    with pytest.raises(Invalid):
        group_move(group_id=w.group.pk, post_id=post.pk, reason="团长住院", actor_id=w.staff.pk)

    assert Group.objects.get(pk=w.group.pk).moved_to is None


def test_the_nearest_leaders_are_offered_first() -> None:
    w = world()
    user = stand_in(w)

    offered = posts_nearby(w.group)

    assert [(post.user, metres) for post, metres in offered] == [(user, 0), (w.other_leader, 960)]
