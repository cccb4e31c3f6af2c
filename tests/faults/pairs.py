"""B10: two that must not both win meet behind a barrier."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from fulfillment.models import Pickup
from fulfillment.services import pickups
from groupbuy.domain.words import RefundReason
from groupbuy.kernel import clock
from groupbuy.kernel.db import rows
from groupbuy.models import Group, Offer, OrderLine, OrderOutcome, Refund
from groupbuy.services import campaign_lock, cutoff, order_terms, payments
from groupbuy.services.offer_changes import offer_change, terms_of
from groupbuy.services.order_terms import LineWanted
from groupbuy.services.orders import order_cancel, order_place
from groupbuy.services.payments import payment_apply
from groupbuy.services.refunds import refund_request
from leaders.models import CommissionEntry
from leaders.selectors import due
from leaders.services import commission
from leaders.services.commission import commission_accrue, commission_correct
from tests.concurrency.races import Work, after, at_once
from tests.concurrency.test_pickup import collect_without_looking
from tests.faults.cases import differs
from tests.faults.goods import arrived, collect
from tests.faults.ground import broken
from tests.faults.races import outright
from tests.faults.rows import FRESH_EVERY, Run
from tests.faults.seams import replaced, without_constraint
from tests.services.steps import hand_out
from tests.world import close_and_freeze, pay


def pairs(run: Run) -> None:
    """B10: each pair meets behind a barrier; one wins, and the money agrees."""
    for size in run.batches(FRESH_EVERY):
        run.ground.fresh()
        for _ in range(size):
            cancel_and_pay(run)
            cancel_and_cutoff(run)
            lowered_limit_and_order(run)
        for line in arrived(run.ground, size):
            refund_and_pickup(run, line)
            settlement_and_settlement(run, line)
        run.tally.guarded(broken())
    for control in (stray, passed_limit, handed_out_twice, settled_twice):
        control(run)


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


def lowered_limit_and_order(run: Run) -> None:
    """An operator lets one shopper have one box of eggs while he orders two."""
    offer = run.ground.campaign().offers.get(sku__code="EGGS")
    works: list[Work] = [partial(lower_limit, run, offer), partial(order_two, run, offer)]
    run.draw.shuffle(works)
    outcomes = at_once(works)
    offer.refresh_from_db()
    end = (offer.per_shopper, offer.sold)
    fault = "" if end in [(1, 0), (2, 2)] else f"lowered limit and order: limit, sold {end}"
    run.tally.guarded(outright(outcomes) or fault or broken())


def lower_limit(run: Run, offer: Offer) -> None:
    terms = replace(terms_of(offer), per_shopper=1)
    offer_change(offer_id=offer.pk, terms=terms, reason="货不够", actor_id=run.ground.world.staff.pk)


def order_two(run: Run, offer: Offer) -> None:
    group = offer.campaign.groups.get(point=run.ground.world.near)
    order_place(shopper=run.ground.world.shopper, group_id=group.public_id, lines=[LineWanted(offer.public_id, 2)])


def refund_and_pickup(run: Run, line: OrderLine) -> None:
    back = partial(
        refund_request, order_id=line.order_id, pieces={line.pk: 3}, reason=RefundReason.OPERATOR, actor_id=None
    )
    works: list[Work] = [back, partial(collect, run.ground, line)]
    run.draw.shuffle(works)
    outcomes = at_once(works)
    line.refresh_from_db()
    end = (line.collected, line.refunded)
    run.tally.guarded(outright(outcomes) or ("" if end in [(3, 0), (0, 3)] else f"refund and pickup: {end}"))


def settlement_and_settlement(run: Run, line: OrderLine) -> None:
    """What was collected or refunded is settled by two at once: one commission, or none."""
    outcomes = settle_twice()
    wanted = [(1197, 120)] if line.collected else []
    run.tally.guarded(outright(outcomes) or differs(earned_of(line), wanted))


def settle_twice() -> list[Any]:
    earn = partial(commission_accrue, item_ids=due.items_to_book())
    correct = partial(commission_correct, refund_line_ids=due.refund_lines_to_correct())
    return at_once([earn, earn, correct, correct])


def earned_of(line: OrderLine) -> list[tuple[int, int]]:
    return list(CommissionEntry.objects.filter(line=line).values_list("base_fen", "amount_fen"))


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


def passed_limit(run: Run) -> None:
    """Without its gate the new limit misses an order that is inside."""
    offer = run.ground.fresh().eggs
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(campaign_lock, "close_gate", lambda *_: None)
        seam = after(patch, order_terms, "_offers", partial(lower_limit, run, offer))
        order_two(run, offer)
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


def settled_twice(run: Run) -> None:
    """Where taking an item asks nobody whether it was taken, only the entry's own key stops the second settlement."""
    (line,) = arrived(run.ground, 1)
    collect(run.ground, line)

    def take(*, item_ids: list[int], now: object) -> list[dict[str, int]]:
        return rows("SELECT id, line_id, quantity FROM fulfillment_pickupitem WHERE id = ANY(%s)", [item_ids])

    with replaced(commission, "items_take", take):
        run.tally.control(outright(settle_twice()))
    run.ground.fresh()
