"""The leader counts and signs: what is short or broken is on record, shoppers are told, and only his point is his."""

import pytest

from fulfillment.models import Discrepancy, Stop
from fulfillment.selectors.stops import expected_lines, to_sign
from fulfillment.services.dispatch import dispatch_send
from fulfillment.services.handover import Counted, CountWrong, NotYourPoint, handover_sign
from fulfillment.services.road import stop_arrive
from groupbuy.kernel.errors import StateConflict
from groupbuy.models import AuditEvent, Outbox
from groupbuy.services.campaigns import OfferWanted
from groupbuy.services.points import posts_suspend
from tests.books import assert_books
from tests.services.steps import build
from tests.world import World, open_campaign, place_and_pay, world

pytestmark = pytest.mark.django_db


def on_the_way(w: World) -> Stop:
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3, w.eggs: 1})
    place_and_pay(shopper=w.neighbour, group=w.other_group, quantities={w.tomato: 2})
    wave = build(w.campaign)
    dispatch_send(wave_id=wave.pk)
    return Stop.objects.get(wave=wave, point=w.near)


def test_a_whole_delivery_is_signed_for_and_its_shoppers_are_told() -> None:
    w = world()
    stop = on_the_way(w)
    assert [(line.code, line.quantity) for line in expected_lines(stop)] == [("TOMATO", 3), ("EGGS", 1)]
    assert list(to_sign(w.leader)) == [stop]

    signed = handover_sign(stop_id=stop.pk, actor=w.leader)

    assert (signed.state, signed.signed_by_id) == ("signed", w.leader.pk)
    assert signed.signed_at is not None
    assert not Discrepancy.objects.exists()
    assert list(to_sign(w.leader)) == []
    told = Outbox.objects.filter(topic="pickup.ready").values_list("payload", flat=True)
    assert list(told) == [{"person_id": w.shopper.pk, "point": "翠苑小店"}]
    assert AuditEvent.objects.get(action="handover_sign").facts == {"missing": 0}
    assert_books()


def test_short_and_broken_goods_are_on_record() -> None:
    w = world()
    stop = on_the_way(w)

    handover_sign(
        stop_id=stop.pk,
        actor=w.leader,
        counted=[
            Counted(w.tomato.sku_id, "short", 1),
            Counted(w.tomato.sku_id, "broken", 2, "压坏"),
            Counted(w.eggs.sku_id, "broken", 1),
        ],
    )

    found = Discrepancy.objects.order_by("pk").values_list("sku__code", "kind", "expected", "quantity", "note")
    assert list(found) == [
        ("TOMATO", "short", 3, 1, ""),
        ("TOMATO", "broken", 3, 2, "压坏"),
        ("EGGS", "broken", 1, 1, ""),
    ]
    assert AuditEvent.objects.get(action="handover_sign").facts == {"missing": 4}


@pytest.mark.parametrize(
    "counted",
    [
        [("TOMATO", "short", 4)],
        [("TOMATO", "short", 2), ("TOMATO", "broken", 2)],
        [("TOMATO", "short", 0)],
        [("TOMATO", "short", -1)],
        [("TOMATO", "lost", 1)],
        [("DUMPLINGS", "short", 1)],
    ],
)
def test_a_count_that_cannot_be_is_refused_and_nothing_is_signed(counted: list[tuple[str, str, int]]) -> None:
    w = world()
    stop = on_the_way(w)
    skus = {"TOMATO": w.tomato.sku_id, "DUMPLINGS": w.dumplings.sku_id}

    with pytest.raises(CountWrong):
        handover_sign(
            stop_id=stop.pk,
            actor=w.leader,
            counted=[Counted(skus[code], kind, quantity) for code, kind, quantity in counted],
        )

    stop.refresh_from_db()
    assert (stop.state, Discrepancy.objects.count()) == ("on_the_way", 0)


def test_the_same_sku_and_kind_counted_twice_is_added_up() -> None:
    w = world()
    stop = on_the_way(w)

    handover_sign(
        stop_id=stop.pk,
        actor=w.leader,
        counted=[Counted(w.tomato.sku_id, "short", 1, "甲"), Counted(w.tomato.sku_id, "short", 1, "乙")],
    )

    assert Discrepancy.objects.get().quantity == 2


def test_nobody_signs_for_anothers_point() -> None:
    w = world()
    stop = on_the_way(w)

    for stranger in (w.other_leader, w.shopper, w.staff):
        with pytest.raises(NotYourPoint):
            handover_sign(stop_id=stop.pk, actor=stranger)
    posts_suspend(user=w.leader, now=w.campaign.opens_at)
    with pytest.raises(NotYourPoint):
        handover_sign(stop_id=stop.pk, actor=w.leader)

    stop.refresh_from_db()
    assert stop.state == "on_the_way"


def test_a_shopper_of_a_later_wave_of_the_day_is_told_when_his_own_comes() -> None:
    w = world()
    first = on_the_way(w)
    late = open_campaign(warehouse=w.warehouse, points=[w.near], offers=[OfferWanted(sku=w.eggs.sku)])
    place_and_pay(shopper=w.neighbour, group=late.groups.get(), quantities={late.offers.get(): 1})
    second = build(late).stops.get()

    handover_sign(stop_id=first.pk, actor=w.leader)

    assert told_ready() == [w.shopper.pk]
    dispatch_send(wave_id=second.wave_id)
    handover_sign(stop_id=second.pk, actor=w.leader)
    assert told_ready() == [w.shopper.pk, w.neighbour.pk]


def told_ready() -> list[int]:
    return [row.payload["person_id"] for row in Outbox.objects.filter(topic="pickup.ready").order_by("pk")]


def test_a_delivery_is_signed_once_and_not_before_it_has_left() -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    wave = build(w.campaign)
    stop = wave.stops.get()
    with pytest.raises(StateConflict):
        handover_sign(stop_id=stop.pk, actor=w.leader)
    dispatch_send(wave_id=wave.pk)
    stop_arrive(stop_id=stop.pk)
    handover_sign(stop_id=stop.pk, actor=w.leader)

    with pytest.raises(StateConflict):
        handover_sign(stop_id=stop.pk, actor=w.leader)
    with pytest.raises(StateConflict):
        stop_arrive(stop_id=stop.pk)

    assert Outbox.objects.filter(topic="pickup.ready").count() == 1
