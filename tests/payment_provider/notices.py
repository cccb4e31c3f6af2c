"""Payment notices: one per payment, repeated on WeChat Pay's schedule until the merchant acknowledges."""

import http.client
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from tests.payment_provider.faults import Faults
from tests.payment_provider.gateway import rfc3339, trade_json
from tests.payment_provider.keys import KeyRing
from tests.payment_provider.ledger import Ledger, Row
from tests.payment_provider.signing import notice_body, signed_headers

# Seconds between tries, 24 h 4 min in all.
SCHEDULE = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600)
ANSWER_WITHIN_S = 5.0


class Notifier:
    """A background thread that sends what is due; what is not yet acknowledged waits in the ledger across restarts."""

    def __init__(self, keys: KeyRing, ledger: Ledger, faults: Faults, *, time_scale: float) -> None:
        """:param time_scale: factor on the waiting times between tries; 1.0 is the real schedule."""
        self._keys = keys
        self._ledger = ledger
        self._faults = faults
        self._time_scale = time_scale
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="notices", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=ANSWER_WITHIN_S + 1)

    def announce(self, trade: Row, *, at_once: bool) -> None:
        """
        Write the notice of a paid trade; ``at_once`` makes the first try before returning, for the payer who returns.

        A swallowed notice is written but never sent; a delayed one leaves the first try to the thread.
        """
        knobs = self._faults.knobs
        swallowed = self._faults.strikes("notice_swallow", trade["out_trade_no"])
        notice_id = str(uuid.uuid4())
        at_once = at_once and not swallowed and not knobs.notice_delay_s
        # Out of the thread's reach while we send it ourselves; it takes over if this process dies before that.
        wait = 2 * ANSWER_WITHIN_S if at_once else knobs.notice_delay_s
        self._ledger.add_notice(
            notice_id=notice_id,
            trade=trade,
            body=notice_body(
                self._keys,
                notice_id=notice_id,
                created=rfc3339(time.time()),
                trade=trade_json(self._keys, trade | {"refunds": 0}),
            ),
            state="swallowed" if swallowed else "waiting",
            next_at=time.time() + wait,
        )
        if at_once:
            self._send_one(notice_id)

    def resend(self, out_trade_no: str, *, times: int) -> list[str]:
        """Send a trade's last notice again, all copies at once, whatever its state. Gives each copy's result."""
        notices = self._ledger.notices_of(out_trade_no)
        if not notices:
            return []
        with ThreadPoolExecutor(max_workers=min(times, 16)) as pool:
            return list(pool.map(lambda _: self._post(notices[-1]), range(times)))

    def _run(self) -> None:
        while not self._stop.wait(0.1):
            while not self._stop.is_set() and self._send_one():
                pass

    def _send_one(self, notice_id: str | None = None) -> bool:
        """One try of one notice; False if none is due."""
        notice = self._ledger.claim_notice(hold_s=ANSWER_WITHIN_S + 1, notice_id=notice_id)
        if notice is None:
            return False
        result = self._post(notice)
        for _ in range(self._faults.knobs.notice_duplicates):
            self._post(notice)
        done = result in ("200", "204")
        tries = notice["attempts"]
        if done or tries > len(SCHEDULE):
            state, wait = ("delivered" if done else "given_up"), 0.0
        else:
            state, wait = "waiting", SCHEDULE[tries - 1] * self._time_scale
        self._ledger.settle_notice(notice["notice_id"], state=state, next_at=time.time() + wait, result=result)
        return True

    def _post(self, notice: Row) -> str:
        """Signed afresh at each try, as the age counts. The HTTP status as text, or the kind of error."""
        url = urlsplit(notice["url"])
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        headers = {"Content-Type": "application/json", **signed_headers(self._keys, notice["body"])}
        connection = kind(url.hostname or "", url.port, timeout=ANSWER_WITHIN_S)
        try:
            connection.request("POST", url.path or "/", body=notice["body"], headers=headers)
            return str(connection.getresponse().status)
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__
        finally:
            connection.close()
