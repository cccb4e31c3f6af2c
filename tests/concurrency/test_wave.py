"""Building waves against refunds and against each other: every piece is on the papers or given back, never both."""

from functools import partial

import pytest
from django.db import IntegrityError

from fulfillment.models import SortLine, Wave, WaveCampaign
from fulfillment.services import paper_issues, wave_joins, waves
from fulfillment.services.dispatch import dispatch_send
from fulfillment.services.paper_issues import papers_reissue
from fulfillment.services.wave_joins import WaveTooFar, wave_join
from fulfillment.services.waves import wave_build
from groupbuy.domain.words import RefundReason
from groupbuy.models import OrderLine, Refund
from groupbuy.services import refunds
from groupbuy.services.campaigns import OfferWanted
from groupbuy.services.refunds import refund_request
from tests.books import assert_books, broken_books
from tests.concurrency.races import Work, after, at_once, before, outcome_of
from tests.world import World, close_and_freeze, open_campaign, place_and_pay, world

pytestmark = pytest.mark.django_db(transaction=True)


def build(w: World) -> Work:
    return partial(wave_build, warehouse_id=w.warehouse.pk, delivery_date=w.campaign.delivery_date)


def frozen() -> World:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    close_and_freeze(campaign=w.campaign)
    return w


def give_one_back() -> Refund:
    line = OrderLine.objects.get()
    return refund_request(order_id=line.order_id, pieces={line.pk: 1}, reason=RefundReason.SHORTAGE, actor_id=None)


def test_a_wave_waits_for_a_refund_under_way_and_leaves_its_piece_out(monkeypatch: pytest.MonkeyPatch) -> None:
    seam = after(monkeypatch, refunds, "_intent", build(frozen()))

    give_one_back()

    assert isinstance(seam.join(), Wave)
    assert seam.blocked
    assert SortLine.objects.get().quantity == 2
    assert_books()


def test_twin_a_refund_that_does_not_hold_the_demand_is_picked_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refunds, "_hold_demand", lambda _: None)
    seam = after(monkeypatch, refunds, "_intent", build(frozen()))

    give_one_back()

    assert isinstance(seam.join(), Wave)
    assert not seam.blocked
    assert SortLine.objects.get().quantity == 3
    assert broken_books() == ["I4-sort"]


def test_a_refund_that_comes_during_the_building_is_later_than_the_papers(monkeypatch: pytest.MonkeyPatch) -> None:
    w = frozen()
    seam = before(monkeypatch, waves, "demand_insert", give_one_back)

    wave = build(w)()

    refund = seam.join()
    assert seam.blocked
    assert refund.created_at > wave.built_at
    assert SortLine.objects.get().quantity == 3
    assert_books()


def test_two_builders_at_once_build_one_wave() -> None:
    w = frozen()

    outcomes = at_once([build(w)] * 4)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "NoneType", "NoneType", "Wave"]
    assert Wave.objects.count() == 1
    assert_books()


def later_campaign(w: World) -> Work:
    """Freeze a second campaign of the day, and return what builds its wave."""
    late = open_campaign(warehouse=w.warehouse, points=[w.near], offers=[OfferWanted(sku=w.eggs.sku)])
    place_and_pay(shopper=w.shopper, group=late.groups.get(), quantities={late.offers.get(): 1})

    def freeze_and_build() -> object:
        close_and_freeze(campaign=late)
        return build(w)()

    return freeze_and_build


def test_a_second_wave_waits_for_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    w = frozen()
    seam = before(monkeypatch, waves, "demand_insert", later_campaign(w))

    first = build(w)()

    second = seam.join()
    assert seam.blocked
    assert (first.number, second.number) == (1, 2)
    assert_books()


def test_without_the_warehouses_gate_the_campaigns_that_are_being_taken_still_hold_the_second_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    w = frozen()
    monkeypatch.setattr(waves, "close_gate", lambda *_: None)
    seam = before(monkeypatch, waves, "demand_insert", later_campaign(w))

    build(w)()

    assert seam.join().number == 2
    assert seam.blocked
    assert_books()


def test_twin_without_gate_and_rows_two_waves_want_one_number(monkeypatch: pytest.MonkeyPatch) -> None:
    w = frozen()
    late = later_campaign(w)
    monkeypatch.setattr(waves, "close_gate", lambda *_: None)
    monkeypatch.setattr(waves, "campaigns_take", lambda **_: [w.campaign.pk])
    monkeypatch.setattr(WaveCampaign.objects, "bulk_create", lambda _: None)
    seam = before(monkeypatch, waves, "demand_insert", late)

    build(w)()

    outcome = seam.join()
    assert seam.blocked
    assert isinstance(outcome, IntegrityError)
    assert "wave_once" in str(outcome)


def test_an_issue_waits_for_a_refund_under_way_and_leaves_its_piece_out(monkeypatch: pytest.MonkeyPatch) -> None:
    wave = build(frozen())()
    seam = after(monkeypatch, refunds, "_intent", partial(papers_reissue, wave_id=wave.pk, reason="退款"))

    give_one_back()

    assert seam.join() == 2
    assert seam.blocked
    assert SortLine.objects.get(paper_version=2).quantity == 2
    assert_books()


def test_twin_a_refund_that_does_not_hold_the_demand_is_on_the_new_papers(monkeypatch: pytest.MonkeyPatch) -> None:
    wave = build(frozen())()
    monkeypatch.setattr(refunds, "_hold_demand", lambda _: None)
    seam = after(monkeypatch, refunds, "_intent", partial(papers_reissue, wave_id=wave.pk, reason="退款"))

    give_one_back()

    assert seam.join() == 2
    assert not seam.blocked
    assert SortLine.objects.get(paper_version=2).quantity == 3
    assert broken_books() == ["I4-sort"]


def test_a_refund_that_comes_during_an_issue_is_later_than_it(monkeypatch: pytest.MonkeyPatch) -> None:
    wave = build(frozen())()
    seam = before(monkeypatch, paper_issues, "demand_insert", give_one_back)

    papers_reissue(wave_id=wave.pk, reason="重打")

    refund = seam.join()
    assert seam.blocked
    assert refund.created_at > wave.issues.get(version=2).issued_at
    assert SortLine.objects.get(paper_version=2).quantity == 3
    assert_books()


def test_twin_an_issue_that_does_not_lock_the_demand_leaves_out_what_went_back_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wave = build(frozen())()
    monkeypatch.setattr(paper_issues, "demand_lock", lambda **_: None)
    seam = before(monkeypatch, paper_issues, "demand_insert", give_one_back)

    papers_reissue(wave_id=wave.pk, reason="重打")

    seam.join()
    assert not seam.blocked
    assert broken_books() == ["I4-sort"]


def test_issues_at_once_follow_each_other() -> None:
    wave = build(frozen())()

    outcomes = at_once([partial(papers_reissue, wave_id=wave.pk, reason="重打")] * 3)

    assert sorted(outcomes) == [2, 3, 4]
    assert_books()


def late_joiner(w: World) -> tuple[Wave, Work]:
    """A wave, and what puts one more frozen campaign into it."""
    wave = build(w)()
    late = open_campaign(warehouse=w.warehouse, points=[w.near, w.far], offers=[OfferWanted(sku=w.eggs.sku)])
    group = late.groups.get(point=w.far)
    place_and_pay(shopper=w.shopper, group=group, quantities={late.offers.get(): 1})
    close_and_freeze(campaign=late)
    return wave, partial(wave_join, wave_id=wave.pk, campaign_ids=[late.pk], reason="晚截单")


def test_a_campaign_joins_once_however_many_put_it_in_or_build() -> None:
    w = frozen()
    _wave, join = late_joiner(w)

    outcomes = at_once([join, join, build(w), build(w)])

    taken = [outcome for outcome in outcomes if isinstance(outcome, (int, Wave))]
    assert len(taken) == 1
    assert {type(outcome).__name__ for outcome in outcomes} <= {"int", "Wave", "NoneType", "StateConflict"}
    assert_books()


def test_a_truck_that_leaves_first_leaves_the_joiner_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    wave, join = late_joiner(frozen())
    seam = before(monkeypatch, wave_joins, "close_gate", partial(dispatch_send, wave_id=wave.pk))

    outcome = outcome_of(join)

    seam.join()
    assert isinstance(outcome, WaveTooFar)
    assert wave.issues.count() == 1
    assert_books()


def test_a_truck_waits_for_the_joiner_who_came_first(monkeypatch: pytest.MonkeyPatch) -> None:
    wave, join = late_joiner(frozen())
    seam = before(monkeypatch, wave_joins, "demand_insert", partial(dispatch_send, wave_id=wave.pk))

    assert join() == 2

    seam.join()
    assert seam.blocked
    assert set(wave.stops.values_list("state", flat=True)) == {"on_the_way"}
    assert_books()


def test_twin_a_joiner_who_locks_nothing_is_left_standing(monkeypatch: pytest.MonkeyPatch) -> None:
    wave, join = late_joiner(frozen())
    monkeypatch.setattr(wave_joins, "close_gate", lambda *_gate: None)
    monkeypatch.setattr(wave_joins, "wave_lock", lambda wave_id: Wave.objects.get(pk=wave_id))
    seam = before(monkeypatch, wave_joins, "campaigns_take_named", partial(dispatch_send, wave_id=wave.pk))

    join()

    seam.join()
    assert not seam.blocked
    assert sorted(wave.stops.values_list("state", flat=True)) == ["on_the_way", "planned"]
