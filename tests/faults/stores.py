"""A6 to A9: Redis gone, hung and emptied, PostgreSQL killed and back, while clients work over HTTP."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx
import psycopg
from django.db import connections
from kombu.exceptions import OperationalError as BrokerGone

from groupbuy.config import embedded
from groupbuy.config.embedded.processes import wait_until
from groupbuy.kernel.db import rows
from groupbuy.tasks import relay_outbox
from tests.faults.ground import Ground, broken
from tests.faults.load import HEALTHY_WITHIN_S, LEAD_S, SLOWEST_S, load
from tests.faults.rows import Run, Tier


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
    """A6: Redis is killed and comes back empty; orders, payments and pickups do not notice."""
    for _ in run.count():
        with load(run) as log:
            slay(run.ground, "Redis")
            time.sleep(LEAD_S)
            if not run.tally.control_tries:
                run.tally.control(publishing())
            start_again(run.ground)
        run.tally.guarded(log.disturbed() or log.lost() or broken())


def redis_hung(run: Run) -> None:
    """A7: Redis answers nobody, for three or thirty seconds; orders, payments and pickups do not notice."""
    hung_s = 3.0 if run.tier == Tier.QUICK else 30.0
    for _ in run.count():
        pid = pid_of(run.ground, "Redis")
        assert pid is not None
        with load(run, lasting_s=hung_s) as log:
            os.kill(pid, signal.SIGSTOP)
            try:
                time.sleep(hung_s)
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
    for _ in run.count():
        with load(run) as log:
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
