"""Start, stop and describe both servers of one data folder."""

from __future__ import annotations

import shutil
import signal
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from groupbuy.config.embedded import binaries, processes, registry
from groupbuy.config.embedded.errors import ServiceError
from groupbuy.config.embedded.postgres import APP, OWNER, Postgres
from groupbuy.config.embedded.redis_server import RedisServer
from groupbuy.config.embedded.registry import Registry

ATTEMPTS = 5
PORT_PATIENCE_S = 3.0


@dataclass(frozen=True)
class Addresses:
    """What the settings need to know; each is an URL with its password."""

    database_url: str
    database_owner_url: str
    redis_url: str


@dataclass(frozen=True)
class Status:
    """One server; ``pid`` is None when it does not run."""

    name: str
    port: int
    pid: int | None
    data: Path


def addresses(var: Path) -> Addresses | None:
    """Give the addresses of a data folder's servers, running or not; None if they were never started."""
    known = registry.read(var)
    if known is None:
        return None
    postgres = Postgres(var, known)
    return Addresses(
        database_url=postgres.url(APP, known.app_password),
        database_owner_url=postgres.url(OWNER, known.owner_password),
        redis_url=RedisServer(var, known).url,
    )


def start(var: Path, *, durable: bool = True, die_with_us: bool = False) -> Addresses:
    """
    Start what does not run yet; idempotent.

    :param var: absolute path of the data folder, made if missing.
    :param durable: False gives up crash safety for speed, for tests only.
    :param die_with_us: the kernel stops the servers when the calling process dies.
    :raises ServiceError: with what the operator can do about it.
    """
    with registry.alone(var):
        (var / "log").mkdir(exist_ok=True)
        known = registry.read(var) or _first(var)
        registry.write(var, known)
        for kind, death_signal in ((Postgres, signal.SIGINT), (RedisServer, signal.SIGTERM)):
            known = _start_one(kind, var, known, durable=durable, death_signal=death_signal if die_with_us else None)
    found = addresses(var)
    if found is None:
        raise ServiceError(f"{var / 'services.json'} vanished")
    return found


def _first(var: Path) -> Registry:
    if (var / "postgres" / "PG_VERSION").exists():
        raise ServiceError(
            f"{var / 'services.json'} is lost and with it the passwords; `make demo-reset` starts afresh"
        )
    return Registry()


def _start_one(
    kind: type[Postgres] | type[RedisServer],
    var: Path,
    known: Registry,
    *,
    durable: bool,
    death_signal: signal.Signals | None,
) -> Registry:
    """
    Start one server, on another port if its own has been taken, and give the registry as it is then.

    Tried more than once because a port can be lost between choosing and using it, and because the children
    of a killed PostgreSQL need a moment to notice.
    """
    for attempt in range(1, ATTEMPTS + 1):
        server = kind(var, known)
        if server.pid() is not None:
            return known
        # The children of a killed server let its port go a moment later; whoever is connected looks for it there.
        if not processes.wait_until(partial(processes.is_free, server.port), patience_s=PORT_PATIENCE_S):
            known = known.with_new_port(kind.port_name)
            registry.write(var, known)
        try:
            kind(var, known).start(durable=durable, death_signal=death_signal)
        except ServiceError:
            if attempt == ATTEMPTS:
                raise
            time.sleep(attempt / 5)
        else:
            return known
    raise AssertionError("the loop returns or raises")


def stop(var: Path) -> None:
    """Stop both servers and wait until they are gone; idempotent."""
    known = registry.read(var)
    if known is None:
        return
    with registry.alone(var):
        RedisServer(var, known).stop()
        Postgres(var, known).stop()


def status(var: Path) -> list[Status]:
    """Describe both servers; empty if they were never started."""
    known = registry.read(var)
    if known is None:
        return []
    postgres, cache = Postgres(var, known), RedisServer(var, known)
    return [
        Status(postgres.name, postgres.port, postgres.pid(), postgres.data),
        Status(cache.name, cache.port, cache.pid(), cache.configuration.parent),
    ]


def remove(var: Path) -> None:
    """Stop both servers and delete the data folder, with what had to be put outside of it."""
    stop(var)
    for name in ("postgres", "redis"):
        shutil.rmtree((var / name).resolve(), ignore_errors=True)
    binaries.remove_outside(var)
    shutil.rmtree(var, ignore_errors=True)
