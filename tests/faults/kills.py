"""A1, A19: death after every statement, commit and call of order, notice, cutoff and refund."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from django.db import transaction

from groupbuy.domain.words import RefundReason
from groupbuy.kernel import clock
from groupbuy.models import Campaign, LedgerEntry, Message, Offer, Order, OrderOutcome, Refund
from groupbuy.services import journal, payments
from groupbuy.services.cutoff import campaign_close, campaign_freeze
from groupbuy.services.idempotency import Answer, run_once
from groupbuy.services.orders import order_cancel
from groupbuy.services.payments import payment_apply
from groupbuy.services.refunds import refund_request
from groupbuy.tasks import send_refunds
from tests.faults.ground import Ground, broken, key, make_due, quiet
from tests.faults.killing import MOST_BOUNDARIES, dies
from tests.faults.rows import Run, Tier
from tests.world import close_and_freeze

Work = Callable[[], Any]


def nothing() -> None:
    pass


@dataclass(frozen=True)
class Case:
    """
    One piece of work that is about to die.

    :param again: what the one who got no answer does: the client or the provider repeats; a sweep needs nobody.
    :param fault: says how the end differs from the one effect that it must have had.
    """

    act: Work
    fault: Callable[[], str]
    again: Work = nothing


def differs(found: object, wanted: object) -> str:
    return "" if found == wanted else f"{found} instead of {wanted}"


def order_case(ground: Ground) -> Case:
    campaign, tried = ground.campaign(stock=10), key()

    def act() -> Answer:
        return run_once(
            actor_id=ground.world.shopper.pk,
            key=tried,
            request={"campaign": campaign.pk},
            work=lambda: Answer(201, ground.order(campaign).number),
        )

    def fault() -> str:
        sold = Offer.objects.get(campaign=campaign, sku__code="TOMATO").sold
        return differs((Order.objects.filter(campaign=campaign).count(), sold), (1, 2))

    return Case(act, fault, act)


def notice_case(ground: Ground) -> Case:
    payment = payments._pending(ground.order(ground.campaign()), "demo")
    act = partial(
        payment_apply,
        out_trade_no=payment.out_trade_no,
        transaction_id=f"42{payment.pk}",
        amount_fen=payment.amount_fen,
        paid_at=clock.now(),
    )

    def fault() -> str:
        booked = LedgerEntry.objects.filter(source_kind="payment", source_id=payment.pk).count()
        told = Message.objects.filter(outbox__topic="order.paid", body__contains=payment.order.number).count()
        return differs((Order.objects.get(payments=payment).state, booked, told), ("paid", 1, 1))

    return Case(act, fault, act)


def crowd(ground: Ground) -> Campaign:
    """A campaign due for its cutoff: two paid near, one unpaid, one being paid, one paid in a group too small."""
    campaign = ground.campaign(minimum=2)
    for far in (False, False, True):
        order = ground.order(campaign, far=far)
        payment = payments._pending(order, "demo")
        payment_apply(
            out_trade_no=payment.out_trade_no,
            transaction_id=f"42{payment.pk}",
            amount_fen=payment.amount_fen,
            paid_at=clock.now(),
        )
    ground.order(campaign)
    payments._pending(ground.order(campaign), "demo")
    make_due(campaign)
    return campaign


def crowds_fault(campaign: Campaign) -> str:
    kinds = sorted(OrderOutcome.objects.filter(campaign=campaign).values_list("kind", flat=True))
    refunds = list(Refund.objects.filter(order__campaign=campaign).values_list("amount_fen", flat=True))
    sold = Offer.objects.get(campaign=campaign, sku__code="TOMATO").sold
    wanted = (["accepted", "accepted", "cancelled", "cancelled", "refunded"], [798], 4)
    return differs((kinds, refunds, sold), wanted)


def halved_crowd(campaign: Campaign) -> str:
    """What is wrong with a cutoff whose work was committed in halves."""
    return halved(Case(nothing, partial(crowds_fault, campaign)))


def close_case(ground: Ground) -> Case:
    campaign = crowd(ground)
    return Case(partial(campaign_close, campaign_id=campaign.pk), partial(crowds_fault, campaign))


def freeze_case(ground: Ground) -> Case:
    campaign = crowd(ground)
    campaign_close(campaign_id=campaign.pk)
    return Case(partial(campaign_freeze, campaign_id=campaign.pk), partial(crowds_fault, campaign))


def request_case(ground: Ground) -> Case:
    campaign, tried = ground.campaign(), key()
    order = ground.order(campaign, tomatoes=3)
    payment = ground.paid(order)
    close_and_freeze(campaign=campaign)
    pieces = {order.lines.get().pk: 1}

    def act() -> Answer:
        return run_once(actor_id=ground.world.staff.pk, key=tried, request={"order": order.pk}, work=refund)

    def refund() -> Answer:
        made = refund_request(order_id=order.pk, pieces=pieces, reason=RefundReason.OPERATOR, actor_id=None)
        return Answer(201, made.out_refund_no)

    return Case(act, lambda: differs(ground.refunded_at_provider(payment), [399]), act)


def send_case(ground: Ground) -> Case:
    order = ground.order(ground.campaign())
    payment = ground.paid(order)
    order_cancel(order=order, actor=ground.world.shopper)
    refund = Refund.objects.get(order=order)

    def fault() -> str:
        refund.refresh_from_db()
        return differs((ground.refunded_at_provider(payment), refund.state), ([798], "succeeded"))

    return Case(send_refunds, fault)


OPERATIONS: dict[str, Callable[[Ground], Case]] = {
    "order": order_case,
    "notice": notice_case,
    "close": close_case,
    "freeze": freeze_case,
    "refund request": request_case,
    "refund send": send_case,
}


def after_every_boundary(run: Run) -> None:
    """A1. ``tries`` is how many times the whole set of boundaries is walked."""
    for _ in range(run.tries):
        for name, prepare in OPERATIONS.items():
            last = walk(run, name, prepare)
            controls(run, prepare, last)


def walk(run: Run, name: str, prepare: Callable[[Ground], Case]) -> int:
    """Kill after boundary 1, 2, … until the work gets through; return how many there are."""
    for at in range(1, MOST_BOUNDARIES):
        case = prepare(run.ground)
        killed = dies(case.act, at=at)
        fault = ends_badly(case)
        run.tally.guarded(fault and f"{name}, killed after boundary {at}: {fault}")
        if not killed:
            return at - 1
    raise AssertionError(f"{name} has more than {MOST_BOUNDARIES} boundaries")


def ends_badly(case: Case) -> str:
    case.again()
    return quiet() or case.fault() or broken()


def controls(run: Run, prepare: Callable[[Ground], Case], last: int) -> None:
    """The same with a commit before the death: work that is not one transaction leaves a half behind."""
    tried = range(1, last + 1) if run.tier == Tier.FULL else sorted(run.draw.sample(range(1, last + 1), 3))
    for at in tried:
        case = prepare(run.ground)
        dies(case.act, at=at, split=True)
        fault = halved(case)
        run.tally.control(fault)
        if fault:
            run.ground.fresh()


def halved(case: Case) -> str:
    """Half a piece of work may also make the repetition fail."""
    try:
        return ends_badly(case)
    except Exception as error:  # noqa: BLE001 -- whatever it is, the control has fired
        return type(error).__name__


def before_on_commit(run: Run) -> None:
    """A19: the commit is there, the process dies before its hooks; the message comes from the outbox."""
    last = boundaries(run.ground)
    for _ in run.each():
        case = notice_case(run.ground)
        assert dies(case.act, at=last)
        run.tally.guarded(quiet() or case.fault() or broken())
    for _ in range(3):
        case = notice_case(run.ground)
        dies(partial(told_on_commit, case.act), at=last - 1)
        run.tally.control(quiet() or case.fault())
    run.ground.fresh()


def boundaries(ground: Ground) -> int:
    """Count the boundaries of the notice; the last one is its commit."""
    at = 1
    while dies(notice_case(ground).act, at=at):
        at += 1
    quiet()
    return at - 1


def told_on_commit(act: Work) -> None:
    """Tell by a hook of the commit instead of a row that is committed with the fact."""
    told = journal.tell

    def tell(**facts: Any) -> None:
        transaction.on_commit(partial(told, **facts))

    cast("Any", journal).tell = tell
    act()
