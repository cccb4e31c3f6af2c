"""A14 to A17 and B10: the same work by several at once, late, or beside a row that always fails."""

from __future__ import annotations

import datetime as dt
import uuid
from contextlib import nullcontext
from functools import partial
from typing import Any

import pytest

from fulfillment.models import Pickup
from fulfillment.services import pickups
from groupbuy.domain.states import PAYMENT
from groupbuy.domain.words import RefundReason
from groupbuy.kernel import clock
from groupbuy.kernel.db import rows
from groupbuy.kernel.db import run as execute
from groupbuy.kernel.errors import DomainError
from groupbuy.kernel.transition import born
from groupbuy.models import Campaign, Group, Order, OrderLine, OrderOutcome, Payment, Refund, SweepFailure
from groupbuy.selectors import due
from groupbuy.services import cutoff, order_terms, payments, sweeping
from groupbuy.services.order_terms import LineWanted
from groupbuy.services.orders import order_cancel, order_place
from groupbuy.services.payments import payment_apply
from groupbuy.services.refunds import refund_request
from groupbuy.tasks import SWEEPS, close_due_campaigns, freeze_closed_campaigns, query_payments, send_refunds
from tests.concurrency.races import Work, after, at_once
from tests.concurrency.test_pickup import collect_without_looking
from tests.faults.ground import Ground, bring_forward, broken, quiet
from tests.faults.kills import crowd, crowds_fault, differs
from tests.faults.money import Renumbered
from tests.faults.rows import Run
from tests.faults.seams import provider_through, replaced, without_constraint
from tests.services.steps import bring, build, hand_out
from tests.world import close_and_freeze, pay

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
    for _ in range(run.tries):
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


def pairs(run: Run) -> None:
    """B10: each pair meets behind a barrier; one wins, and the money agrees."""
    for _ in run.each():
        cancel_and_pay(run)
        cancel_and_cutoff(run)
    refund_and_pickup(run)
    stray(run)
    handed_out_twice(run)


def cancel_and_pay(run: Run) -> None:
    order = run.ground.order(run.ground.campaign())
    payment = payments._pending(order, "demo")
    notice = partial(
        payment_apply,
        out_trade_no=payment.out_trade_no,
        transaction_id=f"42{payment.pk}",
        amount_fen=payment.amount_fen,
        paid_at=clock.now(),
    )
    works: list[Work] = [notice, partial(order_cancel, order=order, actor=run.ground.world.shopper)]
    run.draw.shuffle(works)
    outcomes = at_once(works)
    order.refresh_from_db()
    end = (order.state, list(Refund.objects.filter(order=order).values_list("reason", "amount_fen")))
    ends = [("refunded", [("shopper_cancelled", 798)]), ("cancelled", [("late_payment", 798)])]
    run.tally.guarded(outright(outcomes) or ("" if end in ends else f"cancel and pay: {end}") or broken())


def cancel_and_cutoff(run: Run) -> None:
    campaign = run.ground.campaign()
    order = run.ground.order(campaign)
    pay(order=order)
    works: list[Work] = [
        partial(close_and_freeze, campaign=campaign),
        partial(order_cancel, order=order, actor=order.shopper),
    ]
    run.draw.shuffle(works)
    outcomes = at_once(works)
    order.refresh_from_db()
    end = (order.state, OrderOutcome.objects.get(order=order).kind, Refund.objects.filter(order=order).count())
    ends = [("refunded", "refunded", 1), ("accepted", "accepted", 0)]
    run.tally.guarded(outright(outcomes) or ("" if end in ends else f"cancel and cutoff: {end}") or broken())


def arrived(ground: Ground, number: int) -> list[OrderLine]:
    """Lines of three tomatoes each, at the pickup point; all are one pickup."""
    campaign = ground.fresh().campaign
    campaign.offers.update(stock=None)
    found = []
    for _ in range(number):
        order = ground.order(campaign, tomatoes=3)
        pay(order=order)
        found.append(order.lines.get())
    bring(build(campaign), point=ground.world.near, leader=ground.world.leader)
    return found


def refund_and_pickup(run: Run) -> None:
    for line in arrived(run.ground, run.tries):
        pickup = Pickup.objects.get()
        works: list[Work] = [
            partial(
                refund_request,
                order_id=line.order_id,
                pieces={line.pk: 3},
                reason=RefundReason.OPERATOR,
                actor_id=None,
            ),
            partial(hand_line_out, pickup, run.ground, line),
        ]
        run.draw.shuffle(works)
        outcomes = at_once(works)
        line.refresh_from_db()
        end = (line.collected, line.refunded)
        run.tally.guarded(outright(outcomes) or ("" if end in [(3, 0), (0, 3)] else f"refund and pickup: {end}"))
    run.tally.guarded(broken())


def hand_line_out(pickup: Pickup, ground: Ground, line: OrderLine) -> Any:
    return pickups.pickup_confirm(
        pickup=pickup, actor=ground.world.leader, event=uuid.uuid4(), pieces={line.public_id: 3}
    )


def stray(run: Run) -> None:
    """Without its gate the cutoff misses an order that is inside."""
    w = run.ground.fresh()
    group, offer = Group.objects.get(pk=w.group.pk), w.tomato
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cutoff, "close_gate", lambda *_: None)
        seam = after(patch, order_terms, "_open_group", partial(close_and_freeze, campaign=w.campaign))
        order_place(shopper=w.shopper, group_id=group.public_id, lines=[LineWanted(offer.public_id, 1)])
        seam.join()
    run.tally.control(broken())
    run.ground.fresh()


def handed_out_twice(run: Run) -> None:
    """Without guard and constraint two phones hand out the same pieces."""
    arrived(run.ground, 1)
    pickup, w = Pickup.objects.get(), run.ground.world
    with (
        without_constraint("groupbuy_orderline", "orderline_not_overcollected"),
        replaced(pickups, "lines_collect", collect_without_looking),
    ):
        at_once([partial(hand_out, pickup, actor=w.leader, pieces={"TOMATO": 3})] * 2)
        run.tally.control(broken())
    run.ground.fresh()
