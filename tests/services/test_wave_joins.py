"""A campaign that froze too late for its day's wave: a second wave by itself, or by hand a new version of the first."""

from collections.abc import Mapping

import pytest

from fulfillment.domain.papers import Change
from fulfillment.models import DeliveryNote, Pickup, PurchaseLine, SortLine, Stop, Wave
from fulfillment.selectors.paper_changes import changes
from fulfillment.selectors.wave_intake import Waiting, waiting
from fulfillment.services.dispatch import dispatch_send
from fulfillment.services.wave_joins import WaveTooFar, wave_join
from fulfillment.services.waves import wave_build, wave_void
from groupbuy.domain.words import PointKind
from groupbuy.kernel import clock
from groupbuy.kernel.errors import Invalid, StateConflict
from groupbuy.models import AuditEvent, Campaign, PickupPoint
from groupbuy.services.campaign_holds import campaign_hold
from groupbuy.services.campaigns import OfferWanted
from tests.books import assert_books
from tests.services.steps import bring, build
from tests.world import World, close_and_freeze, lead, open_campaign, person, place_and_pay, point, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def w() -> World:
    return world()


@pytest.fixture
def wave(w: World) -> Wave:
    """4 tomatoes to the near point."""
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 4})
    return build(w.campaign)


@pytest.fixture
def late(w: World, wave: Wave) -> Campaign:
    """Frozen after the wave: 2 tomatoes to the near point, 3 to the far one, 1 to a point on a route of its own."""
    new = point(warehouse=w.warehouse, code="HZ0003", name="文新小站", kind=PointKind.SHOP, position=3)
    new.route_name = "九号线"
    new.save()
    lead(point=new, user=person(name="钱团长", phone="13800000013"), now=clock.now())
    return late_campaign(w, {w.near: 2, w.far: 3, new: 1})


def late_campaign(w: World, pieces: Mapping[PickupPoint, int]) -> Campaign:
    opened = open_campaign(
        warehouse=w.warehouse, points=list(pieces), offers=[OfferWanted(sku=w.tomato.sku)], title="加单"
    )
    for at, quantity in pieces.items():
        place_and_pay(
            shopper=w.neighbour, group=opened.groups.get(point=at), quantities={opened.offers.get(): quantity}
        )
    close_and_freeze(campaign=opened)
    return opened


def join(wave: Wave, *campaigns: Campaign) -> int:
    return wave_join(wave_id=wave.pk, campaign_ids=[each.pk for each in campaigns], reason="晚截单")


def lines(wave: Wave, version: int) -> list[tuple[str, int]]:
    found = SortLine.objects.filter(wave=wave, paper_version=version).order_by("point__code")
    return list(found.values_list("point__code", "quantity"))


def test_a_late_joiner_is_a_new_version_with_its_differences(w: World, wave: Wave, late: Campaign) -> None:
    version = join(wave, late)

    wave.refresh_from_db()
    assert (version, wave.paper_version) == (2, 2)
    assert lines(wave, 1) == [("HZ0001", 4)]
    assert lines(wave, 2) == [("HZ0001", 6), ("HZ0002", 3), ("HZ0003", 1)]
    assert changes(wave, 2) == (
        Change("1 翠苑小店", "TOMATO", "番茄", 4, 6),
        Change("2 古荡驿站", "TOMATO", "番茄", 0, 3),
        Change("3 文新小站", "TOMATO", "番茄", 0, 1),
    )
    assert (wave.issues.get(version=2).reason, AuditEvent.objects.get(action="wave_join").subject_id) == (
        "晚截单",
        wave.pk,
    )
    assert_books()


def test_new_points_stand_behind_the_last_and_nobody_is_renumbered(w: World, wave: Wave, late: Campaign) -> None:
    near = Stop.objects.get(wave=wave)
    join(wave, late)

    stops = Stop.objects.filter(wave=wave).order_by("position")
    assert list(stops.values_list("position", "route__number", "route__name", "sequence", "point__code")) == [
        (1, 1, "一号线", 1, "HZ0001"),
        (2, 1, "一号线", 2, "HZ0002"),
        (3, 2, "九号线", 1, "HZ0003"),
    ]
    assert stops[0].pk == near.pk
    notes = DeliveryNote.objects.filter(wave=wave).order_by("paper_version", "position")
    assert list(notes.values_list("paper_version", "position")) == [(1, 1), (2, 1), (2, 2), (2, 3)]


def test_everybody_who_joins_has_a_pickup_and_the_difference_is_bought(w: World, wave: Wave, late: Campaign) -> None:
    assert Pickup.objects.count() == 1
    join(wave, late)

    assert sorted(Pickup.objects.values_list("shopper__display_name", "point__code")) == [
        ("林小满", "HZ0001"),
        ("赵邻居", "HZ0001"),
        ("赵邻居", "HZ0002"),
        ("赵邻居", "HZ0003"),
    ]
    # Six to a case: four of the first leave two over, and four more make one further case.
    bought = PurchaseLine.objects.filter(order__wave=wave).order_by("order__paper_version")
    assert list(bought.values_list("demand", "cases", "surplus")) == [(4, 1, 2), (6, 1, 2)]
    assert wave_build(warehouse_id=w.warehouse.pk, delivery_date=late.delivery_date) is None
    assert_books()


def test_goods_that_joined_are_handed_out_like_the_others(w: World, wave: Wave, late: Campaign) -> None:
    join(wave, late)

    stop = bring(wave, point=w.far, leader=w.other_leader)

    assert stop.state == "signed"
    assert_books()


def test_a_voided_wave_gives_joiners_back_too(w: World, wave: Wave, late: Campaign) -> None:
    join(wave, late)
    wave_void(wave_id=wave.pk, reason="送错仓")

    again = wave_build(warehouse_id=w.warehouse.pk, delivery_date=late.delivery_date)

    assert again is not None
    assert lines(again, 1) == [("HZ0001", 6), ("HZ0002", 3), ("HZ0003", 1)]
    assert_books()


def test_a_wave_that_is_sent_or_voided_or_closed_takes_nobody_in(w: World, wave: Wave, late: Campaign) -> None:
    Wave.objects.filter(pk=wave.pk).update(pick_closed_at=clock.now())
    with pytest.raises(WaveTooFar):
        join(wave, late)
    Wave.objects.filter(pk=wave.pk).update(pick_closed_at=None)
    dispatch_send(wave_id=wave.pk)
    with pytest.raises(WaveTooFar):
        join(wave, late)
    wave.refresh_from_db()
    assert wave.paper_version == 1


def test_a_wave_of_which_one_route_has_left_neither_grows_nor_is_voided(w: World, wave: Wave, late: Campaign) -> None:
    Stop.objects.filter(wave=wave).update(state="on_the_way", version=2)

    with pytest.raises(WaveTooFar):
        join(wave, late)
    with pytest.raises(StateConflict):
        wave_void(wave_id=wave.pk, reason="送错仓")
    wave.refresh_from_db()
    assert wave.state == "built"


def test_all_join_or_none(w: World, wave: Wave, late: Campaign) -> None:
    held = late_campaign(w, {w.near: 1})
    campaign_hold(campaign_id=held.pk, reason="等改价", actor_id=w.staff.pk)

    for campaigns in ([late, held], [late, w.campaign]):
        with pytest.raises(StateConflict):
            join(wave, *campaigns)

    late.refresh_from_db()
    assert late.taken_at is None
    assert lines(wave, 2) == []


def test_an_operator_holds_a_campaign_from_the_sweep_and_lets_it_join(w: World, wave: Wave, late: Campaign) -> None:
    campaign_hold(campaign_id=late.pk, reason="等加入", actor_id=w.staff.pk)
    warehouse_id, day = w.warehouse.pk, late.delivery_date
    assert wave_build(warehouse_id=warehouse_id, delivery_date=day) is None
    assert waiting(warehouse_id=warehouse_id, delivery_date=day) == []
    assert [each.held for each in waiting(warehouse_id=warehouse_id, delivery_date=day, held=True)] == [True]

    version = wave_join(wave_id=wave.pk, campaign_ids=[late.pk], reason="晚截单", release=True)

    late.refresh_from_db()
    assert (version, late.held_at, late.held_reason) == (2, None, "")
    assert_books()


def test_a_campaign_of_another_day_cannot_join(w: World, wave: Wave, late: Campaign) -> None:
    Campaign.objects.filter(pk=late.pk).update(delivery_date=wave.delivery_date.replace(year=2030))

    with pytest.raises(StateConflict):
        join(wave, late)


def test_nobody_joins_without_a_reason_or_a_campaign(w: World, wave: Wave, late: Campaign) -> None:
    with pytest.raises(Invalid):
        wave_join(wave_id=wave.pk, campaign_ids=[late.pk], reason="")
    with pytest.raises(Invalid):
        wave_join(wave_id=wave.pk, campaign_ids=[], reason="晚截单")


def test_what_could_join_is_shown_with_what_it_brings(w: World, wave: Wave, late: Campaign) -> None:
    day = wave.delivery_date

    found = waiting(warehouse_id=w.warehouse.pk, delivery_date=day, wave_id=wave.pk)

    assert found == [Waiting(late.pk, "加单", orders=3, points=3, new_points=2, pieces=6, held=False)]
    join(wave, late)
    assert waiting(warehouse_id=w.warehouse.pk, delivery_date=day) == []


def test_the_default_is_a_wave_of_its_own(w: World, wave: Wave, late: Campaign) -> None:
    second = wave_build(warehouse_id=w.warehouse.pk, delivery_date=late.delivery_date)

    assert second is not None
    assert (second.number, lines(wave, 2), lines(second, 1)) == (
        2,
        [],
        [("HZ0001", 2), ("HZ0002", 3), ("HZ0003", 1)],
    )
