"""The shipped web server on a durable PostgreSQL of its own, in a fresh folder, gone at the end."""

import base64
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import django
import httpx
import psycopg
from psycopg import sql

from groupbuy.config import embedded
from groupbuy.config.demo.plan import Plan
from groupbuy.config.embedded import registry
from groupbuy.config.embedded.postgres import SUPERUSER, Postgres
from groupbuy.config.embedded.processes import free_port
from tests.bench.crew import ROOT
from tests.payment_provider.keys import SETTINGS_FILE, KeyRing, load_or_make

ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "groupbuy.config.settings",
    "SECRET_KEY": "benchmarks only, never used to protect anything",
    "FIELD_KEY": base64.b64encode(b"benchmarks only: 32 bytes, hush!").decode(),
    "DATABASE_APP_ROLE": "groupbuy_app",
    "STATIC_MANIFEST": "false",
    "LOG_FORMAT": "json",
}


@dataclass(frozen=True)
class Site:
    """``postgres`` and ``web`` are the roots of the two process trees; ``owner_url`` may create tables, ``superuser_url`` all."""

    folder: Path
    port: int
    web: int
    postgres: int
    owner_url: str
    superuser_url: str
    keys: KeyRing


@contextmanager
def running(*, shared_buffers: str) -> Iterator[Site]:
    """
    Start PostgreSQL (fsync and synchronous_commit on) and the web server with the demo's own command line.

    Sets Django up in this process too, as the application's role.
    """
    with tempfile.TemporaryDirectory(prefix="groupbuy-bench-") as name:
        folder = Path(name).resolve()
        folder.chmod(0o711)  # as root the servers run as another user, who must get in
        try:
            addresses = _start_servers(folder, shared_buffers)
            keys = load_or_make(folder / "payment_keys")
            _set_up(folder, addresses)
            with _web(folder) as (port, pid):
                server = _postgres(folder)
                postmaster = server.pid()
                assert postmaster is not None
                superuser_url = server.url(SUPERUSER, server.registry.superuser_password)
                yield Site(folder, port, pid, postmaster, addresses.database_owner_url, superuser_url, keys)
        finally:
            embedded.remove(folder)
            folder.mkdir(exist_ok=True)  # for TemporaryDirectory to remove


def _postgres(folder: Path) -> Postgres:
    known = registry.read(folder)
    assert known is not None
    return Postgres(folder, known)


def _start_servers(folder: Path, shared_buffers: str) -> embedded.Addresses:
    """Start, size the buffer cache, start again: it can only be set before the start."""
    embedded.start(folder, durable=True, die_with_us=True)
    server = _postgres(folder)
    url = server.url(SUPERUSER, server.registry.superuser_password, "postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER SYSTEM SET shared_buffers = {}").format(shared_buffers))
        connection.execute("ALTER SYSTEM SET max_wal_size = '8GB'")
    embedded.stop(folder)
    return embedded.start(folder, durable=True, die_with_us=True)


def _set_up(folder: Path, addresses: embedded.Addresses) -> None:
    os.environ.update(ENVIRONMENT)
    os.environ.update(json.loads((folder / "payment_keys" / SETTINGS_FILE).read_text()))
    os.environ["GROUPBUY_VAR"] = str(folder)
    os.environ["DATABASE_URL"] = addresses.database_url
    os.environ["DATABASE_OWNER_URL"] = addresses.database_owner_url
    os.environ["REDIS_URL"] = addresses.redis_url
    django.setup()
    from django.core.management import call_command

    call_command("migrate", database="owner", interactive=False, verbosity=0)
    call_command("grant_app_role", verbosity=0)


@contextmanager
def _web(folder: Path) -> Iterator[tuple[int, int]]:
    """Run the demo's web process and give its port and process id."""
    plan = Plan(root=ROOT, var=folder, web_port=free_port(), payment_port=0)
    (folder / "metrics").mkdir()
    child = plan._child("web", plan._web_command())
    child.environment = {**child.environment, "LOG_FORMAT": "json"}
    child.start()
    try:
        assert child.process is not None
        _wait_until_it_answers(plan.web_url, child.log)
        yield plan.web_port, child.process.pid
    finally:
        child.stop()


def _wait_until_it_answers(url: str, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/healthz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"the web server does not answer:\n{log.read_text()[-3000:]}")
