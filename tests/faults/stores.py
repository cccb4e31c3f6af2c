"""A6 to A9: Redis gone, hung and emptied, PostgreSQL killed and back, while clients order over HTTP and keep a log."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

import httpx
import psycopg
from django.db import connections
from kombu.exceptions import OperationalError as BrokerGone

from groupbuy.config import embedded
from groupbuy.config.embedded.processes import wait_until
from groupbuy.kernel.db import rows
from groupbuy.models import Order
from groupbuy.tasks import relay_outbox
from tests.faults.clients import Shopper, basket
from tests.faults.ground import Ground, broken, key
from tests.faults.rows import Run, Tier

CLIENTS = 4
LOAD_S = 1.0
SLOWEST_S = 2.0
HEALTHY_WITHIN_S = 10.0


@dataclass
class Log:
    """
    What the clients saw. ``acknowledged``: key -> order number of every 201; ``unsure``: keys never acknowledged.

    ``answers`` are those that were no 201, by status; ``rude``: 503 without Retry-After.
    """

    acknowledged: dict[str, str] = field(default_factory=dict)
    unsure: list[str] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)
    rude: int = 0
    slowest_s: float = 0.0

    def disturbed(self) -> str:
        """For a fault that orders must not notice at all."""
        if self.answers or self.slowest_s > SLOWEST_S:
            return f"answers {dict(self.answers)}, slowest {self.slowest_s:.1f} s"
        return ""

    def impolite(self) -> str:
        """For a fault during which the web may ask to come again, and no more."""
        if set(self.answers) - {503} or self.rude:
            return f"answers {dict(self.answers)}, {self.rude} without Retry-After"
        return ""

    def lost(self) -> str:
        """Every acknowledged order is there, and no key made two (I17, I13)."""
        there = set(Order.objects.values_list("number", flat=True))
        missing = set(self.acknowledged.values()) - there
        surplus = len(there) - len(self.acknowledged) - len(self.unsure)
        return f"{len(missing)} lost, {surplus} too many" if missing or surplus > 0 else ""


@contextmanager
def load(ground: Ground) -> Iterator[Log]:
    """Let clients order until the block ends; each repeats with the same key until it is answered."""
    shopper, body = Shopper(ground, ground.world.shopper), basket(ground.campaign(), {"TOMATO": 1})
    log, stop = Log(), threading.Event()
    clients = [threading.Thread(target=partial(keep_ordering, shopper, body, log, stop)) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    time.sleep(LOAD_S)
    try:
        yield log
        time.sleep(LOAD_S)
    finally:
        stop.set()
        for client in clients:
            client.join()


def keep_ordering(shopper: Shopper, body: object, log: Log, stop: threading.Event) -> None:
    while not stop.is_set():
        order_at_last(shopper, body, log, key())


def order_at_last(shopper: Shopper, body: object, log: Log, tried: str) -> None:
    deadline = time.monotonic() + HEALTHY_WITHIN_S
    while time.monotonic() < deadline:
        begun = time.monotonic()
        answer = shopper.order(body, tried)
        log.slowest_s = max(log.slowest_s, time.monotonic() - begun)
        if answer.status_code == 201:
            log.acknowledged[tried] = answer.json()["number"]
            return
        log.answers[answer.status_code] += 1
        log.rude += answer.status_code == 503 and "Retry-After" not in answer.headers
        time.sleep(0.05)
    log.unsure.append(tried)


def pid_of(ground: Ground, name: str) -> int | None:
    (pid,) = [status.pid for status in embedded.status(ground.folder) if status.name == name]
    return pid


def slay(ground: Ground, name: str) -> None:
    """Kill a server and wait until it is seen to be gone: one that still seems to run would not be started again."""
    pid = pid_of(ground, name)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: pid_of(ground, name) is None, patience_s=10)


def start_again(ground: Ground) -> None:
    embedded.start(ground.folder, die_with_us=True)


def redis_gone(run: Run) -> None:
    """A6: Redis is killed and comes back empty; orders do not notice."""
    for _ in range(run.tries):
        run.ground.fresh()
        with load(run.ground) as log:
            slay(run.ground, "Redis")
            time.sleep(LOAD_S)
            if not run.tally.control_tries:
                run.tally.control(publishing())
            start_again(run.ground)
        run.tally.guarded(log.disturbed() or log.lost() or broken())


def redis_hung(run: Run) -> None:
    """A7: Redis answers nobody, for three or thirty seconds; orders do not notice."""
    for _ in range(run.tries):
        run.ground.fresh()
        pid = pid_of(run.ground, "Redis")
        assert pid is not None
        with load(run.ground) as log:
            os.kill(pid, signal.SIGSTOP)
            try:
                time.sleep(3 if run.tier == Tier.QUICK else 30)
                if not run.tally.control_tries:
                    run.tally.control(publishing())
            finally:
                os.kill(pid, signal.SIGCONT)
        run.tally.guarded(log.disturbed() or log.lost() or broken())


def publishing() -> str:
    """What a request would suffer that told the broker of its work."""
    begun = time.monotonic()
    try:
        relay_outbox.delay()
    except (BrokerGone, OSError) as error:
        return type(error).__name__
    took = time.monotonic() - begun
    return "slow" if took > SLOWEST_S else ""


def backend_killed(run: Run) -> None:
    """A8: one backend of PostgreSQL dies by SIGKILL, upon which the server restarts all of them."""
    crashes(run, kill_backend)


def postmaster_killed(run: Run) -> None:
    """A9: the whole of PostgreSQL dies by SIGKILL in the middle of transactions and is started again."""
    crashes(run, kill_postmaster)


def kill_backend(ground: Ground) -> None:
    pids = rows("SELECT pid FROM pg_stat_activity WHERE usename = 'groupbuy_app' ORDER BY xact_start NULLS LAST")
    os.kill(pids[0]["pid"], signal.SIGKILL)


def kill_postmaster(ground: Ground) -> None:
    slay(ground, "PostgreSQL")
    start_again(ground)


def crashes(run: Run, crash: Callable[[Ground], None]) -> None:
    """The clients' own log judges: nothing acknowledged is lost, nothing is there twice."""
    for _ in range(run.tries):
        run.ground.fresh()
        with load(run.ground) as log:
            crash(run.ground)
            begun = time.monotonic()
            connections.close_all()
            healthy = until_ready(run.ground, begun)
        run.tally.guarded(healthy or log.impolite() or log.lost() or broken())
    run.tally.control(lost_when_lazy(run.ground, crash))


def until_ready(ground: Ground, begun: float) -> str:
    while time.monotonic() - begun < HEALTHY_WITHIN_S:
        try:
            if httpx.get(f"{ground.web}/readyz", timeout=2).status_code == 200:
                return ""
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    return f"not ready within {HEALTHY_WITHIN_S} s"


def lost_when_lazy(ground: Ground, crash: Callable[[Ground], None]) -> str:
    """The same count over a client whose commits do not wait for the disk: some of what it was told is gone."""
    servers = embedded.addresses(ground.folder)
    assert servers is not None
    with psycopg.connect(servers.database_owner_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS lazy (id int)")
        connection.execute("TRUNCATE lazy")
    with ThreadPoolExecutor(max_workers=1) as pool:
        client = pool.submit(lazily, servers.database_owner_url)
        time.sleep(0.5)
        # Here and not in the thread: the kernel ends a server with the thread that has started it.
        crash(ground)
        acknowledged = client.result()
    connections.close_all()
    until_ready(ground, time.monotonic())
    with psycopg.connect(servers.database_owner_url, autocommit=True) as connection:
        found = connection.execute("SELECT count(*) FROM lazy").fetchone()
        connection.execute("DROP TABLE lazy")
    assert found is not None
    return "" if found[0] == acknowledged else f"{acknowledged - found[0]} lost"


def lazily(url: str) -> int:
    """Insert until the server dies; return how many were acknowledged."""
    acknowledged = 0
    with suppress(psycopg.OperationalError), psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        while True:
            connection.execute("INSERT INTO lazy VALUES (1)")
            acknowledged += 1
    return acknowledged
