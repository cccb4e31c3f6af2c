"""B13: anything in any order, compared after every step with the plain model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import hypothesis
from django.db.models import Sum
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from groupbuy.domain.words import RefundReason
from groupbuy.kernel import clock
from groupbuy.kernel.errors import DomainError
from groupbuy.models import Offer, Order, OrderOutcome, Payment
from groupbuy.services import payments, refunds, stock
from groupbuy.services.orders import order_cancel
from groupbuy.services.refunds import refund_request
from tests.faults.ground import Ground, broken, quiet
from tests.faults.model import Model, ModelOrder
from tests.faults.rows import Run, Tier
from tests.faults.seams import replaced
from tests.world import close_and_freeze, place

STOCK, LIMIT, MINIMUM = 10, 2, 2
FRESH_EVERY, BOOKS_EVERY = 25, 5
SKU = {"tomatoes": "TOMATO", "eggs": "EGGS"}
which = st.integers(0, 30)


def verdict(work: Callable[[], Any]) -> str:
    try:
        work()
    except DomainError as error:
        return type(error).__name__
    return ""


class Line(RuleBasedStateMachine):
    """One campaign from opening to freeze, and what comes after. ``runs`` counts the histories tried."""

    ground: ClassVar[Ground]
    runs: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).runs += 1
        if self.runs % FRESH_EVERY == 0:
            self.ground.fresh()
        self.campaign = self.ground.campaign(stock=STOCK, minimum=MINIMUM)
        self.offers = {offer.sku.code: offer for offer in self.campaign.offers.select_related("sku")}
        self.model = Model(STOCK, LIMIT, MINIMUM)
        self.orders: list[Order] = []

    def chosen(self, number: int) -> tuple[Order, ModelOrder]:
        at = number % len(self.orders)
        return self.orders[at], self.model.orders[at]

    def agree(self, found: str, wanted: str) -> None:
        """Compare the verdicts, then everything that the model knows."""
        assert found == wanted, f"{found or 'done'} instead of {wanted or 'done'}"
        rows = Order.objects.filter(campaign=self.campaign).order_by("pk").annotate(back=Sum("refunds__amount_fen"))
        assert [(row.state, row.back or 0) for row in rows] == [(o.state, o.back_fen) for o in self.model.orders]
        for name, code in SKU.items():
            assert Offer.objects.get(pk=self.offers[code].pk).sold == self.model.sold(name)

    @rule(far=st.booleans(), tomatoes=st.integers(0, 4), eggs=st.integers(0, 2))
    def order(self, far: bool, tomatoes: int, eggs: int) -> None:
        group = self.campaign.groups.get(point=self.ground.world.far if far else self.ground.world.near)
        wanted = {self.offers["TOMATO"]: tomatoes, self.offers["EGGS"]: eggs}
        quantities = {offer: quantity for offer, quantity in wanted.items() if quantity}

        def act() -> None:
            self.orders.append(place(shopper=self.ground.world.shopper, group=group, quantities=quantities))

        self.agree(verdict(act), self.model.place(far=far, tomatoes=tomatoes, eggs=eggs))

    @precondition(lambda self: self.orders)
    @rule(number=which)
    def announce(self, number: int) -> None:
        order, expected = self.chosen(number)
        self.agree(verdict(lambda: payments._pending(order, "demo")), self.model.announce(expected))

    @precondition(lambda self: self.orders)
    @rule(number=which)
    def receive(self, number: int) -> None:
        order, expected = self.chosen(number)
        payment = Payment.objects.filter(order=order).first()

        def act() -> None:
            payments.payment_apply(
                out_trade_no=payment.out_trade_no if payment else "nobody knows it",
                transaction_id=f"42{order.pk}",
                amount_fen=order.total_fen,
                paid_at=clock.now() if order.state == "placed" else order.placed_at,
            )

        order.refresh_from_db()
        self.agree(verdict(act), self.model.receive(expected))

    @precondition(lambda self: self.orders)
    @rule(number=which)
    def cancel(self, number: int) -> None:
        order, expected = self.chosen(number)
        self.agree(
            verdict(lambda: order_cancel(order=order, actor=self.ground.world.shopper)), self.model.cancel(expected)
        )

    @precondition(lambda self: self.orders)
    @rule(number=which)
    def expire(self, number: int) -> None:
        order, expected = self.chosen(number)
        Order.objects.filter(pk=order.pk).update(pay_by=clock.now())
        self.agree(verdict(lambda: payments.order_expire(order_id=order.pk)), self.model.expire(expected))

    @precondition(lambda self: len(self.orders) > 3)
    @rule()
    def freeze(self) -> None:
        self.agree(verdict(lambda: close_and_freeze(campaign=self.campaign)), self.model.freeze())
        outcomes = sorted(OrderOutcome.objects.filter(campaign=self.campaign).values_list("kind", flat=True))
        assert outcomes == sorted(order.state for order in self.model.orders)

    @precondition(lambda self: self.orders)
    @rule(number=which, name=st.sampled_from(sorted(SKU)), pieces=st.integers(1, 2))
    def refund(self, number: int, name: str, pieces: int) -> None:
        order, expected = self.chosen(number)
        line = order.lines.filter(sku__code=SKU[name]).first()
        if line is None:
            return

        def act() -> None:
            refund_request(order_id=order.pk, pieces={line.pk: pieces}, reason=RefundReason.OPERATOR, actor_id=None)

        self.agree(verdict(act), self.model.refund(expected, name, pieces))

    @rule()
    def sweep(self) -> None:
        quiet(passes=1)
        self.agree("", "")

    def teardown(self) -> None:
        if self.runs % BOOKS_EVERY == 0:
            found = broken()
            assert not found, found


def against_the_model(run: Run) -> None:
    """``tries`` histories; quick ones have 20 steps, the others 40."""
    steps = 20 if run.tier == Tier.QUICK else 40
    fault = differs_from_model(run, run.tries, steps)
    run.tally.tries += Line.runs - 1
    run.tally.guarded(fault)
    for holder, name in ((stock, "give_back"), (refunds, "refund_payment")):
        with replaced(holder, name, lambda *_, **__: None):
            run.tally.control(differs_from_model(run, 50, steps))
        run.ground.fresh()


def differs_from_model(run: Run, histories: int, steps: int) -> str:
    """Return the difference that was found, or nothing."""
    Line.ground, Line.runs = run.ground, 0
    seeded = hypothesis.seed(run.draw.randrange(2**32))(Line)
    how = settings(
        max_examples=histories,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    try:
        run_state_machine_as_test(seeded, settings=how)
    except Exception as error:  # noqa: BLE001 -- whatever it is, product and model differ
        return f"{type(error).__name__}: {error}"[:300]
    return ""
