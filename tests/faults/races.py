"""A14 to A17: the same work by several at once, late, or beside a row that always fails."""

from __future__ import annotations

import datetime as dt
from contextlib import nullcontext
from functools import partial
from typing import Any

import pytest

from groupbuy.domain.states import PAYMENT
from groupbuy.domain.words import RefundReason
from groupbuy.kernel import clock
from groupbuy.kernel.db import rows
from groupbuy.kernel.db import run as execute
from groupbuy.kernel.errors import DomainError
from groupbuy.kernel.transition import born
from groupbuy.models import Campaign, Order, Payment, SweepFailure
from groupbuy.selectors import due
from groupbuy.services import cutoff, sweeping
from groupbuy.services.orders import order_cancel
from groupbuy.services.refunds import refund_request
from groupbuy.tasks import SWEEPS, close_due_campaigns, freeze_closed_campaigns, query_payments, send_refunds
from tests.concurrency.races import at_once
from tests.faults.cases import crowd, crowds_fault, differs
from tests.faults.ground import Ground, bring_forward, broken, quiet
from tests.faults.money import Renumbered
from tests.faults.rows import Run
from tests.faults.seams import provider_through, replaced
from tests.world import close_and_freeze

WORKERS = 4


def outright(outcomes: list[Any]) -> str:
    """Name the outcomes that are neither a result nor a verdict of ours."""
    bad = [o for o in outcomes if isinstance(o, Exception) and not isinstance(o, DomainError)]
    return ", ".join(f"{type(error).__name__}: {error}" for error in bad)[:200]


def failures() -> str:
    return ", ".join(SweepFailure.objects.values_list("last_error", flat=True))[:200]


def beats(run: Run) -> None:
    """A14: two beats send every sweep twice at once; and after three dead hours the backlog is found by state."""
    for _ in run.each():
        campaign = crowd(run.ground)
        run.ground.paid(cancelled := run.ground.order(run.ground.campaign()))
        order_cancel(order=cancelled, actor=run.ground.world.shopper)
        long_due(campaign)
        tick = [partial(each) for each in SWEEPS for _ in range(2)]
        outcomes = at_once(tick)
        run.tally.guarded(outright(outcomes) or failures() or quiet() or crowds_fault(campaign) or broken())
    campaign = crowd(run.ground)
    long_due(campaign)
    with replaced(due, "campaigns_to_close", within_the_hour):
        quiet()
    run.tally.control(crowds_fault(campaign))


def long_due(campaign: Campaign) -> None:
    """Move a campaign and its orders three hours into the past, as if nothing had run since."""
    ago = dt.timedelta(hours=3)
    execute(
        "UPDATE groupbuy_campaign SET opens_at = opens_at - %s, cutoff_at = cutoff_at - %s WHERE id = %s",
        [ago, ago, campaign.pk],
    )
    execute(
        "UPDATE groupbuy_order SET placed_at = placed_at - %s, pay_by = pay_by - %s WHERE campaign_id = %s",
        [ago, ago, campaign.pk],
    )


def within_the_hour(skip: Any) -> list[int]:
    """A sweep that looks back an hour and no further."""
    found = rows(
        "SELECT id FROM groupbuy_campaign WHERE state = 'open' AND cutoff_at <= groupbuy_now()"
        " AND cutoff_at > groupbuy_now() - interval '1 hour'"
    )
    return [row["id"] for row in found]


def several_workers(run: Run) -> None:
    """A15: four workers close and freeze the same campaign."""
    for _ in run.each():
        campaign = crowd(run.ground)
        outcomes = at_once([close_and_freeze_due] * WORKERS)
        run.tally.guarded(outright(outcomes) or failures() or quiet() or crowds_fault(campaign) or broken())
    for _ in range(3):
        campaign = crowd(run.ground)
        cutoff.campaign_close(campaign_id=campaign.pk)
        cutoff._cancel_unpaid(campaign.pk)
        with replaced(Campaign.objects, "select_for_update", lambda **_: Campaign.objects):
            run.tally.control(outright(at_once([partial(cutoff._settle, campaign.pk)] * WORKERS)))
        run.ground.fresh()


def close_and_freeze_due() -> None:
    close_due_campaigns()
    freeze_closed_campaigns()


def redelivered(run: Run) -> None:
    """A16: one message five times at once; the provider refunds once."""
    for _ in run.each():
        order, payment = cancelled_paid(run.ground)
        outcomes = at_once([send_refunds] * 5)
        stuck = outright(outcomes) or failures() or quiet()
        run.tally.guarded(stuck or differs(run.ground.refunded_at_provider(payment), [798]) or broken())
    with provider_through(Renumbered):
        campaign = run.ground.campaign()
        order = run.ground.order(campaign, tomatoes=3)
        payment = run.ground.paid(order)
        close_and_freeze(campaign=campaign)
        pieces = {order.lines.get().pk: 1}
        refund_request(order_id=order.pk, pieces=pieces, reason=RefundReason.OPERATOR, actor_id=None)
        for _ in range(3):
            bring_forward()
            send_refunds()
        run.tally.control(differs(run.ground.refunded_at_provider(payment), [399]))
    run.ground.fresh()


def cancelled_paid(ground: Ground) -> tuple[Order, Payment]:
    order = ground.order(ground.campaign())
    payment = ground.paid(order)
    order_cancel(order=order, actor=ground.world.shopper)
    return order, payment


def poisoned(run: Run) -> None:
    """A17: a row that always fails is parked after five tries; the others behind it go on at once."""
    for _ in run.count():
        run.ground.fresh()
        poison, good = poison_and_good(run.ground)
        query_payments()
        at_once_fault = differs(Order.objects.get(payments=good).state, "paid")
        for _ in range(6):
            bring_forward()
            query_payments()
        parked = list(SweepFailure.objects.values_list("subject_id", "tries", "parked"))
        run.tally.guarded(at_once_fault or differs(parked, [(poison.pk, 5, True)]) or broken())
    run.ground.fresh()
    _, good = poison_and_good(run.ground)
    with replaced(sweeping, "survive", lambda *_: nullcontext()), pytest.raises(KeyError):
        query_payments()
    run.tally.control(differs(Order.objects.get(payments=good).state, "paid"))
    run.ground.fresh()


def poison_and_good(ground: Ground) -> tuple[Payment, Payment]:
    """A payment of a provider that there is not, and behind it one that the provider knows to be paid."""
    campaign = ground.campaign()
    order = ground.order(campaign)
    poison = Payment.objects.create(
        order=order,
        payer=order.payer,
        provider="wechat",
        out_trade_no="poison",
        amount_fen=order.total_fen,
        created_at=order.placed_at,
        next_query_at=order.placed_at,
    )
    Payment.objects.filter(pk=poison.pk).update(provider="nobody")
    born(PAYMENT, ids=[poison.pk], state=poison.state, now=order.placed_at)
    good = ground.announce(ground.order(campaign))
    ground.pay(good)
    Payment.objects.filter(pk=good.pk).update(next_query_at=clock.now())
    return poison, good
