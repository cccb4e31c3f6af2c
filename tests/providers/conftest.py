"""A real payment provider in a process of its own, a merchant's address that collects notices, and the adapter."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from groupbuy.providers.payment import Prepay, RefundStatus
from groupbuy.providers.wechat import WechatPayment
from groupbuy.providers.wechat_config import WechatConfig
from tests.payment_provider.keys import KeyRing, load_or_make

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class RunningProvider:
    """The process, its address and both sides' keys."""

    process: subprocess.Popen[str]
    url: str
    keys: KeyRing
    settings: dict[str, str]
    folder: Path

    def judge(self, route: str, **wanted: Any) -> Any:
        """POST to ``/_judge/<route>``, or GET the ledger or the requests."""
        reads = route == "requests" or route.startswith("ledger")
        url = f"{self.url}/_judge/{route}"
        answer = httpx.get(url) if reads else httpx.post(url, json=wanted, timeout=15)
        return answer.raise_for_status().json()

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(timeout=10)


def start_provider(folder: Path, *extra: str) -> RunningProvider:
    command = [sys.executable, "-m", "tests.payment_provider", "--keys-dir", str(folder / "keys")]
    command += ["--data-dir", str(folder / "data"), *extra]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    process.stdout.close()
    settings = json.loads((folder / "keys" / "wechat.json").read_text())
    return RunningProvider(process, url, load_or_make(folder / "keys"), settings, folder)


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProvider]:
    running = start_provider(tmp_path_factory.mktemp("payment"), "--time-scale", "0.01")
    yield running
    assert running.stop() == 0


@pytest.fixture
def faults(provider: RunningProvider) -> Iterator[Any]:
    """Turn knobs of the provider; they are all back at nought afterwards."""
    before = provider.judge("faults")
    yield lambda **changes: provider.judge("faults", **changes)
    provider.judge("faults", **before)


@dataclass
class Mailbox:
    """The merchant's address for notices. ``status`` is what it answers."""

    url: str = ""
    status: int = 200
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def wait_for(self, number: int) -> list[tuple[dict[str, str], bytes]]:
        deadline = time.monotonic() + 10
        while len(self.received) < number and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.received


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            box.received.append((dict(self.headers.items()), body))
            self.send_response(box.status)
            self.end_headers()

        def log_message(self, *_: Any, **__: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    box.url = f"http://127.0.0.1:{server.server_port}/notify"
    yield box
    server.shutdown()
    thread.join()
    server.server_close()


def make_config(running: RunningProvider, **changes: Any) -> WechatConfig:
    values = {name.removeprefix("WECHAT_"): value for name, value in running.settings.items()}
    values |= {"BASE_URL": running.url, "NOTIFY_URL": "http://127.0.0.1:9/notify"}
    plain = WechatConfig.from_mapping(values)
    return WechatConfig(**{name: getattr(plain, name) for name in plain.__dataclass_fields__} | changes)


@pytest.fixture
def adapter(provider: RunningProvider, mailbox: Mailbox) -> WechatPayment:
    return WechatPayment(make_config(provider, notify_url=mailbox.url))


_numbers = count(1)


@pytest.fixture
def trade_no() -> str:
    return f"T{next(_numbers):09d}"


TOMORROW = datetime.now(UTC) + timedelta(days=1)


def announce(adapter: WechatPayment, trade_no: str, *, amount_fen: int = 1990, **changes: Any) -> Prepay:
    wanted: dict[str, Any] = {
        "description": "五常大米 5kg 等 3 件",
        "payer_ref": "openid-shopper",
        "expires_at": TOMORROW,
    }
    return adapter.prepay(out_trade_no=trade_no, amount_fen=amount_fen, **wanted | changes)


@pytest.fixture
def paid(adapter: WechatPayment, provider: RunningProvider, trade_no: str) -> str:
    """The number of a trade of 1990 fen that the shopper has paid; no notice was sent."""
    announce(adapter, trade_no)
    provider.judge("pay", out_trade_no=trade_no, notify=False)
    return trade_no


def refund(
    adapter: WechatPayment, trade_no: str, refund_no: str, amount_fen: int, total_fen: int = 1990
) -> RefundStatus:
    return adapter.refund(
        out_trade_no=trade_no, out_refund_no=refund_no, amount_fen=amount_fen, total_fen=total_fen, reason="缺货退款"
    )
