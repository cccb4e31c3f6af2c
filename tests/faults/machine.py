"""B13: anything in any order, compared after every step with the plain model."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import hypothesis
from django.db.models import Sum
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from groupbuy.domain.words import PayBy, RefundReason
from groupbuy.kernel import clock
from groupbuy.kernel.errors import DomainError
from groupbuy.models import (
    Campaign,
    Coupon,
    Group,
    Offer,
    Order,
    OrderLine,
    Payment,
    PickupPoint,
    PointStaff,
    Refund,
    User,
)
from groupbuy.providers.credit import CREDIT
from groupbuy.selectors.credit import balance
from groupbuy.services import coupons, order_expiry, payments, refunds, stock
from groupbuy.services.campaign_changes import campaign_cancel, campaign_extend, offer_withdraw
from groupbuy.services.credit import credit_grant
from groupbuy.services.cutoff import campaign_close, campaign_freeze
from groupbuy.services.group_moves import group_move
from groupbuy.services.neighbours import Neighbour, neighbour_order
from groupbuy.services.order_amend import order_amend
from groupbuy.services.order_terms import LineWanted
from groupbuy.services.orders import order_cancel, order_place
from groupbuy.services.refunds import refund_request
from tests.faults.ground import Ground, broken, quiet
from tests.faults.model import COUPON_FEN, COUPON_FROM_FEN, SAVE_FEN, SPEND_FEN, Model, ModelOrder
from tests.faults.rows import Run, Tier
from tests.faults.seams import replaced
from tests.promotions import claimed, coupon_kind, spend_and_save
from tests.world import person

STOCK, LIMIT, MINIMUM, COUPONS = 10, 2, 2, 2
CREDIT_FEN = 5_000
BATCH, FRESH_EVERY, BOOKS_EVERY = 50, 25, 5
MOST_TOLD = 4_000
GUARDS = ((stock, "give_back"), (refunds, "refund_payment"), (coupons, "give_back"))
SKU = {"tomatoes": "TOMATO", "eggs": "EGGS"}
which = st.integers(0, 30)


def verdict(work: Callable[[], Any]) -> str:
    try:
        work()
    except DomainError as error:
        return type(error).__name__
    return ""


class Line(RuleBasedStateMachine):
    """One campaign from opening to its end, and what comes after. ``runs`` counts the histories tried."""

    ground: ClassVar[Ground]
    runs: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).runs += 1
        if self.runs % FRESH_EVERY == 0:
            self.ground.fresh()
        self.staff = self.ground.world.staff
        self.shopper = person(name="顾客", phone=f"139{self.runs:08d}")
        self.campaign = self.ground.campaign(stock=STOCK, minimum=MINIMUM)
        self.offers = {offer.sku.code: offer for offer in self.campaign.offers.select_related("sku")}
        spend_and_save(SPEND_FEN, SAVE_FEN, campaign=self.campaign)
        self.coupons(self.campaign.groups.get(point=self.ground.world.near))
        credit_grant(person=self.shopper, amount_fen=CREDIT_FEN, reason="补偿", actor_id=self.staff.pk)
        self.model = Model(STOCK, LIMIT, MINIMUM, COUPONS, CREDIT_FEN)
        self.orders: list[Order] = []

    def coupons(self, group: Group) -> None:
        kind = coupon_kind(COUPON_FEN, COUPON_FROM_FEN, total=COUPONS, per_shopper=COUPONS, group=group)
        for _ in range(COUPONS):
            claimed(kind, self.shopper, group)

    def chosen(self, number: int) -> tuple[Order, ModelOrder]:
        at = number % len(self.orders)
        return self.orders[at], self.model.orders[at]

    def agree(self, found: str, wanted: str) -> None:
        """Compare the verdicts, then everything that the model knows."""
        assert found == wanted, f"{found or 'done'} instead of {wanted or 'done'}"
        state = Campaign.objects.values_list("state", flat=True).get(pk=self.campaign.pk)
        assert state == self.model.state
        self.orders_agree()
        for name, code in SKU.items():
            assert Offer.objects.get(pk=self.offers[code].pk).sold == self.model.sold(name)
        assert Coupon.objects.filter(shopper=self.shopper, order=None).count() == self.model.coupons
        on_its_way = Refund.objects.filter(payment__provider=CREDIT, order__campaign=self.campaign, done_at=None)
        assert balance(self.shopper) + sum(each.amount_fen for each in on_its_way) == self.model.credit_fen

    def orders_agree(self) -> None:
        mine = Order.objects.filter(campaign=self.campaign).order_by("pk").annotate(back=Sum("refunds__amount_fen"))
        rows = list(mine.values_list("state", "total_fen", "back", "outcome__kind", "point__code"))
        ended = self.model.state in ("frozen", "cancelled")
        assert rows == [
            (
                order.state,
                order.total_fen,
                order.back_fen or None,
                order.state if ended else None,
                self.place_of(order.far)[0].code,
            )
            for order in self.model.orders
        ]
        lines = OrderLine.objects.filter(campaign=self.campaign).order_by("order_id", "offer_id")
        assert list(lines.values_list("net_fen", "refunded", "refunded_fen", "returned")) == [
            (line.net_fen, line.gone, line.back_fen, line.returned)
            for order in self.model.orders
            for line in order.lines.values()
        ]

    def place_of(self, far: bool) -> tuple[PickupPoint, User]:
        w = self.ground.world
        return (w.far, w.other_leader) if far else (w.near, w.leader)

    def group_of(self, far: bool) -> Group:
        point, leader = self.place_of(far)
        return self.campaign.groups.get(point=point, leader=leader)

    @rule(far=st.booleans(), neighbour=st.booleans(), tomatoes=st.integers(0, 4), eggs=st.integers(0, 2))
    def order(self, far: bool, neighbour: bool, tomatoes: int, eggs: int) -> None:
        group = self.group_of(far).public_id
        wanted = {"TOMATO": tomatoes, "EGGS": eggs}
        lines = [LineWanted(self.offers[code].public_id, pieces) for code, pieces in wanted.items() if pieces]
        if neighbour:
            who = Neighbour(phone=f"137{self.runs:08d}", name="邻居")
            ask = partial(neighbour_order, actor=self.place_of(far)[1], neighbour=who, pay_by=PayBy.LINK)
        else:
            ask = partial(order_place, shopper=self.shopper)

        def act() -> None:
            self.orders.append(ask(group_id=group, lines=lines))

        wanted_verdict = self.model.place(far=far, neighbour=neighbour, tomatoes=tomatoes, eggs=eggs)
        self.agree(verdict(act), wanted_verdict)

    @precondition(lambda self: self.orders)
    @rule(number=which)
    def announce(self, number: int) -> None:
        self.announced(*self.chosen(number))

    def announced(self, order: Order, expected: ModelOrder) -> None:
        self.agree(verdict(lambda: payments._pending(order, "demo")), self.model.announce(expected))

    @precondition(lambda self: any(order.announced for order in self.model.orders))
    @rule(number=which, at_once=st.booleans())
    def receive(self, number: int, at_once: bool) -> None:
        waiting = [pair for pair in zip(self.orders, self.model.orders, strict=True) if pair[1].announced]
        self.received(*waiting[number % len(waiting)], at_once=at_once)

    def received(self, order: Order, expected: ModelOrder, *, at_once: bool) -> None:
        payment = Payment.objects.filter(order=order, provider="demo").first()

        def act() -> None:
            payments.payment_apply(
                out_trade_no=payment.out_trade_no if payment else "nobody knows it",
                transaction_id=f"42{order.pk}",
                amount_fen=order.total_fen,
                paid_at=order.placed_at if at_once else clock.now(),
            )

        self.agree(verdict(act), self.model.receive(expected, at_once=at_once))

    @precondition(lambda self: self.orders)
    @rule(number=which)
    def pay(self, number: int) -> None:
        pair = self.chosen(number)
        self.announced(*pair)
        self.received(*pair, at_once=False)

    @precondition(lambda self: self.orders)
    @rule(number=which)
    def pay_by_credit(self, number: int) -> None:
        order, expected = self.chosen(number)
        order.refresh_from_db()
        had_fen = balance(self.shopper)
        act = partial(payments.payment_start, order=order, payer=self.shopper, payer_ref="", provider=CREDIT)
        self.agree(verdict(act), self.model.pay_by_credit(expected, had_fen))

    @precondition(lambda self: self.orders)
    @rule(number=which)
    def cancel(self, number: int) -> None:
        order, expected = self.chosen(number)
        self.agree(verdict(lambda: order_cancel(order=order, actor=self.shopper)), self.model.cancel(expected))

    @precondition(lambda self: self.orders)
    @rule(number=which, name=st.sampled_from(sorted(SKU)), stays=st.integers(0, 3))
    def amend(self, number: int, name: str, stays: int) -> None:
        order, expected = self.chosen(number)
        line = order.lines.filter(sku__code=SKU[name]).first()
        if line is not None:
            act = partial(order_amend, order=order, keep={line.public_id: stays}, actor=self.shopper)
            self.agree(verdict(act), self.model.amend(expected, name, stays))

    @precondition(lambda self: self.orders)
    @rule(number=which)
    def expire(self, number: int) -> None:
        order, expected = self.chosen(number)
        Order.objects.filter(pk=order.pk).update(pay_by=clock.now())
        self.agree(verdict(lambda: order_expiry.order_expire(order_id=order.pk)), self.model.expire(expected))

    @precondition(lambda self: len(self.orders) > 2)
    @rule()
    def extend(self) -> None:
        self.campaign.refresh_from_db()
        later = self.campaign.cutoff_at + dt.timedelta(seconds=1)
        act = partial(
            campaign_extend, campaign_id=self.campaign.pk, cutoff_at=later, reason="还有人要买", actor_id=self.staff.pk
        )
        self.agree(verdict(act), self.model.extend())

    @precondition(lambda self: len(self.orders) > 3)
    @rule()
    def close(self) -> None:
        act = partial(campaign_close, campaign_id=self.campaign.pk, early=True, actor_id=self.staff.pk)
        self.agree(verdict(act), self.model.close())

    @precondition(lambda self: len(self.orders) > 3)
    @rule()
    def freeze(self) -> None:
        self.agree(verdict(lambda: campaign_freeze(campaign_id=self.campaign.pk)), self.model.freeze())

    @precondition(lambda self: len(self.orders) > 2)
    @rule(far=st.booleans())
    def move(self, far: bool) -> None:
        point, leader = self.place_of(not far)
        post = PointStaff.objects.get(point=point, user=leader)
        act = partial(
            group_move, group_id=self.group_of(far).pk, post_id=post.pk, reason="店铺装修", actor_id=self.staff.pk
        )
        self.agree(verdict(act), self.model.move(far))

    @precondition(lambda self: len(self.orders) > 2)
    @rule(name=st.sampled_from(sorted(SKU)))
    def withdraw(self, name: str) -> None:
        offer = self.offers[SKU[name]]
        act = partial(offer_withdraw, offer_id=offer.pk, reason="抽检不合格", actor_id=self.staff.pk)
        self.agree(verdict(act), self.model.withdraw(name))

    @precondition(lambda self: len(self.orders) > 4)
    @rule()
    def cancel_all(self) -> None:
        act = partial(campaign_cancel, campaign_id=self.campaign.pk, reason="冷库断电", actor_id=self.staff.pk)
        self.agree(verdict(act), self.model.cancel_all())

    @precondition(lambda self: self.orders)
    @rule(number=which, name=st.sampled_from(sorted(SKU)), pieces=st.integers(1, 2))
    def refund(self, number: int, name: str, pieces: int) -> None:
        order, expected = self.chosen(number)
        line = order.lines.filter(sku__code=SKU[name]).first()
        if line is not None:
            back = {line.pk: pieces}
            act = partial(
                refund_request, order_id=order.pk, pieces=back, reason=RefundReason.OPERATOR, actor_id=self.staff.pk
            )
            self.agree(verdict(act), self.model.refund(expected, name, pieces))

    @rule()
    def sweep(self) -> None:
        quiet(passes=1)
        self.model.sweep()
        self.agree("", "")

    def teardown(self) -> None:
        if self.runs % BOOKS_EVERY == 0:
            found = broken()
            assert not found, found


def against_the_model(run: Run) -> None:
    """``tries`` histories; quick ones have 20 steps, the others 40."""
    steps = 20 if run.tier == Tier.QUICK else 40
    for size in run.batches(BATCH):
        fault = differs_from_model(run, size, steps)
        run.tally.tries += Line.runs - 1
        run.tally.guarded(fault)
        if fault:
            return
    for holder, name in GUARDS[:1] if run.tier == Tier.QUICK else GUARDS:
        with replaced(holder, name, lambda *_, **__: None):
            run.tally.control(differs_from_model(run, BATCH, steps))


def differs_from_model(run: Run, histories: int, steps: int) -> str:
    """Return the difference that was found and the steps that led to it, or nothing."""
    run.ground.fresh()
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
        told = [f"{type(error).__name__}: {error}", *getattr(error, "__notes__", ())]
        return "\n".join(told)[:MOST_TOLD]
    return ""
