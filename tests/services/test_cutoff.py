"""The cutoff: one outcome for every order, however often, late or broken off it runs, in a fixed number of statements."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from groupbuy.domain.words import MinimumKind
from groupbuy.kernel import clock
from groupbuy.kernel.errors import StateConflict
from groupbuy.models import Campaign, LedgerEntry, Order, OrderOutcome, Outbox, Refund, StateChange
from groupbuy.services import cutoff, payments
from groupbuy.services.campaigns import OfferWanted
from groupbuy.services.cutoff import CutoffAhead, campaign_close, campaign_freeze
from groupbuy.services.orders import order_cancel
from groupbuy.tasks import close_due_campaigns, freeze_closed_campaigns
from tests.books import assert_books
from tests.clocks import MICROSECOND, SECOND, stop_clock
from tests.services.wechat import Wechat
from tests.world import World, close_and_freeze, open_campaign, pay, place, place_and_pay, world

pytestmark = pytest.mark.django_db


def outcomes() -> list[tuple[int, str]]:
    return list(OrderOutcome.objects.order_by("order_id").values_list("order_id", "kind"))


def tables() -> list[int]:
    models = (OrderOutcome, Refund, LedgerEntry, StateChange, Outbox)
    return [model.objects.count() for model in models]


def test_a_campaign_closes_at_its_cutoff_and_not_a_microsecond_before() -> None:
    w = world()

    stop_clock(at=w.campaign.cutoff_at - MICROSECOND)
    close_due_campaigns()
    with pytest.raises(CutoffAhead):
        campaign_close(campaign_id=w.campaign.pk)
    assert Campaign.objects.get().state == "open"

    stop_clock(at=w.campaign.cutoff_at)
    close_due_campaigns()
    closed = Campaign.objects.get()
    assert (closed.state, closed.closed_at, closed.original_cutoff_at) == ("closing", w.campaign.cutoff_at, None)
    with pytest.raises(StateConflict):
        campaign_close(campaign_id=w.campaign.pk)


def test_a_freeze_waits_for_the_grace_to_the_microsecond() -> None:
    w = world()
    Campaign.objects.update(grace_s=180)
    order = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    stop_clock(at=w.campaign.cutoff_at)
    campaign_close(campaign_id=w.campaign.pk)

    stop_clock(at=w.campaign.cutoff_at + 180 * SECOND - MICROSECOND)
    freeze_closed_campaigns()
    with pytest.raises(CutoffAhead):
        campaign_freeze(campaign_id=w.campaign.pk)
    assert Order.objects.get(pk=order.pk).state == "placed"

    stop_clock(at=w.campaign.cutoff_at + 180 * SECOND)
    freeze_closed_campaigns()
    assert Campaign.objects.get().state == "frozen"
    assert outcomes() == [(order.pk, "cancelled")]


def test_every_order_has_one_outcome_and_unpaid_pieces_go_back() -> None:
    w = world()
    paid = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 2})
    unpaid = place(shopper=w.neighbour, group=w.other_group, quantities={w.tomato: 3, w.eggs: 2})
    earlier = place(shopper=w.neighbour, group=w.other_group, quantities={w.tomato: 1})
    order_cancel(order=earlier, actor=w.neighbour)

    close_and_freeze(campaign=w.campaign)

    assert outcomes() == [(paid.pk, "accepted"), (unpaid.pk, "cancelled"), (earlier.pk, "cancelled")]
    w.tomato.refresh_from_db()
    w.eggs.refresh_from_db()
    assert (w.tomato.sold, w.eggs.sold) == (2, 0)
    assert w.campaign.frozen_at is not None
    assert_books(ages=False)


@pytest.mark.parametrize(
    ("kind", "reached"), [(MinimumKind.ORDERS, 2), (MinimumKind.PIECES, 5), (MinimumKind.AMOUNT, 3186)]
)
@pytest.mark.parametrize("short_by", [0, 1])
def test_a_group_under_its_minimum_is_refunded_in_full(kind: MinimumKind, reached: int, short_by: int) -> None:
    w = world()
    Campaign.objects.update(minimum_kind=kind, minimum_value=reached + short_by)
    mine = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    eggs = place_and_pay(shopper=w.neighbour, group=w.group, quantities={w.eggs: 1, w.tomato: 1})
    assert (mine.total_fen, eggs.total_fen) == (1197, 1989)
    # Unpaid orders count for nothing, and the other group is judged by itself.
    place(shopper=w.neighbour, group=w.group, quantities={w.tomato: 1})
    other = place_and_pay(shopper=w.shopper, group=w.other_group, quantities={w.dumplings: 6})

    close_and_freeze(campaign=w.campaign)

    kinds = dict(outcomes())
    assert kinds[mine.pk] == kinds[eggs.pk] == ("refunded" if short_by else "accepted")
    w.group.refresh_from_db()
    assert (w.group.failed_at is not None) == bool(short_by)
    assert kinds[other.pk] == ("refunded" if kind == MinimumKind.ORDERS else "accepted")
    refunded = dict(Refund.objects.exclude(order=other).values_list("order_id", "amount_fen"))
    assert refunded == ({mine.pk: 1197, eggs.pk: 1989} if short_by else {})
    w.tomato.refresh_from_db()
    assert w.tomato.sold == (0 if short_by else 4)
    told = Outbox.objects.filter(topic="group.failed", payload__number=mine.number)
    assert told.count() == short_by
    if short_by:
        assert told.get().payload == {"person_id": w.shopper.pk, "number": mine.number, "yuan": "11.97"}
    assert_books()


def test_a_freeze_that_died_between_its_two_steps_is_finished_by_the_next() -> None:
    w = world()
    paid = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 2})
    unpaid = place(shopper=w.neighbour, group=w.group, quantities={w.tomato: 3})
    campaign_close(campaign_id=w.campaign.pk, early=True)
    cutoff._cancel_unpaid(w.campaign.pk)
    assert outcomes() == []

    freeze_closed_campaigns()

    assert outcomes() == [(paid.pk, "accepted"), (unpaid.pk, "cancelled")]
    assert Campaign.objects.get().state == "frozen"
    assert_books()


def test_running_the_sweeps_again_changes_no_row() -> None:
    w = world()
    Campaign.objects.update(minimum_kind=MinimumKind.ORDERS, minimum_value=2)
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 2})
    place(shopper=w.neighbour, group=w.group, quantities={w.tomato: 3})
    close_and_freeze(campaign=w.campaign)
    before = tables()

    close_due_campaigns()
    freeze_closed_campaigns()

    assert tables() == before


@pytest.mark.parametrize("closed", [False, True])
def test_only_a_closing_campaign_can_be_frozen(closed: bool) -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 2})
    place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    if closed:
        close_and_freeze(campaign=w.campaign)
    else:
        stop_clock(at=w.campaign.cutoff_at)
    before = tables(), sorted(Order.objects.values_list("state", flat=True))

    with pytest.raises(StateConflict):
        campaign_freeze(campaign_id=w.campaign.pk)

    assert (tables(), sorted(Order.objects.values_list("state", flat=True))) == before


def test_closing_early_keeps_the_old_cutoff_and_cuts_the_time_to_pay() -> None:
    w = world()
    Campaign.objects.update(grace_s=60)
    cutoff_at = w.campaign.cutoff_at
    soon = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    Order.objects.filter(pk=soon.pk).update(pay_by=clock.now() + 5 * SECOND)
    long = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    soon.refresh_from_db()
    now = clock.now()
    stop_clock(at=now)

    campaign_close(campaign_id=w.campaign.pk, early=True, actor_id=w.staff.pk)

    w.campaign.refresh_from_db()
    assert (w.campaign.cutoff_at, w.campaign.original_cutoff_at, w.campaign.closed_at) == (now, cutoff_at, now)
    assert Order.objects.get(pk=soon.pk).pay_by == soon.pay_by
    assert Order.objects.get(pk=long.pk).pay_by == now + 60 * SECOND
    last = StateChange.objects.filter(machine="campaign").latest("pk")
    assert (last.actor_id, last.reason) == (w.staff.pk, "closed early")


def test_a_payment_within_the_grace_is_accepted() -> None:
    w = world()
    Campaign.objects.update(grace_s=60)
    order = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    stop_clock(at=clock.now())
    campaign_close(campaign_id=w.campaign.pk, early=True)

    pay(order=order)
    stop_clock(at=clock.now() + 60 * SECOND)
    freeze_closed_campaigns()

    assert outcomes() == [(order.pk, "accepted")]


def test_a_campaign_without_orders_freezes() -> None:
    w = world()

    close_and_freeze(campaign=w.campaign)

    assert (w.campaign.state, outcomes()) == ("frozen", [])
    assert_books()


def crowd(w: World, orders: int) -> Campaign:
    """A campaign of its own with as many paid as unpaid orders, half of them in a group that fails."""
    campaign = open_campaign(
        warehouse=w.warehouse, points=[w.near, w.far], offers=[OfferWanted(sku=w.tomato.sku, per_shopper=9_999)]
    )
    Campaign.objects.filter(pk=campaign.pk).update(minimum_kind=MinimumKind.PIECES, minimum_value=orders)
    near, far = campaign.groups.get(point=w.near), campaign.groups.get(point=w.far)
    offer = campaign.offers.get()
    for _ in range(orders // 3):
        place(shopper=w.shopper, group=near, quantities={offer: 1})
        place_and_pay(shopper=w.shopper, group=near, quantities={offer: 1})
        place_and_pay(shopper=w.neighbour, group=far, quantities={offer: 3})
    campaign_close(campaign_id=campaign.pk, early=True)
    return campaign


def test_a_freeze_takes_the_same_number_of_statements_for_3_orders_and_30() -> None:
    w = world()
    counts = []

    for orders in (3, 30):
        campaign = crowd(w, orders)
        with CaptureQueriesContext(connection) as seen:
            campaign_freeze(campaign_id=campaign.pk)
        counts.append(len([query for query in seen if "SAVEPOINT" not in query["sql"]]))

    assert counts == [30, 30]
    kinds = sorted(kind for _, kind in outcomes())
    assert [kinds.count(kind) for kind in ("accepted", "cancelled", "refunded")] == [11, 11, 11]
    assert_books()


def test_money_that_came_in_the_last_second_is_found_before_the_freeze(wechat: Wechat) -> None:
    w = world()
    order = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    wechat.pay(wechat.start(order), notify=False)

    close_and_freeze(campaign=w.campaign)

    assert outcomes() == [(order.pk, "accepted")]
    assert not Refund.objects.exists()
    assert_books()


def test_a_provider_that_cannot_even_be_asked_does_not_stop_the_freeze(settings: Any) -> None:
    w = world()
    settings.WECHAT = {}
    order = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    payments._pending(order, "wechat")
    paid = place_and_pay(shopper=w.neighbour, group=w.group, quantities={w.tomato: 1})

    close_and_freeze(campaign=w.campaign)

    assert outcomes() == [(order.pk, "cancelled"), (paid.pk, "accepted")]
