"""Clients that order, report payments and hand goods out over HTTP while something breaks, and keep a log of it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count

import httpx

from fulfillment.models import Pickup, PickupEvent
from groupbuy.models import Campaign, LedgerEntry, Order, OrderLine
from groupbuy.services import payments
from tests.faults.clients import Shopper, basket
from tests.faults.goods import arrived
from tests.faults.ground import Ground, key
from tests.faults.notices import deliver, genuine
from tests.faults.rows import Run

ORDERING = 2
DELIVERED_ORDERS = 8
PIECES = 3
PAYMENTS = 24
LEAD_S = 1.0
SLOWEST_S = 2.0
SLOWER = 4
HEALTHY_WITHIN_S = 10.0
NO_ANSWER = 0


@dataclass(frozen=True)
class Job:
    """One thing that a client wants done: sent again, the same to the byte, until the answer is ``wanted``."""

    send: Callable[[], httpx.Response]
    wanted: int
    note: Callable[[httpx.Response], None]


@dataclass
class Log:
    """
    What the clients saw. ``orders``, ``payments``, ``events``: number, id and uuid of what was acknowledged.

    ``unsure`` orders were never acknowledged. ``answers`` are the unwanted ones, by status, 0 for none; ``rude``: 503 without
    Retry-After. ``calm_s`` is the slowest answer before the fault: a machine busy with other things is slow anyway.
    """

    campaign: Campaign
    orders: list[str] = field(default_factory=list)
    payments: list[int] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    unsure: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    rude: int = 0
    slowest_s: float = 0.0
    calm_s: float = 0.0

    def disturbed(self) -> str:
        """For a fault that nobody must notice at all."""
        if self.answers or self.slowest_s > max(SLOWEST_S, SLOWER * self.calm_s):
            return f"answers {dict(self.answers)}, slowest {self.slowest_s:.1f} s, before it {self.calm_s:.1f} s"
        return ""

    def impolite(self) -> str:
        """For a fault during which the web may ask to come again, and no more."""
        if set(self.answers) - {503} or self.rude:
            return f"answers {dict(self.answers)}, {self.rude} without Retry-After"
        return ""

    def idle(self) -> str:
        """A load that has not done each of its three things proves nothing."""
        done = (len(self.orders), len(self.payments), len(self.events))
        return "" if all(done) else f"orders, payments, pickups done: {done}"

    def lost(self) -> str:
        """Everything acknowledged is there, and nothing twice (I17, I13)."""
        return self.idle() or self._lost_orders() or self._lost_payments() or self._lost_pickups()

    def _lost_orders(self) -> str:
        there = set(Order.objects.filter(campaign=self.campaign).values_list("number", flat=True))
        missing = set(self.orders) - there
        surplus = len(there) - len(self.orders) - self.unsure
        return f"{len(missing)} orders lost, {surplus} too many" if missing or surplus > 0 else ""

    def _lost_payments(self) -> str:
        booked = Counter(LedgerEntry.objects.filter(source_kind="payment").values_list("source_id", flat=True))
        missing = [pk for pk in self.payments if not booked[pk]]
        twice = [pk for pk, times in booked.items() if times > 1]
        return f"{len(missing)} payments lost, {len(twice)} booked twice" if missing or twice else ""

    def _lost_pickups(self) -> str:
        there = {str(uuid) for uuid in PickupEvent.objects.values_list("uuid", flat=True)}
        missing = set(self.events) - there
        collected = sum(OrderLine.objects.values_list("collected", flat=True))
        if missing or collected != len(there):
            return f"{len(missing)} pickups lost, {collected} pieces collected by {len(there)}"
        return ""


@contextmanager
def load(run: Run, *, lasting_s: float = 3.0) -> Iterator[Log]:
    """
    Let clients work in a fresh world until the block ends; each repeats what it asks until it is answered.

    :param lasting_s: how long the block will about last; payments and pickups are spread over it.
    """
    lines = arrived(run.ground, DELIVERED_ORDERS)
    log = Log(run.ground.campaign())
    stop = threading.Event()
    spread = (lasting_s + 2 * LEAD_S) / PAYMENTS
    works = [partial(work, orders(run.ground, log), log, stop, 0.0) for _ in range(ORDERING)]
    works.append(partial(work, list(notices(run.ground, log)), log, stop, spread))
    works.append(partial(work, list(pickups(run.ground, lines, log)), log, stop, spread))
    clients = [threading.Thread(target=each) for each in works]
    for client in clients:
        client.start()
    time.sleep(LEAD_S)
    log.calm_s = log.slowest_s
    try:
        yield log
        time.sleep(LEAD_S)
    finally:
        stop.set()
        for client in clients:
            client.join()


def orders(ground: Ground, log: Log) -> Iterator[Job]:
    shopper, body = Shopper(ground, ground.world.shopper), basket(log.campaign, {"TOMATO": 1})
    for _ in count():
        yield Job(partial(shopper.order, body, key()), 201, lambda answer: log.orders.append(answer.json()["number"]))


def notices(ground: Ground, log: Log) -> Iterator[Job]:
    """Genuine notices, each of the payment of an order of its own."""
    campaign = ground.campaign()
    for _ in range(PAYMENTS):
        payment = payments._pending(ground.order(campaign), payments.DEFAULT_PROVIDER)
        send = partial(deliver, ground, genuine(ground.provider.keys, payment))
        yield Job(send, 204, lambda _, pk=payment.pk: log.payments.append(pk))  # type: ignore[misc]


def pickups(ground: Ground, lines: list[OrderLine], log: Log) -> Iterator[Job]:
    """The leader's phone hands out piece by piece."""
    phone = Shopper(ground, ground.world.leader)
    path = f"leader/pickups/{Pickup.objects.get().public_id}/confirm/"
    for line in lines * PIECES:
        tried = key()
        body = {"event": tried, "lines": [{"line": str(line.public_id), "quantity": 1}]}
        send = partial(phone.post, path, body, {"Idempotency-Key": tried})
        yield Job(send, 200, lambda answer: log.events.append(answer.json()["event"]))


def work(jobs: Iterable[Job], log: Log, stop: threading.Event, pause_s: float) -> None:
    for job in jobs:
        if stop.is_set():
            return
        until_done(job, log)
        stop.wait(pause_s)


def until_done(job: Job, log: Log) -> None:
    deadline = time.monotonic() + HEALTHY_WITHIN_S
    while time.monotonic() < deadline:
        begun = time.monotonic()
        try:
            answer = job.send()
        except httpx.TransportError:
            log.answers[NO_ANSWER] += 1
        else:
            log.slowest_s = max(log.slowest_s, time.monotonic() - begun)
            if answer.status_code == job.wanted:
                job.note(answer)
                return
            log.answers[answer.status_code] += 1
            log.rude += answer.status_code == 503 and "Retry-After" not in answer.headers
        time.sleep(0.05)
    log.unsure += 1
