"""What a leader sees first: his own groups, deliveries, waiting pickups and earnings, and nobody else's."""

import pytest

from fulfillment.services.dispatch import dispatch_send
from groupbuy.kernel import clock
from groupbuy.services.orders import order_cancel
from leaders.selectors.earnings import Earnings
from leaders.selectors.today import today
from leaders.tasks import settle_commissions
from tests.services.steps import bring, build, hand_out
from tests.world import place, place_and_pay, world

pytestmark = pytest.mark.django_db

NOTHING = Earnings(pending_fen=0, available_fen=0, total_fen=0, today_fen=0)


def test_an_open_group_counts_what_is_paid_and_what_is_not() -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 2, w.eggs: 1})
    place_and_pay(shopper=w.neighbour, group=w.group, quantities={w.tomato: 1})
    place(shopper=w.neighbour, group=w.group, quantities={w.tomato: 1})
    order_cancel(order=place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1}), actor=w.shopper)
    place_and_pay(shopper=w.shopper, group=w.other_group, quantities={w.dumplings: 2})

    mine, theirs = (today(leader=leader, now=clock.now()) for leader in (w.leader, w.other_leader))

    (group,) = mine.groups
    assert (group.public_id, group.title, group.point, group.share_code) == (
        w.group.public_id,
        "周末鲜食团",
        "翠苑小店",
        w.share_code.code,
    )
    assert (group.orders, group.unpaid, group.pieces, group.amount_fen) == (2, 1, 4, 2787)
    assert [(each.orders, each.unpaid, each.pieces, each.amount_fen) for each in theirs.groups] == [(1, 0, 2, 5980)]
    assert (mine.to_sign, mine.pickups_waiting, mine.earnings) == ([], 0, NOTHING)


def test_deliveries_pickups_and_earnings_follow_the_goods() -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 2})
    place_and_pay(shopper=w.neighbour, group=w.group, quantities={w.tomato: 1})
    wave = build(w.campaign)
    dispatch_send(wave_id=wave.pk)

    on_the_way = today(leader=w.leader, now=clock.now())
    assert (on_the_way.groups, len(on_the_way.to_sign), on_the_way.pickups_waiting) == ([], 1, 2)

    bring(wave, point=w.near, leader=w.leader)
    hand_out(w.shopper.pickups.get(), actor=w.leader, pieces={"TOMATO": 2})
    settle_commissions()

    done = today(leader=w.leader, now=clock.now())
    assert (done.to_sign, done.pickups_waiting) == ([], 1)
    assert done.earnings == Earnings(pending_fen=80, available_fen=0, total_fen=80, today_fen=80)
    other = today(leader=w.other_leader, now=clock.now())
    assert (other.to_sign, other.pickups_waiting, other.earnings) == ([], 0, NOTHING)
