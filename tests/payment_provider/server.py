"""HTTP, a thread per connection: ``/v3`` the gateway, ``/cashier`` the payer's page, ``/_judge`` for tests."""

import json
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.payment_provider.cashier import Cashier, Page
from tests.payment_provider.faults import Faults
from tests.payment_provider.gateway import Cut, Gateway
from tests.payment_provider.judge import Judge
from tests.payment_provider.keys import KeyRing
from tests.payment_provider.ledger import Ledger
from tests.payment_provider.signing import Refusal, SignedRequest, signed_headers

MAX_BODY = 65_536
PAGE_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'",
}


@dataclass(frozen=True)
class Rooms:
    """Everything a request may need."""

    keys: KeyRing
    ledger: Ledger
    faults: Faults
    gateway: Gateway
    cashier: Cashier
    judge: Judge


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], rooms: Rooms) -> None:
        super().__init__(address, Handler)
        self.rooms = rooms


class Handler(BaseHTTPRequestHandler):
    server: Server
    timeout = 30

    def do_GET(self) -> None:
        self._route(b"")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > MAX_BODY:
            self._send(413, b"", {})
            return
        self._route(self.rfile.read(int(length)))

    def log_message(self, *_: Any, **__: Any) -> None:
        """Requests are in the ledger; nothing goes to the console."""

    @property
    def _rooms(self) -> Rooms:
        return self.server.rooms

    def _route(self, body: bytes) -> None:
        parts = urlsplit(self.path)
        if parts.path.startswith("/v3/"):
            self._gateway(body)
        elif parts.path.startswith("/_judge/") and self.client_address[0] in ("127.0.0.1", "::1"):
            status, content = self._rooms.judge.answer(self.command, parts.path, parse_qs(parts.query), body)
            self._send(status, json.dumps(content, ensure_ascii=False).encode(), {"Content-Type": "application/json"})
        elif parts.path.startswith("/cashier/"):
            self._cashier(parts.path.removeprefix("/cashier/"), parse_qs(parts.query), parse_qs(body.decode("latin-1")))
        elif parts.path == "/healthz":
            self._send(200, b"ok", {"Content-Type": "text/plain"})
        else:
            self._send(404, b"", {})

    def _gateway(self, body: bytes) -> None:
        """Every answer is signed, refusals too. A hang or a cut leaves the client without one."""
        request = SignedRequest(self.command, self.path, body, self.headers.get("Authorization", ""))
        try:
            request.verify(self._rooms.keys)
            host = self.headers.get("Host", "")
            status, content = self._rooms.gateway.answer(self.command, self.path, body, host=host)
        except Refusal as refusal:
            status, content = refusal.status, {"code": refusal.code, "message": refusal.message}
        except (TimeoutError, Cut) as fault:
            self._vanish(hang=isinstance(fault, TimeoutError))
            return
        if isinstance(content, bytes):  # a download; its digest was in a signed answer
            self._send(status, content, {"Content-Type": "application/x-gzip"})
            return
        code = content.get("code", "") if isinstance(content, dict) else ""
        self._rooms.ledger.log_request(method=self.command, path=self.path, status=status, code=code)
        answer = b"" if content is None else json.dumps(content, ensure_ascii=False).encode()
        kind = {} if content is None else {"Content-Type": "application/json"}
        self._send(status, answer, {**kind, **signed_headers(self._rooms.keys, answer, serial=self._serial())})

    def _serial(self) -> str:
        """Clients in public-key mode name the key that they know; others get the certificate's serial."""
        keys = self._rooms.keys
        named = self.headers.get("Wechatpay-Serial")
        return keys.public_key_id if named == keys.public_key_id else keys.certificate_serial

    def _vanish(self, *, hang: bool) -> None:
        self._rooms.ledger.log_request(method=self.command, path=self.path, status=0, code="HANG" if hang else "CUT")
        if hang:
            time.sleep(self._rooms.faults.knobs.hang_s)
        self.close_connection = True

    def _cashier(self, prepay_id: str, query: dict[str, list[str]], form: dict[str, list[str]]) -> None:
        if self.command == "POST":
            page = self._rooms.cashier.pay(prepay_id, form.get("back", query.get("back", [""]))[0])
        else:
            page = self._rooms.cashier.show(prepay_id, query.get("back", [""])[0])
        self._send_page(page)

    def _send_page(self, page: Page) -> None:
        headers = {"Location": page.location} if page.location else PAGE_HEADERS
        self._send(page.status, page.html.encode(), headers)

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        try:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
