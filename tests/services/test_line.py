"""The line inside one process: order -> cutoff -> wave -> dispatch -> handover -> pickup -> commission, to the fen."""

import uuid

import pytest

from fulfillment.models import PickLine, Pickup, SortLine, Stop, Wave
from fulfillment.selectors.pickups import lines_of, with_code
from fulfillment.services.dispatch import dispatch_send
from fulfillment.services.handover import handover_sign
from fulfillment.services.pickups import pickup_confirm
from fulfillment.services.waves import wave_build
from groupbuy.kernel import clock
from groupbuy.models import LedgerLeg, Order
from leaders.models import CommissionEntry
from leaders.selectors.earnings import totals
from leaders.tasks import settle_commissions
from tests.world import close_and_freeze, place, place_and_pay, world

pytestmark = pytest.mark.django_db


def balance(account: str) -> int:
    return sum(LedgerLeg.objects.filter(account=account).values_list("amount_fen", flat=True))


def test_the_whole_line_adds_up_to_the_fen() -> None:
    w = world()
    mine = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3, w.eggs: 1})
    place_and_pay(shopper=w.neighbour, group=w.other_group, quantities={w.tomato: 2})
    place(shopper=w.neighbour, group=w.group, quantities={w.tomato: 4})

    close_and_freeze(campaign=w.campaign)
    wave = wave_build(warehouse_id=w.warehouse.pk, delivery_date=w.campaign.delivery_date)

    assert wave is not None
    states = list(Order.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["accepted", "accepted", "cancelled"]
    w.tomato.refresh_from_db()
    assert w.tomato.sold == 5
    picked = dict(PickLine.objects.filter(wave=wave).values_list("sku__code", "quantity"))
    assert picked == {"TOMATO": 5, "EGGS": 1}
    assert SortLine.objects.filter(wave=wave).count() == 3
    assert list(Stop.objects.filter(wave=wave).order_by("position").values_list("point__code", "position")) == [
        ("HZ0001", 1),
        ("HZ0002", 2),
    ]

    dispatch_send(wave_id=wave.pk)
    stop = Stop.objects.get(wave=wave, point=w.near)
    handover_sign(stop_id=stop.pk, actor=w.leader)
    pickup = Pickup.objects.get(shopper=w.shopper)
    assert list(with_code(w.leader, pickup.code)) == [pickup]
    assert not with_code(w.other_leader, pickup.code)
    lines = {line.sku.code: line for line in lines_of(pickup)}
    event = uuid.uuid4()
    pickup_confirm(
        pickup=pickup,
        actor=w.leader,
        event=event,
        pieces={lines["TOMATO"].public_id: 1, lines["EGGS"].public_id: 1},
    )
    pickup_confirm(pickup=pickup, actor=w.leader, event=uuid.uuid4(), pieces={lines["TOMATO"].public_id: 2})

    settle_commissions()
    settle_commissions()

    pickup.refresh_from_db()
    assert pickup.done_at is not None
    # 3 x 399 + 1590 = 2787 paid and earned; 2 x 399 = 798 still held for the neighbour.
    assert mine.total_fen == 2787
    assert (balance("provider"), balance("held"), balance("earned")) == (3585, -798, -2787)
    # 10 % of 1197 = 119.7 -> 120, of 1590 = 159: in parts 399 -> 40, then 120 - 40 = 80.
    amounts = list(CommissionEntry.objects.order_by("pk").values_list("amount_fen", flat=True))
    assert sorted(amounts) == [40, 80, 159]
    assert (balance("commission_owed"), balance("commission_cost")) == (-279, 279)
    assert totals(leader=w.leader, now=clock.now()).pending_fen == 279
    assert Wave.objects.count() == 1
