"""What an operator does to a campaign with orders: each once, in a fixed number of statements, as previewed."""

import datetime as dt
from collections.abc import Callable
from functools import partial

import pytest

from fulfillment.services.waves import wave_build, wave_void
from groupbuy.domain.words import RefundReason
from groupbuy.kernel import clock
from groupbuy.kernel.errors import Invalid, StateConflict
from groupbuy.models import AuditEvent, Campaign, Offer, Order, OrderOutcome, Outbox, Payment, Refund
from groupbuy.selectors.campaign_changes import NOTHING, Effect, effect_of_cancelling, effect_of_withdrawing
from groupbuy.services import payments
from groupbuy.services.campaign_changes import campaign_cancel, campaign_extend, offer_withdraw
from groupbuy.services.campaign_lock import DemandTaken
from groupbuy.services.campaigns import CutoffPassed
from groupbuy.services.cutoff import campaign_close
from groupbuy.services.order_terms import CampaignClosed
from groupbuy.services.orders import OfferSoldOut, order_cancel
from groupbuy.services.outbox import relay
from groupbuy.services.refunds import refund_request
from tests.books import assert_books
from tests.clocks import MICROSECOND, stop_clock
from tests.world import HOUR, World, build_wave, close_and_freeze, place, place_and_pay, world

pytestmark = pytest.mark.django_db


MINUTE = dt.timedelta(minutes=1)


def states() -> list[str]:
    return list(Order.objects.order_by("pk").values_list("state", flat=True))


def withdraw(offer: Offer, w: World) -> Effect:
    return offer_withdraw(offer_id=offer.pk, reason="抽检不合格", actor_id=w.staff.pk)


def cancel(campaign: Campaign, w: World) -> Effect:
    return campaign_cancel(campaign_id=campaign.pk, reason="冷库断电", actor_id=w.staff.pk)


def extend(w: World, *, to: dt.datetime) -> None:
    campaign_extend(campaign_id=w.campaign.pk, cutoff_at=to, reason="雨太大", actor_id=w.staff.pk)


def three_orders(w: World) -> list[Order]:
    """Tomatoes and eggs paid; only tomatoes paid; tomatoes unpaid with a payment begun."""
    both = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3, w.eggs: 1})
    only = place_and_pay(shopper=w.neighbour, group=w.other_group, quantities={w.tomato: 2})
    unpaid = place(shopper=w.neighbour, group=w.group, quantities={w.tomato: 1, w.eggs: 1})
    payments._pending(unpaid, payments.DEFAULT_PROVIDER)
    return [both, only, unpaid]


def test_a_withdrawn_offer_is_refunded_and_sells_no_more() -> None:
    w = world()
    both, _only, unpaid = three_orders(w)
    preview = effect_of_withdrawing(w.tomato.pk)

    done = withdraw(w.tomato, w)

    assert done == preview == Effect(orders=3, people=2, fen=5 * 399)
    assert states() == ["paid", "refunded", "cancelled"]
    assert sorted(Refund.objects.values_list("amount_fen", "reason")) == [(798, "operator"), (1197, "operator")]
    w.tomato.refresh_from_db()
    w.eggs.refresh_from_db()
    assert (w.tomato.sold, w.tomato.stock, w.eggs.sold) == (0, 0, 1)
    assert both.lines.get(offer=w.eggs).due == 1
    assert Payment.objects.get(order=unpaid).next_query_at <= clock.now()  # type: ignore[operator]
    with pytest.raises(OfferSoldOut):
        place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    told = sorted(Outbox.objects.exclude(topic="order.paid").values_list("topic", "payload__yuan"))
    assert told == [("offer.withdrawn", "11.97"), ("offer.withdrawn", "7.98"), ("order.withdrawn", "19.89")]
    assert AuditEvent.objects.get(action="offer_withdraw").facts == {
        "reason": "抽检不合格",
        "orders": 3,
        "people": 2,
        "fen": 1995,
    }
    relay()
    assert_books()


def test_an_offer_is_withdrawn_once() -> None:
    w = world()
    three_orders(w)
    withdraw(w.tomato, w)

    assert withdraw(w.tomato, w) == NOTHING

    assert (Refund.objects.count(), AuditEvent.objects.filter(action="offer_withdraw").count()) == (2, 1)
    assert_books()


def test_an_offer_is_withdrawn_after_the_freeze_with_what_was_refunded_before() -> None:
    w = world()
    both = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3, w.eggs: 1})
    only = place_and_pay(shopper=w.neighbour, group=w.group, quantities={w.tomato: 2})
    close_and_freeze(campaign=w.campaign)
    line = only.lines.get()
    refund_request(order_id=only.pk, pieces={line.pk: 1}, reason=RefundReason.OPERATOR, actor_id=None)

    assert withdraw(w.tomato, w) == Effect(orders=2, people=2, fen=4 * 399)

    assert states() == ["accepted", "refunded"]
    assert list(OrderOutcome.objects.order_by("order_id").values_list("kind", flat=True)) == ["accepted", "refunded"]
    assert sorted(Refund.objects.values_list("amount_fen", flat=True)) == [399, 399, 1197]
    wave = wave_build(warehouse_id=w.warehouse.pk, delivery_date=w.campaign.delivery_date)
    assert wave is not None
    assert list(wave.pick_lines.values_list("sku__code", "quantity")) == [("EGGS", 1)]
    assert both.lines.get(offer=w.tomato).returned == 3
    assert_books()


def test_demand_in_a_wave_is_left_alone_until_the_wave_is_voided() -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3, w.eggs: 1})
    wave = build_wave(campaign=w.campaign)

    for action in (partial(withdraw, w.tomato, w), partial(cancel, w.campaign, w)):
        with pytest.raises(DemandTaken):
            action()
    assert not Refund.objects.exists()
    wave_void(wave_id=wave.pk, reason="改单")
    withdraw(w.tomato, w)

    again = wave_build(warehouse_id=w.warehouse.pk, delivery_date=w.campaign.delivery_date)
    assert again is not None
    assert list(again.pick_lines.values_list("sku__code", "quantity")) == [("EGGS", 1)]
    assert_books()


def open_now(w: World) -> None:
    """Leave the campaign open."""


def closing(w: World) -> None:
    campaign_close(campaign_id=w.campaign.pk, early=True)


def frozen(w: World) -> None:
    close_and_freeze(campaign=w.campaign)


@pytest.mark.parametrize("stage", [open_now, closing, frozen])
def test_a_cancelled_campaign_refunds_everything_that_was_paid(stage: Callable[[World], None]) -> None:
    w = world()
    three_orders(w)
    if stage is frozen:
        # Nobody asks a provider here; without a pending payment the freeze has nothing to wait for.
        order_cancel(order=Order.objects.get(state="placed"), actor=w.neighbour)
    stage(w)
    preview = effect_of_cancelling(w.campaign.pk)

    done = cancel(w.campaign, w)

    orders = 2 if stage is frozen else 3
    assert done == preview == Effect(orders=orders, people=2, fen=5 * 399 + 1590)
    assert states() == ["refunded", "refunded", "cancelled"]
    assert Campaign.objects.get().state == "cancelled"
    assert sorted(Refund.objects.values_list("amount_fen", flat=True)) == [798, 2787]
    assert set(Offer.objects.values_list("sold", flat=True)) == {0}
    assert list(OrderOutcome.objects.order_by("order_id").values_list("kind", flat=True)) == states()
    assert Outbox.objects.filter(topic="campaign.cancelled").count() == 2
    assert cancel(w.campaign, w) == NOTHING
    with pytest.raises(CampaignClosed):
        place(shopper=w.shopper, group=w.group, quantities={w.eggs: 1})
    relay()
    assert_books()


def test_money_that_comes_for_a_cancelled_campaign_is_given_back() -> None:
    w = world()
    order = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    pending = payments._pending(order, payments.DEFAULT_PROVIDER)
    cancel(w.campaign, w)

    payments.payment_apply(
        out_trade_no=pending.out_trade_no, transaction_id="4200", amount_fen=1197, paid_at=clock.now()
    )

    assert (states(), Refund.objects.get().reason) == (["cancelled"], "late_payment")
    assert_books()


def test_an_extended_campaign_takes_orders_until_its_new_cutoff() -> None:
    w = world()
    unpaid = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    before = w.campaign.cutoff_at

    for _ in range(2):
        extend(w, to=before + HOUR)

    campaign = Campaign.objects.get()
    assert (campaign.cutoff_at, campaign.original_cutoff_at, campaign.state) == (before + HOUR, before, "open")
    assert AuditEvent.objects.filter(action="campaign_extend").count() == 1
    assert Outbox.objects.filter(topic="campaign.extended").count() == 2  # both leaders
    assert Order.objects.get().pay_by == unpaid.pay_by
    stop_clock(at=before + HOUR - MICROSECOND)
    place(shopper=w.neighbour, group=w.group, quantities={w.tomato: 1})
    relay()
    assert_books()


def test_an_extension_is_taken_back_but_not_to_before_what_was_announced_first() -> None:
    w = world()
    before = w.campaign.cutoff_at
    extend(w, to=before + 2 * HOUR)
    stop_clock(at=before - 10 * MINUTE)
    placed = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})

    extend(w, to=before + HOUR)
    extend(w, to=before)

    placed.refresh_from_db()
    campaign = Campaign.objects.get()
    assert (campaign.cutoff_at, campaign.original_cutoff_at, placed.pay_by) == (before, before, before)
    with pytest.raises(Invalid):
        extend(w, to=before - MICROSECOND)
    stop_clock(at=before)
    with pytest.raises(CampaignClosed):
        place(shopper=w.neighbour, group=w.group, quantities={w.tomato: 1})
    assert_books()


def test_an_extension_is_not_taken_back_to_a_time_that_has_passed() -> None:
    w = world()
    before = w.campaign.cutoff_at
    extend(w, to=before + HOUR)
    stop_clock(at=before + MINUTE)

    with pytest.raises(Invalid):
        extend(w, to=before + MINUTE)

    assert Campaign.objects.get().cutoff_at == before + HOUR


def test_a_cutoff_is_not_put_off_once_it_has_come() -> None:
    w = world()

    stop_clock(at=w.campaign.cutoff_at)
    with pytest.raises(CutoffPassed):
        extend(w, to=w.campaign.cutoff_at + HOUR)
    campaign_close(campaign_id=w.campaign.pk)
    with pytest.raises(StateConflict):
        extend(w, to=w.campaign.cutoff_at + HOUR)

    assert Campaign.objects.get().cutoff_at == w.campaign.cutoff_at


@pytest.mark.parametrize("shift", ["earlier", "after the trucks have left"])
def test_a_cutoff_moves_neither_back_nor_past_the_delivery(shift: str) -> None:
    w = world()
    to = w.campaign.cutoff_at - HOUR if shift == "earlier" else w.campaign.dispatch_at

    with pytest.raises(Invalid):
        extend(w, to=to)

    assert Campaign.objects.get().cutoff_at == w.campaign.cutoff_at


def test_a_cancelled_campaign_has_nothing_to_withdraw() -> None:
    w = world()
    cancel(w.campaign, w)

    with pytest.raises(StateConflict):
        withdraw(w.tomato, w)
