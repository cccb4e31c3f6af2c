"""Pieces of work that may die in the middle, each with the one effect that it must have in the end."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from fulfillment.models import Pickup, PickupEvent, PickupItem
from fulfillment.services.pick_close import pick_close_once
from fulfillment.services.shortages import shortage_record
from groupbuy.domain.words import RefundReason
from groupbuy.kernel import clock
from groupbuy.models import Campaign, LedgerEntry, LedgerLeg, Message, Offer, Order, OrderLine, OrderOutcome, Refund
from groupbuy.services import payments
from groupbuy.services.cutoff import campaign_close, campaign_freeze
from groupbuy.services.idempotency import Answer, run_once
from groupbuy.services.orders import order_cancel
from groupbuy.services.payments import payment_apply
from groupbuy.services.refunds import refund_request
from groupbuy.tasks import send_refunds
from leaders.models import CommissionEntry
from leaders.tasks import settle_commissions
from tests.faults.goods import arrived, collect
from tests.faults.ground import Ground, key, make_due
from tests.services.steps import build
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


def pick_close_case(ground: Ground) -> Case:
    """Of three tomatoes of one order one is missing: 399 fen go back, once, and the papers ask for two."""
    order = ground.order(ground.fresh().campaign, tomatoes=3)
    payment = ground.paid(order)
    wave = build(order.campaign)
    line = order.lines.get()
    picker = ground.world.picker
    shortage_record(wave_id=wave.pk, sku_id=line.sku_id, pieces=1, actor_id=picker.pk, uuid=uuid.uuid4())

    def fault() -> str:
        line.refresh_from_db()
        wave.refresh_from_db()
        told = Message.objects.filter(outbox__topic="order.short").count()
        found = (line.short, ground.refunded_at_provider(payment), wave.paper_version, told)
        return differs(found, (1, [399], 2, 1))

    act = partial(pick_close_once, wave_id=wave.pk)
    return Case(act, fault, act)


def pickup_case(ground: Ground) -> Case:
    """A phone hands three pieces out; without an answer it sends the same event again."""
    (line,) = arrived(ground, 1)
    event = uuid.uuid4()

    def fault() -> str:
        line.refresh_from_db()
        told = Message.objects.filter(outbox__topic="pickup.done").count()
        found = (line.collected, PickupEvent.objects.count(), PickupItem.objects.count(), told)
        return differs((*found, Pickup.objects.get().done_at is not None), (3, 1, 1, 1, True))

    act = partial(collect, ground, line, event=event)
    return Case(act, fault, act)


def earning_case(ground: Ground) -> Case:
    """One of three pieces, 1000 fen in all, is collected: 333 are earned, 10 % of it is the leader's."""
    (line,) = arrived(ground, 1, discount_fen=197)
    collect(ground, line, pieces=1)
    return Case(settle_commissions, partial(earned_fault, line, [(333, 33)]), settle_commissions)


def correcting_case(ground: Ground) -> Case:
    """The other two are refunded, 666 fen: the one that was kept turns out to have cost 334."""
    (line,) = arrived(ground, 1, discount_fen=197)
    collect(ground, line, pieces=1)
    settle_commissions()
    refund_request(order_id=line.order_id, pieces={line.pk: 2}, reason=RefundReason.OPERATOR, actor_id=None)
    return Case(settle_commissions, partial(earned_fault, line, [(333, 33), (1, 0)]), settle_commissions)


def earned_fault(line: OrderLine, wanted: list[tuple[int, int]]) -> str:
    """:param wanted: net sales and commission of each entry, in fen; the ledger must say the same."""
    entries = list(CommissionEntry.objects.filter(line=line).order_by("pk").values_list("base_fen", "amount_fen"))
    booked = {account: -sum(legs(account)) for account in ("earned", "commission_owed")}
    totals = {"earned": sum(base for base, _ in wanted), "commission_owed": sum(fen for _, fen in wanted)}
    return differs((entries, booked), (wanted, totals))


def legs(account: str) -> list[int]:
    return list(LedgerLeg.objects.filter(account=account).values_list("amount_fen", flat=True))


OPERATIONS: dict[str, Callable[[Ground], Case]] = {
    "order": order_case,
    "notice": notice_case,
    "close": close_case,
    "freeze": freeze_case,
    "refund request": request_case,
    "refund send": send_case,
    "pick close": pick_close_case,
    "pickup": pickup_case,
    "earning": earning_case,
    "correcting": correcting_case,
}
