"""Routes under ``/_judge/`` for tests on the same machine: read the ledger, pay without a page, turn the faults."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.payment_provider.faults import Faults, parse
from tests.payment_provider.ledger import Ledger
from tests.payment_provider.notices import Notifier

Answer = tuple[int, Any]


@dataclass(frozen=True)
class Judge:
    ledger: Ledger
    notifier: Notifier
    faults: Faults

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: bytes) -> Answer:
        try:
            wanted = parse(body.decode())
        except (ValueError, TypeError):
            return 400, {"error": "the body must be a JSON object"}
        routes: dict[tuple[str, str], Callable[[], Answer]] = {
            ("GET", "/_judge/ledger"): lambda: (200, self.ledger.report(query.get("out_trade_no", [None])[0])),
            ("GET", "/_judge/requests"): lambda: (200, self.ledger.requests()),
            ("POST", "/_judge/pay"): lambda: self._pay(wanted),
            ("POST", "/_judge/resend"): lambda: self._resend(wanted),
            ("POST", "/_judge/faults"): lambda: self._turn(wanted),
        }
        route = routes.get((method, path))
        return route() if route else (404, {"error": "no such route"})

    def _pay(self, wanted: dict[str, Any]) -> Answer:
        """``{prepay_id | out_trade_no, notify: true, at_once: true, even_expired: false}``; 409 unless it pays now."""
        number = wanted.get("prepay_id") or wanted.get("out_trade_no")
        if not isinstance(number, str) or self.ledger.trade(number) is None:
            return 404, {"error": "no such trade"}
        trade, mine = self.ledger.pay(number, even_expired=bool(wanted.get("even_expired")))
        if not mine:
            return 409, {"error": "not payable", "trade": trade}
        if wanted.get("notify", True):
            self.notifier.announce(trade, at_once=bool(wanted.get("at_once", True)))
        return 200, self.ledger.report(trade["out_trade_no"])

    def _resend(self, wanted: dict[str, Any]) -> Answer:
        """``{out_trade_no, times: 1..100}``: that many copies at once; the results of all."""
        times = wanted.get("times", 1)
        if type(times) is not int or not 1 <= times <= 100:
            return 400, {"error": "times must be 1..100"}
        return 200, {"results": self.notifier.resend(str(wanted.get("out_trade_no")), times=times)}

    def _turn(self, wanted: dict[str, Any]) -> Answer:
        try:
            return 200, self.faults.turn(wanted)
        except ValueError as error:
            return 400, {"error": f"no such knob, or a wrong type: {error}"}
