"""The cutoff against everybody who is still inside: an order is in or out, never both."""

from functools import partial

import pytest

from groupbuy.domain.states import PAYMENT, OrderState
from groupbuy.kernel.errors import StateConflict
from groupbuy.kernel.transition import born
from groupbuy.models import Campaign, Order, OrderOutcome, Payment, Refund, SweepFailure
from groupbuy.services import cutoff, order_terms, orders, payments
from groupbuy.services.cutoff import campaign_close, campaign_freeze
from groupbuy.services.order_terms import CampaignClosed
from groupbuy.services.orders import order_cancel
from groupbuy.tasks import freeze_closed_campaigns
from tests.books import assert_books, broken_books
from tests.concurrency.races import Work, after, at_once, before, count, outcome_of
from tests.world import World, pay, place, place_and_pay, world

pytestmark = pytest.mark.django_db(transaction=True)


def close_and_freeze(w: World) -> int:
    """Close and freeze at once; return how many orders were seen inside."""
    campaign_close(campaign_id=w.campaign.pk, early=True)
    campaign_freeze(campaign_id=w.campaign.pk)
    return OrderOutcome.objects.count()


def order(w: World) -> Order:
    return place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})


def test_a_cutoff_waits_for_the_order_inside_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    seam = after(monkeypatch, order_terms, "_open_group", partial(close_and_freeze, w))

    order(w)

    assert seam.join() == 1
    assert seam.blocked
    assert Order.objects.get().state == "cancelled"
    assert_books()


def test_twin_a_cutoff_without_its_gate_leaves_a_stray_order(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    monkeypatch.setattr(cutoff, "close_gate", lambda *_: None)
    seam = after(monkeypatch, order_terms, "_open_group", partial(close_and_freeze, w))

    order(w)

    assert seam.join() == 0
    assert not seam.blocked
    assert (Campaign.objects.get().state, Order.objects.get().state) == ("frozen", "placed")
    # The stray has no outcome, and its stock will never be given back.
    assert broken_books() == ["I3"]


def test_an_order_that_comes_while_the_cutoff_holds_the_gate_is_out(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    seam = after(monkeypatch, cutoff, "close_gate", partial(order, w))

    campaign_close(campaign_id=w.campaign.pk, early=True)

    assert isinstance(seam.join(), CampaignClosed)
    assert seam.blocked
    assert not Order.objects.exists()


def test_twenty_orders_at_the_cutoff_are_each_in_or_out() -> None:
    w = world()
    w.campaign.offers.update(stock=None, per_shopper=None)
    works: list[Work] = [partial(order, w)] * 20
    works.insert(10, partial(close_and_freeze, w))

    outcomes = at_once(works)

    inside = count(outcomes, Order)
    assert inside + count(outcomes, CampaignClosed) == 20
    assert outcomes[10] == Order.objects.count() == inside
    assert_books()


def test_a_cancelling_inside_the_gate_is_done_before_the_cutoff(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    paid = place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    seam = after(monkeypatch, orders, "enter_open_campaign", partial(close_and_freeze, w))

    order_cancel(order=paid, actor=w.shopper)

    assert seam.join() == 1
    assert seam.blocked
    assert OrderOutcome.objects.get().kind == "refunded"
    assert Refund.objects.count() == 1
    assert_books()


def test_two_freezes_at_once_write_every_outcome_once(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    campaign_close(campaign_id=w.campaign.pk, early=True)
    seam = before(monkeypatch, cutoff, "_write_outcomes", partial(campaign_freeze, campaign_id=w.campaign.pk))

    campaign_freeze(campaign_id=w.campaign.pk)

    assert isinstance(seam.join(), StateConflict)
    assert seam.blocked
    assert OrderOutcome.objects.count() == 1
    assert_books()


def test_two_sweeps_at_once_count_no_failure() -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    order(w)
    campaign_close(campaign_id=w.campaign.pk, early=True)

    at_once([freeze_closed_campaigns] * 4)

    assert Campaign.objects.get().state == "frozen"
    assert not SweepFailure.objects.exists()
    assert_books()


def test_twin_a_freeze_that_does_not_look_again_after_waiting_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    campaign_close(campaign_id=w.campaign.pk, early=True)
    cutoff._cancel_unpaid(w.campaign.pk)
    # What the freeze would do after its row was locked, had it not asked for the state again.
    seam = before(monkeypatch, cutoff, "_write_outcomes", partial(campaign_freeze, campaign_id=w.campaign.pk))
    monkeypatch.setattr(Campaign.objects, "select_for_update", lambda **_: Campaign.objects)

    outcome = outcome_of(partial(cutoff._settle, w.campaign.pk))

    failures = [error for error in (outcome, seam.join()) if error is not None]
    assert [type(error).__name__ for error in failures] == ["IntegrityError"]


def test_money_that_comes_while_the_freeze_cancels_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    unpaid = order(w)
    campaign_close(campaign_id=w.campaign.pk, early=True)
    Order.objects.update(pay_by=w.campaign.cutoff_at)
    pending = Payment.objects.create(
        order=unpaid,
        payer=unpaid.payer,
        provider="demo",
        out_trade_no="1" * 32,
        amount_fen=unpaid.total_fen,
        created_at=unpaid.placed_at,
    )
    born(PAYMENT, ids=[pending.pk], state=pending.state, now=unpaid.placed_at)

    def paid() -> None:
        payments.payment_apply(
            out_trade_no="1" * 32, transaction_id="42", amount_fen=unpaid.total_fen, paid_at=unpaid.placed_at
        )

    seam = after(monkeypatch, cutoff, "move_where", paid)

    campaign_freeze(campaign_id=w.campaign.pk)

    assert seam.join() is None
    assert seam.blocked
    assert Order.objects.get().state == OrderState.CANCELLED
    assert (Refund.objects.get().reason, Refund.objects.get().amount_fen) == ("late_payment", 399)
    assert_books()


def test_money_that_came_just_before_the_freeze_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    unpaid = order(w)
    campaign_close(campaign_id=w.campaign.pk, early=True)
    Order.objects.update(pay_by=w.campaign.cutoff_at)
    seam = before(monkeypatch, cutoff, "_cancel_unpaid", lambda: pay(order=unpaid))

    campaign_freeze(campaign_id=w.campaign.pk)

    seam.join()
    assert not seam.blocked
    assert Order.objects.get().state == OrderState.ACCEPTED
    assert_books()
