"""B12: counters, sums and balances are dropped and restored bit for bit."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from fulfillment.models import Pickup
from fulfillment.services.pickups import pickup_confirm
from groupbuy.config.management.commands.rebuild_balances import derived
from groupbuy.domain.words import RefundReason
from groupbuy.kernel.db import rows
from groupbuy.kernel.db import run as sql
from groupbuy.kernel.errors import DomainError
from groupbuy.models import Campaign, Order
from groupbuy.selectors.derived import Derived
from groupbuy.services.credit import credit_grant
from groupbuy.services.order_amend import order_amend
from groupbuy.services.orders import order_cancel
from groupbuy.services.payments import payment_start
from groupbuy.services.rebuilding import rebuild
from groupbuy.services.refunds import refund_request
from groupbuy.tasks import send_refunds
from tests.faults.ground import broken
from tests.faults.rows import Run, Tier
from tests.services.steps import bring, build
from tests.world import pay, place

EVENTS = {Tier.QUICK: 100, Tier.PUSH: 1_000, Tier.FULL: 1_000}
A_CAMPAIGN = 100  # events in which one campaign is open; as many follow after its goods have arrived


def dropped(run: Run) -> None:
    """A try is one history: every derived column is dropped at once, rebuilt, and compared with what it was."""
    for _ in run.count():
        run.ground.fresh()
        History(run).play(EVENTS[run.tier])
        before = [stored(column) for column in derived()]
        drop()
        run.tally.control(broken())
        for column in derived():
            rebuild(column)
        wrong = [column.name for column, was in zip(derived(), before, strict=True) if stored(column) != was]
        run.tally.guarded(", ".join(wrong) or broken())


def stored(column: Derived) -> list[dict[str, Any]]:
    """Return what the column holds, row by row; counters of nothing need not be there."""
    key = ", ".join(column.key)
    found = rows(f"SELECT {key}, {column.column} AS value FROM {column.table} ORDER BY {key}")  # noqa: S608 -- our own
    return [row for row in found if row["value"] or not column.may_miss]


def drop() -> None:
    """Set every derived column to nothing and remove the counters that may be missing."""
    for column in derived():
        if column.may_miss:
            sql(f"DELETE FROM {column.table}")  # noqa: S608 -- our own
        else:
            sql(f"UPDATE {column.table} SET {column.column} = 0")  # noqa: S608 -- our own


class History:
    """Random steps of shoppers, leaders and operators; a rule that says no is a step too."""

    def __init__(self, run: Run) -> None:
        self.ground, self.draw, self.world = run.ground, run.draw, run.ground.world
        self.orders: list[Order] = []

    def play(self, events: int) -> None:
        campaign = self.ground.campaign(stock=500)
        campaign.offers.filter(sku__code="TOMATO").update(per_community=300)
        for number in range(events):
            if number and number % A_CAMPAIGN == 0:
                self.close(campaign)
                campaign = self.ground.campaign(stock=500)
            with suppress(DomainError):
                self.step(campaign)

    def step(self, campaign: Campaign) -> None:
        early: list[Callable[[], Any]] = [self.cancel, self.amend, self.pay_by_credit, self.grant]
        late: list[Callable[[], Any]] = [self.refund, self.hand_out, send_refunds]
        kind = self.draw.random()
        if kind < 0.4 or not self.orders:
            self.order(campaign)
        else:
            self.draw.choice(early + late if kind < 0.8 else late)()

    def order(self, campaign: Campaign) -> None:
        offers = campaign.offers.all()
        wanted = {offer: self.draw.randrange(1, 4) for offer in offers if self.draw.random() < 0.7}
        if not wanted:
            return
        point = self.draw.choice([self.world.near, self.world.far])
        shopper = self.draw.choice([self.world.shopper, self.world.neighbour])
        order = place(shopper=shopper, group=campaign.groups.get(point=point), quantities=wanted)
        self.orders.append(order)
        if self.draw.random() < 0.8:
            pay(order=order)

    def chosen(self) -> Order:
        return Order.objects.get(pk=self.draw.choice(self.orders).pk)

    def cancel(self) -> None:
        order = self.chosen()
        order_cancel(order=order, actor=order.shopper)

    def amend(self) -> None:
        order = self.chosen()
        keep = {line.public_id: self.draw.randrange(line.quantity + 1) for line in order.lines.all()}
        order_amend(order=order, keep=keep, actor=order.shopper)

    def pay_by_credit(self) -> None:
        order = self.chosen()
        payment_start(order=order, payer=order.shopper, payer_ref="", provider="credit")

    def grant(self) -> None:
        credit_grant(
            person=self.world.shopper,
            amount_fen=self.draw.randrange(1, 9_000),
            reason="补偿",
            actor_id=self.world.staff.pk,
        )

    def refund(self) -> None:
        order = self.chosen()
        line = self.draw.choice(list(order.lines.all()))
        refund_request(order_id=order.pk, pieces={line.pk: 1}, reason=RefundReason.OPERATOR, actor_id=None)

    def hand_out(self) -> None:
        order = self.chosen()
        pickup = Pickup.objects.filter(shopper=order.shopper, point=order.point, done_at=None).first()
        if pickup:
            pieces = {line.public_id: 1 for line in order.lines.all()}
            pickup_confirm(pickup=pickup, actor=self.world.leader, event=uuid.uuid4(), pieces=pieces)

    def close(self, campaign: Campaign) -> None:
        """Freeze the campaign and bring its goods to the near point."""
        if Order.objects.filter(campaign=campaign, state="paid", point=self.world.near).exists():
            bring(build(campaign), point=self.world.near, leader=self.world.leader)
