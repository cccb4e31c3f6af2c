"""From frozen demand to a wave: every accepted piece on the papers exactly once."""

import dataclasses
import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fulfillment.models import DeliveryNote, PickLine, Pickup, SortLine, Stop, Wave
from fulfillment.selectors.papers import paper
from fulfillment.selectors.waves import totals
from fulfillment.services.dispatch import dispatch_send
from fulfillment.services.waves import wave_build, wave_void
from fulfillment.tasks import build_due_waves, dispatch_due_waves
from groupbuy.config.management.commands.check_books import checks
from groupbuy.domain.words import PointKind, RefundReason
from groupbuy.kernel import clock
from groupbuy.kernel.errors import Invalid, StateConflict
from groupbuy.models import Campaign, Offer, Sku, Warehouse
from groupbuy.selectors.books import violations
from groupbuy.services.campaigns import OfferWanted
from groupbuy.services.cutoff import campaign_close
from groupbuy.services.refunds import refund_request
from groupbuy.tasks import freeze_closed_campaigns
from tests.books import assert_books
from tests.clocks import MICROSECOND, stop_clock
from tests.services.steps import bring, build
from tests.world import World, close_and_freeze, lead, open_campaign, person, place, place_and_pay, point, world

pytestmark = pytest.mark.django_db


def sort_lines(wave: Wave) -> list[tuple[str, str, int]]:
    found = SortLine.objects.filter(wave=wave).values_list("point__code", "sku__code", "quantity")
    return sorted(found)


def pick_lines(wave: Wave) -> list[tuple[str, int, int, int]]:
    found = PickLine.objects.filter(wave=wave).values_list("sku__code", "quantity", "cases", "pieces")
    return sorted(found)


def test_a_wave_holds_every_accepted_piece_by_point_and_by_sku() -> None:
    w = world()
    Offer.objects.update(stock=None, per_shopper=None)
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 13, w.eggs: 1})
    place_and_pay(shopper=w.neighbour, group=w.group, quantities={w.tomato: 2})
    place_and_pay(shopper=w.shopper, group=w.other_group, quantities={w.dumplings: 6})
    place(shopper=w.neighbour, group=w.other_group, quantities={w.tomato: 5})

    wave = build(w.campaign)

    assert sort_lines(wave) == [("HZ0001", "EGGS", 1), ("HZ0001", "TOMATO", 15), ("HZ0002", "DUMPLINGS", 6)]
    # Cases of six.
    assert pick_lines(wave) == [("DUMPLINGS", 6, 1, 0), ("EGGS", 1, 0, 1), ("TOMATO", 15, 2, 3)]
    found = totals(wave)
    assert (found.points, found.skus, found.pieces, found.signed) == (2, 3, 22, 0)
    assert DeliveryNote.objects.filter(wave=wave).count() == 2
    assert Pickup.objects.count() == 3  # one for each shopper and point
    assert_books()


def test_positions_follow_the_routes_and_the_stops_on_them() -> None:
    w = world()
    Offer.objects.update(stock=None)
    for code, name, route, place_on_route in [
        ("HZ0009", "甲店", "二号线", 1),
        ("HZ0008", "乙店", "一号线", 3),
        ("HZ0007", "丙店", "", 0),
    ]:
        at = point(warehouse=w.warehouse, code=code, name=name, kind=PointKind.SHOP, position=int(code[-1]))
        at.route_name, at.route_position = route, place_on_route
        at.save()
        lead(point=at, user=person(name=name, phone=f"1380000{code[-4:]}"), now=w.campaign.opens_at)
        group = w.campaign.groups.create(point=at, leader=at.staff.get().user)
        place_and_pay(shopper=w.shopper, group=group, quantities={w.tomato: 21})
    place_and_pay(shopper=w.shopper, group=w.other_group, quantities={w.tomato: 1})

    wave = build(w.campaign)

    stops = Stop.objects.filter(wave=wave).order_by("position")
    assert list(stops.values_list("position", "route__name", "sequence", "point__code", "crates")) == [
        (1, "一号线", 1, "HZ0002", 1),
        (2, "一号线", 2, "HZ0008", 2),
        (3, "二号线", 1, "HZ0009", 2),
        (4, "散点", 1, "HZ0007", 2),
    ]
    waits = [(stop.expected_at - wave.dispatch_at).total_seconds() / 60 for stop in stops if stop.expected_at]
    assert waits == [10, 20, 10, 10]


def test_pieces_refunded_before_the_wave_are_not_picked() -> None:
    w = world()
    order = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3, w.eggs: 1})
    close_and_freeze(campaign=w.campaign)
    lines = {line.sku.code: line.pk for line in order.lines.all()}
    refund_request(
        order_id=order.pk,
        pieces={lines["TOMATO"]: 1, lines["EGGS"]: 1},
        reason=RefundReason.SHORTAGE,
        actor_id=None,
    )

    wave = wave_build(warehouse_id=w.warehouse.pk, delivery_date=w.campaign.delivery_date)

    assert wave is not None
    assert sort_lines(wave) == [("HZ0001", "TOMATO", 2)]
    assert_books()


def later_campaign(w: World, *, stock: int | None = None) -> Campaign:
    return open_campaign(
        warehouse=w.warehouse,
        points=[w.near],
        offers=[OfferWanted(sku=w.tomato.sku, price_fen=300, stock=stock)],
        title="加单",
    )


def test_a_campaign_that_freezes_later_makes_a_second_wave() -> None:
    w = world()
    late = later_campaign(w)
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    place_and_pay(shopper=w.shopper, group=late.groups.get(), quantities={late.offers.get(): 4})
    first = build(w.campaign)

    second = build(late)

    assert (first.number, second.number) == (1, 2)
    assert sort_lines(first) == [("HZ0001", "TOMATO", 3)]
    assert sort_lines(second) == [("HZ0001", "TOMATO", 4)]
    assert Pickup.objects.count() == 1
    assert wave_build(warehouse_id=w.warehouse.pk, delivery_date=w.campaign.delivery_date) is None
    assert_books()


def test_two_campaigns_that_are_frozen_share_one_wave() -> None:
    w = world()
    late = later_campaign(w)
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    place_and_pay(shopper=w.neighbour, group=late.groups.get(), quantities={late.offers.get(): 4})
    close_and_freeze(campaign=w.campaign)

    wave = build(late)

    assert sort_lines(wave) == [("HZ0001", "TOMATO", 7)]
    assert wave.campaigns.count() == 2


def test_nothing_accepted_makes_no_wave_and_is_not_looked_at_again() -> None:
    w = world()
    place(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    close_and_freeze(campaign=w.campaign)

    build_due_waves()

    assert not Wave.objects.exists()
    assert Campaign.objects.get().taken_at is not None
    assert_books()


def test_the_sweep_waits_for_a_campaign_in_its_grace_and_builds_once() -> None:
    w = world()
    late = later_campaign(w)
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    close_and_freeze(campaign=w.campaign)
    Campaign.objects.filter(pk=late.pk).update(grace_s=60)
    campaign_close(campaign_id=late.pk, early=True)
    build_due_waves()
    assert not Wave.objects.exists()

    late.refresh_from_db()
    stop_clock(at=late.cutoff_at.replace(year=late.cutoff_at.year + 1))
    freeze_closed_campaigns()
    build_due_waves()
    build_due_waves()

    assert Wave.objects.get().campaigns.count() == 2
    assert_books()


def evening_rule(w: World, wave_time: dt.time) -> dt.datetime:
    """Let the warehouse's waves be built at that time; return the instant for the world's campaign."""
    Warehouse.objects.filter(pk=w.warehouse.pk).update(wave_time=wave_time)
    return clock.at_local(w.campaign.delivery_date - dt.timedelta(days=1), wave_time)


def test_a_wave_is_built_by_itself_at_the_warehouses_time_and_not_before() -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    due_at = evening_rule(w, dt.time(23, 30))
    close_and_freeze(campaign=w.campaign)

    stop_clock(at=due_at - MICROSECOND)
    build_due_waves()
    assert not Wave.objects.exists()
    assert late_checks() == []
    stop_clock(at=due_at)
    build_due_waves()
    build_due_waves()

    assert Wave.objects.get().built_at == due_at
    assert_books()


def test_by_hand_a_wave_is_built_before_the_warehouses_time() -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    evening_rule(w, dt.time(23, 59))
    close_and_freeze(campaign=w.campaign)

    wave = wave_build(warehouse_id=w.warehouse.pk, delivery_date=w.campaign.delivery_date)

    assert wave is not None


def test_what_freezes_after_the_warehouses_time_waits_for_nothing() -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    due_at = evening_rule(w, dt.time(0, 0))
    close_and_freeze(campaign=w.campaign)
    stop_clock(at=due_at + dt.timedelta(hours=25))

    build_due_waves()

    assert Wave.objects.count() == 1


def test_demand_that_waits_longer_than_the_rule_is_late() -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    due_at = evening_rule(w, dt.time(23, 30))
    close_and_freeze(campaign=w.campaign)

    stop_clock(at=due_at + dt.timedelta(seconds=60))
    assert late_checks() == []
    stop_clock(at=due_at + dt.timedelta(seconds=60) + MICROSECOND)
    assert late_checks() == ["I16-wave"]


def late_checks() -> list[str]:
    return [finding.id for finding in violations(checks(ages=True)) if finding.id == "I16-wave"]


def test_a_voided_wave_gives_its_campaigns_to_the_next() -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    first = build(w.campaign)

    wave_void(wave_id=first.pk, reason="送错仓", actor_id=w.staff.pk)
    second = wave_build(warehouse_id=w.warehouse.pk, delivery_date=w.campaign.delivery_date)

    assert second is not None
    assert (second.number, sort_lines(second)) == (2, sort_lines(first))
    first.refresh_from_db()
    assert first.void_reason == "送错仓"
    assert Pickup.objects.count() == 1
    with pytest.raises(StateConflict):
        wave_void(wave_id=first.pk, reason="再来")
    with pytest.raises(StateConflict):
        dispatch_send(wave_id=first.pk)
    assert_books()


def test_a_wave_is_voided_for_a_reason_only() -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    wave = build(w.campaign)

    with pytest.raises(Invalid):
        wave_void(wave_id=wave.pk, reason="")

    wave.refresh_from_db()
    assert (wave.state, wave.void_reason) == ("built", "")


def test_a_wave_leaves_at_its_time_and_cannot_be_voided_then() -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    wave = build(w.campaign)

    stop_clock(at=wave.dispatch_at - MICROSECOND)
    dispatch_due_waves()
    wave.refresh_from_db()
    assert wave.state == "built"
    stop_clock(at=wave.dispatch_at)
    dispatch_due_waves()
    dispatch_due_waves()

    wave.refresh_from_db()
    assert (wave.state, wave.dispatched_at) == ("dispatched", wave.dispatch_at)
    assert list(wave.stops.values_list("state", flat=True)) == ["on_the_way"]
    with pytest.raises(StateConflict):
        wave_void(wave_id=wave.pk, reason="太晚了")


def test_a_paper_of_one_version_never_changes() -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3, w.eggs: 1})
    wave = build(w.campaign)
    before = {kind: dataclasses.asdict(paper(wave=wave, kind=kind, paper_version=1)) for kind in ("pick", "sort")}

    Sku.objects.update(name="改名", spec="改", bin="Z99", zone="frozen", case_size=2)
    bring(wave, point=w.near, leader=w.leader)

    assert {kind: dataclasses.asdict(paper(wave=wave, kind=kind)) for kind in ("pick", "sort")} == before
    assert "改名" not in repr(paper(wave=wave, kind="note"))


def test_a_wave_takes_the_same_number_of_statements_for_3_orders_and_30() -> None:
    w = world()
    Offer.objects.update(stock=None)
    counts = []

    for orders in (3, 30):
        campaign = later_campaign(w)
        for _ in range(orders):
            place_and_pay(shopper=w.shopper, group=campaign.groups.get(), quantities={campaign.offers.get(): 1})
        close_and_freeze(campaign=campaign)
        with CaptureQueriesContext(connection) as seen:
            wave_build(warehouse_id=w.warehouse.pk, delivery_date=campaign.delivery_date)
        counts.append(len([query for query in seen if "SAVEPOINT" not in query["sql"]]))

    assert counts == [29, 29]
