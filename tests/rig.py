"""
The whole system as real processes on the run's own database: web, worker, beat and the development payment provider.

The processes connect as the app role, as in production; the test itself looks into the database as the owner.
"""

import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import httpx
from django.conf import settings
from django.db import connection

from groupbuy.config import embedded
from groupbuy.config.demo.child import Child
from groupbuy.config.embedded.processes import free_port
from groupbuy.config.queue_settings import QUEUES
from tests.providers.conftest import RunningProvider, start_provider

ROOT = Path(__file__).resolve().parents[1]
T = TypeVar("T")
PATIENCE_S = 60.0


@dataclass
class Rig:
    """:param url: of the web. :param children: by name, so that a test can stop one."""

    url: str
    provider: RunningProvider
    children: dict[str, Child]
    folder: Path
    clients: list[httpx.Client] = field(default_factory=list)

    def person(self) -> "Person":
        """Return somebody who is not logged in yet."""
        client = httpx.Client(base_url=self.url, timeout=20)
        self.clients.append(client)
        return Person(client)

    def back_office(self) -> "BackOffice":
        """Return somebody at the door of the back office."""
        client = httpx.Client(base_url=self.url, timeout=20)
        self.clients.append(client)
        return BackOffice(client)

    def logs(self) -> str:
        """Return the end of every process's log, for the message of a failed wait."""
        return "\n".join(f"--- {name}\n{child.log.read_text()[-3000:]}" for name, child in self.children.items())

    def wait_for(self, what: str, look: Callable[[], T | None], patience_s: float = PATIENCE_S) -> T:
        """Return the first truthy answer of ``look``; fail with the logs when it takes too long."""
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            seen = look()
            if seen:
                return seen
            time.sleep(0.1)
        raise AssertionError(f"{what}: not within {patience_s} s\n{self.logs()}")


@contextmanager
def running(folder: Path, **extra: str) -> Iterator[Rig]:
    """Start everything, wait until ``/readyz`` is green, stop everything. ``extra``: environment variables."""
    provider = start_provider(folder, "--time-scale", "0.01")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {**os.environ, **_environment(url, provider), **extra}
    commands = _commands(port, folder)
    children = {
        name: Child(name=name, command=command, log=folder / f"{name}.log", environment=environment, folder=ROOT)
        for name, command in commands.items()
    }
    rig = Rig(url=url, provider=provider, children=children, folder=folder)
    try:
        for child in children.values():
            child.start()
        rig.wait_for("readyz", lambda: _is_ready(url))
        yield rig
    finally:
        for client in rig.clients:
            client.close()
        for child in children.values():
            child.stop()
        provider.stop()


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def _environment(url: str, provider: RunningProvider) -> dict[str, str]:
    addresses = embedded.addresses(Path(settings.VAR_DIR))
    assert addresses is not None
    connection.ensure_connection()
    name = str(connection.settings_dict["NAME"])
    return {
        **provider.settings,
        "DATABASE_URL": _with_name(addresses.database_url, name),
        "DATABASE_OWNER_URL": _with_name(addresses.database_owner_url, name),
        "PUBLIC_URL": url,
        "WECHAT_BASE_URL": provider.url,
        "DEV_CASHIER_URL": f"{provider.url}/cashier/",
        "GROUPBUY_SWEEP_SECONDS": "1",
    }


def _with_name(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _commands(port: int, folder: Path) -> dict[str, list[str]]:
    celery = [sys.executable, "-m", "celery", "-A", "groupbuy.config"]
    web = ["--interface=wsgi", "--http=1", "--no-ws", "--host=127.0.0.1", f"--port={port}", "--workers=1"]
    return {
        "web": [
            sys.executable,
            "-m",
            "granian",
            *web,
            "--blocking-threads=4",
            "--workers-kill-timeout=8",
            "groupbuy.config.wsgi:application",
        ],
        "worker": [*celery, "worker", "--concurrency=1", f"--queues={','.join(QUEUES)}", "--loglevel=INFO"],
        "beat": [*celery, "beat", "--pidfile=", f"--schedule={folder / 'beat'}", "--loglevel=INFO"],
    }


@dataclass
class Person:
    """Somebody with a token who speaks to the API."""

    client: httpx.Client
    token: str = ""

    def get(self, path: str, **params: Any) -> Any:
        answer = self.client.get(f"/api/v1/{path}", params=params, headers=self._headers())
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any, *, key: str = "", expect: int = 200) -> Any:
        headers = self._headers() | ({"Idempotency-Key": key} if key else {})
        answer = self.client.post(f"/api/v1/{path}", json=body, headers=headers)
        assert answer.status_code == expect, answer.text
        return answer.json() if answer.content else None

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


@dataclass
class BackOffice:
    """An operator at ``/admin/``: logged in with a session, sending what the browser's forms send."""

    client: httpx.Client

    def log_in(self, username: str, password: str) -> None:
        self.client.get("/admin/login/")
        self.send("/admin/login/?next=/admin/", username=username, password=password)

    def send(self, path: str, **form: Any) -> None:
        """Send a form; the page that follows must not be the same form with complaints."""
        data = {"csrfmiddlewaretoken": self.client.cookies["csrftoken"], **form}
        answer = self.client.post(path, data=data, headers={"Referer": f"{self.client.base_url}{path}"})
        assert answer.status_code == 302, answer.text

    def confirm(self, path: str, **form: Any) -> None:
        """Confirm a deed as its page asks."""
        self.send(path, confirmed="yes", key=secrets.token_hex(16), **form)
