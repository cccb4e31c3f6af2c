"""B5 to B8: notices that never come, money too late or twice, refunds through a failing provider; its ledger judges."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from groupbuy.domain.words import RefundReason
from groupbuy.models import Campaign, Order, Payment, Refund
from groupbuy.providers.payment import RefundState, RefundStatus
from groupbuy.services import payments, refunds
from groupbuy.services.orders import order_cancel
from groupbuy.services.payments import payment_query, payment_start
from groupbuy.services.refunds import refund_request
from groupbuy.tasks import query_payments
from tests.faults.ground import Ground, bring_forward, broken, make_due, quiet
from tests.faults.rows import Run
from tests.faults.seams import provider_through, replaced
from tests.world import close_and_freeze

BATCH = 100
MOST_CONTROLS = 100
FAULTY = {
    "refund_error_rate": 0.1,
    "refund_limit_rate": 0.1,
    "refund_lost_answer_rate": 0.1,
    "refund_timeout_rate": 0.1,
    "hang_s": 0.05,
}
HEALTHY = dict.fromkeys(FAULTY, 0.0) | {"hang_s": 12.0}


def judged(ground: Ground, payment: Payment) -> str:
    """The provider's ledger and ours agree: money is held for an order that has it, else it went back once, whole."""
    order = Order.objects.get(payments=payment)
    payment.refresh_from_db()
    back = ground.refunded_at_provider(payment)
    kept = payment.counts and order.state in ("paid", "accepted")
    return "" if back == ([] if kept else [payment.amount_fen]) else f"{order.state}, gave back {back}"


def swallowed_notices(run: Run) -> None:
    """B5: three notices in ten are never sent; asking the provider finds their money."""
    for size in run.batches(BATCH):
        with swallowing(run.ground, run.draw.randrange(2**31)):
            found = paid_somehow(run.ground, size)
        bring_forward()
        query_payments()
        for payment in found:
            run.tally.guarded(unheard(payment))
    while not run.tally.control_broken and run.tally.control_tries < MOST_CONTROLS:
        with swallowing(run.ground, run.draw.randrange(2**31)):
            found = paid_somehow(run.ground, 10)
        for payment in found:  # nobody asks
            run.tally.control(unheard(payment))
    run.tally.guarded(quiet() or broken())


@contextmanager
def swallowing(ground: Ground, seed: int) -> Iterator[None]:
    """Let the provider never send three notices in ten."""
    assert ground.web
    ground.provider.judge("faults", notice_swallow_rate=0.3, seed=seed)
    yield
    ground.provider.judge("faults", notice_swallow_rate=0.0)


def paid_somehow(ground: Ground, number: int) -> list[Payment]:
    campaign = ground.campaign()
    found = [ground.announce(ground.order(campaign)) for _ in range(number)]
    for payment in found:
        ground.pay(payment, notify=True)
    return found


def unheard(payment: Payment) -> str:
    state = Order.objects.get(payments=payment).state
    return "" if state == "paid" else f"paid at the provider, {state} in our books"


def late_payments(run: Run) -> None:
    """B6: the money comes after the cancelling, after the freeze, or between the last question and the closing."""
    kinds = (paid_after_cancel, paid_after_freeze, paid_before_close)
    for number in run.each():
        payment = kinds[number % 3](run.ground)
        run.tally.guarded(quiet() or judged(run.ground, payment) or broken())
    with replaced(refunds, "refund_payment", lambda *_, **__: None):
        for kind in (paid_after_cancel, paid_after_freeze):
            payment = kind(run.ground)
            quiet(passes=2)
            run.tally.control(judged(run.ground, payment))
    run.ground.fresh()


def paid_after_cancel(ground: Ground) -> Payment:
    order = ground.order(ground.campaign())
    payment = ground.announce(order)
    order_cancel(order=order, actor=ground.world.shopper)
    ground.pay(payment)
    return payment


def paid_after_freeze(ground: Ground) -> Payment:
    """The freeze closes the trade at the provider, unless the provider is down just then."""
    campaign = ground.campaign()
    payment = ground.announce(ground.order(campaign))
    ground.provider.judge("faults", api_error_rate=1.0)
    make_due(campaign)
    close_and_freeze(campaign=campaign)
    ground.provider.judge("faults", api_error_rate=0.0)
    ground.pay(payment)
    return payment


def paid_before_close(ground: Ground) -> Payment:
    """The expiring closes a trade that has been paid a moment ago: the provider answers ORDERPAID."""
    campaign = ground.campaign()
    payment = ground.announce(ground.order(campaign))
    ground.pay(payment)
    make_due(campaign)
    return payment


def double_payments(run: Run) -> None:
    """B7: two trades for one order are both paid; one counts, the other goes back."""
    for number in run.each():
        both = paid_twice(run.ground)
        for payment in both if number % 2 else reversed(both):
            payment_query(payment_id=payment.pk)
        run.tally.guarded(quiet() or twice(run.ground, both) or broken())
    with replaced(refunds, "refund_payment", lambda *_, **__: None):
        both = paid_twice(run.ground)
        for payment in both:
            payment_query(payment_id=payment.pk)
        run.tally.control(twice(run.ground, both))
    run.ground.fresh()


def paid_twice(ground: Ground) -> list[Payment]:
    order = ground.order(ground.campaign())
    first = ground.announce(order)
    payments._closed(first)  # given up by us and not by the provider
    second = payment_start(order=order, payer=order.payer, payer_ref="openid-shopper")[0]
    for payment in (first, second):
        ground.pay(payment)
    return [first, second]


def twice(ground: Ground, both: list[Payment]) -> str:
    backs = sorted(ground.refunded_at_provider(payment) for payment in both)
    return "" if backs == [[], [798]] else f"gave back {backs}"


def failing_refunds(run: Run) -> None:
    """B8: two calls in five fail before or after the provider has acted; whole and partial refunds, exact to the fen."""
    for size in run.batches(BATCH):
        found = promised(run, size)
        run.ground.provider.judge("faults", **FAULTY, seed=run.draw.randrange(2**31))
        stuck = quiet(passes=60)
        run.ground.provider.judge("faults", **HEALTHY)
        for payment, fen in found:
            run.tally.guarded(stuck or given_back(run.ground, payment, fen))
    run.tally.guarded(broken())
    with provider_through(Renumbered):
        found = promised(run, 4)
        run.ground.provider.judge("faults", refund_lost_answer_rate=0.8)
        quiet(passes=6)
        run.ground.provider.judge("faults", **HEALTHY)
        for payment, fen in found:
            run.tally.control(given_back(run.ground, payment, fen))
    run.ground.fresh()


def promised(run: Run, number: int) -> list[tuple[Payment, int]]:
    """Promise a refund for each of ``number`` paid orders: the whole order before the cutoff, or a piece after it."""
    campaign: Campaign = run.ground.campaign()
    found = []
    for _ in range(number):
        order = run.ground.order(campaign, tomatoes=3)
        found.append((order, run.ground.paid(order), run.draw.choice([1, 3])))
    for order, _, pieces in found:
        if pieces == 3:
            order_cancel(order=order, actor=run.ground.world.shopper)
    close_and_freeze(campaign=campaign)
    for order, _, pieces in found:
        if pieces == 1:
            refund_request(
                order_id=order.pk, pieces={order.lines.get().pk: 1}, reason=RefundReason.OPERATOR, actor_id=None
            )
    return [(payment, 399 * pieces) for _, payment, pieces in found]


def given_back(ground: Ground, payment: Payment, fen: int) -> str:
    back = ground.refunded_at_provider(payment)
    booked = list(Refund.objects.filter(payment=payment).values_list("amount_fen", "state"))
    agree = (back, booked) == ([fen], [(fen, "succeeded")])
    return "" if agree else f"{fen} fen promised, gave back {back}, booked {booked}"


class Renumbered:
    """A client that gives every try a number of its own, and so cannot ask about the one before."""

    def __init__(self, provider: Any) -> None:
        self._provider = provider

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    def query_refund(self, *, out_refund_no: str) -> RefundStatus:
        return RefundStatus(RefundState.ABSENT, out_refund_no)

    def refund(self, *, out_refund_no: str, **wanted: Any) -> Any:
        send = partial(self._provider.refund, **wanted)
        return send(out_refund_no=uuid.uuid4().hex)
