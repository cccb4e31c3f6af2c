"""A held campaign stays out of waves until it is released; what was moved meanwhile is found by the old code."""

import datetime as dt

import pytest

from fulfillment.models import Pickup, Wave
from fulfillment.selectors.due import campaigns_for_waves
from fulfillment.services.waves import wave_build, wave_void
from fulfillment.tasks import build_due_waves
from groupbuy.domain.words import PointRole
from groupbuy.kernel import clock
from groupbuy.kernel.errors import StateConflict
from groupbuy.models import AuditEvent, Campaign, Order, PointStaff
from groupbuy.services.campaign_changes import campaign_cancel, offer_withdraw
from groupbuy.services.campaign_holds import campaign_hold, campaign_release
from groupbuy.services.campaign_lock import DemandTaken
from groupbuy.services.campaigns import OfferWanted
from groupbuy.services.group_moves import group_move
from tests.books import assert_books
from tests.services.steps import bring, hand_out
from tests.world import World, build_wave, close_and_freeze, open_campaign, place_and_pay, world

pytestmark = pytest.mark.django_db


def hold(w: World) -> None:
    campaign_hold(campaign_id=w.campaign.pk, reason="团长住院", actor_id=w.staff.pk)


def release(w: World) -> None:
    campaign_release(campaign_id=w.campaign.pk, actor_id=w.staff.pk)


def void_and_hold(wave: Wave, w: World) -> None:
    wave_void(wave_id=wave.pk, reason="团长住院", actor_id=w.staff.pk, hold=[w.campaign.pk])


def move(w: World) -> None:
    post = PointStaff.objects.get(user=w.other_leader, role=PointRole.LEADER)
    group_move(group_id=w.group.pk, post_id=post.pk, reason="团长住院", actor_id=w.staff.pk)


def build(w: World) -> Wave:
    wave = wave_build(warehouse_id=w.warehouse.pk, delivery_date=w.campaign.delivery_date)
    assert wave is not None
    return wave


def test_a_held_campaign_is_sold_and_frozen_but_taken_by_no_wave() -> None:
    w = world()
    hold(w)
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    close_and_freeze(campaign=w.campaign)

    build_due_waves()

    assert campaigns_for_waves([]) == []
    assert wave_build(warehouse_id=w.warehouse.pk, delivery_date=w.campaign.delivery_date) is None
    assert not Wave.objects.exists()
    release(w)
    build_due_waves()
    assert Wave.objects.get().campaigns.get().campaign == w.campaign
    assert_books(ages=True)


def test_the_campaigns_beside_a_held_one_are_taken() -> None:
    w = world()
    offers = [OfferWanted(sku=w.eggs.sku, price_fen=1500)]
    other = open_campaign(warehouse=w.warehouse, points=[w.near], offers=offers, title="另一团")
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    place_and_pay(shopper=w.shopper, group=other.groups.get(), quantities={other.offers.get(): 1})
    close_and_freeze(campaign=w.campaign)
    wave = build_wave(campaign=other)

    void_and_hold(wave, w)
    build_due_waves()

    again = Wave.objects.get(state="built")
    assert [place.campaign for place in again.campaigns.all()] == [other]
    assert_books(ages=True)


def test_holding_and_releasing_are_done_once_and_written_down() -> None:
    w = world()

    for _ in range(2):
        hold(w)
    held = Campaign.objects.get()
    for _ in range(2):
        release(w)

    assert (held.held_reason, Campaign.objects.get().held_at, Campaign.objects.get().held_reason) == (
        "团长住院",
        None,
        "",
    )
    assert list(AuditEvent.objects.order_by("pk").filter(subject_kind="campaign").values_list("action", "actor")) == [
        ("campaign_hold", w.staff.pk),
        ("campaign_release", w.staff.pk),
    ]


def test_a_campaign_in_a_wave_or_cancelled_is_not_held() -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    wave = build_wave(campaign=w.campaign)
    with pytest.raises(DemandTaken):
        hold(w)
    wave_void(wave_id=wave.pk, reason="改单")
    campaign_cancel(campaign_id=w.campaign.pk, reason="冷库断电", actor_id=w.staff.pk)

    with pytest.raises(StateConflict):
        hold(w)
    assert_books()


def test_a_wave_that_is_voided_and_held_lets_the_operator_withdraw_before_the_sweep() -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3, w.eggs: 1})
    void_and_hold(build_wave(campaign=w.campaign), w)
    build_due_waves()

    offer_withdraw(offer_id=w.tomato.pk, reason="抽检不合格", actor_id=w.staff.pk)
    release(w)
    build_due_waves()

    assert list(Wave.objects.get(state="built").pick_lines.values_list("sku__code", "quantity")) == [("EGGS", 1)]
    assert_books(ages=True)


def test_a_shopper_whose_group_was_moved_after_a_wave_collects_with_the_code_that_he_was_shown() -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    void_and_hold(build_wave(campaign=w.campaign), w)
    shown = Pickup.objects.get()

    move(w)
    release(w)
    wave = build(w)

    followed = Pickup.objects.get()
    assert (followed.point, followed.code, followed.token) == (w.far, shown.code, shown.token)
    bring(wave, point=w.far, leader=w.other_leader)
    hand_out(followed, actor=w.other_leader, pieces={"TOMATO": 3})
    assert Order.objects.get().lines.get().collected == 3
    assert_books()


def test_a_code_that_is_taken_at_the_new_point_is_drawn_anew_but_the_qr_stays() -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    place_and_pay(shopper=w.neighbour, group=w.other_group, quantities={w.tomato: 1})
    void_and_hold(build_wave(campaign=w.campaign), w)
    Pickup.objects.update(code="123456")
    token = Pickup.objects.get(shopper=w.shopper).token

    move(w)
    release(w)
    build(w)

    mine = Pickup.objects.get(shopper=w.shopper)
    assert (mine.point, mine.code != "123456", mine.token) == (w.far, True, token)
    assert Pickup.objects.get(shopper=w.neighbour).code == "123456"
    assert_books()


def test_a_shopper_with_goods_at_both_points_has_a_code_at_each() -> None:
    w = world()
    offers = [OfferWanted(sku=w.eggs.sku, price_fen=1500)]
    other = open_campaign(warehouse=w.warehouse, points=[w.near], offers=offers, title="另一团")
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    place_and_pay(shopper=w.shopper, group=other.groups.get(), quantities={other.offers.get(): 1})
    close_and_freeze(campaign=other)
    void_and_hold(build_wave(campaign=w.campaign), w)
    before = Pickup.objects.get()

    move(w)
    release(w)
    build_due_waves()

    assert Pickup.objects.get(point=w.near) == before
    assert Pickup.objects.get(point=w.far).shopper == w.shopper
    assert_books()


def test_a_hold_that_lasts_until_two_hours_before_the_trucks_leave_is_an_alarm() -> None:
    w = world()
    hold(w)
    Campaign.objects.update(dispatch_at=clock.now() + dt.timedelta(hours=2, minutes=1))
    assert_books(ages=True)

    Campaign.objects.update(dispatch_at=clock.now() + dt.timedelta(hours=2))

    with pytest.raises(AssertionError, match="I16-hold"):
        assert_books(ages=True)
