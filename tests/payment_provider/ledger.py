"""The judge: trades, refunds, notices and requests in one SQLite file that outlives the process. Amounts are fen."""

import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS trades (
    out_trade_no TEXT PRIMARY KEY,
    prepay_id TEXT NOT NULL UNIQUE,
    terms TEXT NOT NULL,
    appid TEXT NOT NULL,
    openid TEXT NOT NULL,
    description TEXT NOT NULL,
    amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
    notify_url TEXT NOT NULL,
    expires_at REAL,
    state TEXT NOT NULL CHECK (state IN ('NOTPAY', 'SUCCESS', 'CLOSED')),
    transaction_id TEXT UNIQUE,
    created_at REAL NOT NULL,
    paid_at REAL,
    CHECK ((state = 'SUCCESS') = (transaction_id IS NOT NULL AND paid_at IS NOT NULL))
);
CREATE TABLE IF NOT EXISTS refunds (
    out_refund_no TEXT PRIMARY KEY,
    refund_id TEXT NOT NULL UNIQUE,
    out_trade_no TEXT NOT NULL REFERENCES trades,
    amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
    reason TEXT NOT NULL,
    created_at REAL NOT NULL,
    settles_at REAL NOT NULL,
    outcome TEXT NOT NULL DEFAULT 'SUCCESS' CHECK (outcome IN ('SUCCESS', 'ABNORMAL', 'CLOSED'))
);
CREATE INDEX IF NOT EXISTS refunds_of_trade ON refunds (out_trade_no);
CREATE TABLE IF NOT EXISTS notices (
    notice_id TEXT PRIMARY KEY,
    out_trade_no TEXT NOT NULL REFERENCES trades,
    url TEXT NOT NULL,
    body BLOB NOT NULL,
    created_at REAL NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'given_up', 'swallowed')),
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at REAL NOT NULL,
    last_result TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS notices_waiting ON notices (next_at) WHERE state = 'waiting';
CREATE TABLE IF NOT EXISTS requests (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    status INTEGER NOT NULL,
    code TEXT NOT NULL
);
"""

Row = dict[str, Any]


@dataclass(frozen=True)
class Terms:
    """What a prepay asks for. ``text`` is everything that must not differ when the same number comes again."""

    out_trade_no: str
    appid: str
    openid: str
    description: str
    amount_fen: int
    notify_url: str
    expires_at: float | None
    text: str


class Ledger:
    """One connection behind one lock: every method is one short transaction, so threads cannot interleave inside it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.executescript(SCHEMA)
        if not self._rows("SELECT 1 FROM pragma_table_info('refunds') WHERE name = 'outcome'"):
            # A ledger kept from before refunds could end otherwise.
            self._db.execute("ALTER TABLE refunds ADD COLUMN outcome TEXT NOT NULL DEFAULT 'SUCCESS'")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _rows(self, query: str, values: tuple[Any, ...] | Mapping[str, Any] = ()) -> list[Row]:
        with self._lock:
            return [dict(row) for row in self._db.execute(query, values)]

    def _row(self, query: str, *values: Any) -> Row | None:
        return next(iter(self._rows(query, values)), None)

    def trade(self, number: str) -> Row | None:
        """By out_trade_no, prepay_id or transaction_id, with its refunds counted and summed."""
        return self._row(
            """SELECT trades.*, (SELECT count(*) FROM refunds r WHERE r.out_trade_no = trades.out_trade_no) AS refunds,
                      (SELECT coalesce(sum(amount_fen), 0) FROM refunds r
                        WHERE r.out_trade_no = trades.out_trade_no AND r.outcome <> 'CLOSED') AS refunded_fen
                 FROM trades WHERE ? IN (out_trade_no, prepay_id, transaction_id)""",
            number,
        )

    def announce(self, terms: Terms) -> Row:
        """Store a trade once; the stored one comes back, and the caller compares its terms."""
        values = (
            *(terms.out_trade_no, f"wx{secrets.token_hex(16)}", terms.text, terms.appid, terms.openid),
            *(terms.description, terms.amount_fen, terms.notify_url, terms.expires_at, time.time()),
        )
        with self._transaction() as db:
            db.execute(
                """INSERT INTO trades (out_trade_no, prepay_id, terms, appid, openid, description, amount_fen,
                                       notify_url, expires_at, created_at, state)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'NOTPAY') ON CONFLICT (out_trade_no) DO NOTHING""",
                values,
            )
        return self._must(terms.out_trade_no)

    def pay(self, number: str, *, even_expired: bool = False) -> tuple[Row, bool]:
        """Pay an unpaid trade in time; says whether this call paid it. ``even_expired``: a payer who was a bit late."""
        moment = time.time()
        with self._transaction() as db:
            paid = db.execute(
                """UPDATE trades SET state = 'SUCCESS', paid_at = ?, transaction_id = ?
                    WHERE ? IN (out_trade_no, prepay_id) AND state = 'NOTPAY'
                      AND (? OR expires_at IS NULL OR expires_at > ?)""",
                (moment, f"42{secrets.randbelow(10**26):026d}", number, even_expired, moment),
            ).rowcount
        return self._must(number), paid == 1

    def close(self, number: str) -> bool:
        """Whether this call closed it."""
        with self._transaction() as db:
            query = "UPDATE trades SET state = 'CLOSED' WHERE out_trade_no = ? AND state = 'NOTPAY'"
            return db.execute(query, (number,)).rowcount == 1

    def refund_once(
        self, trade: Row, *, out_refund_no: str, amount_fen: int, reason: str, settle_s: float, outcome: str, most: int
    ) -> Row | None:
        """
        Book a refund unless its number is known; None if it asks for more than is left or there are ``most`` already.

        The check and the booking are one statement.
        """
        moment = time.time()
        with self._transaction() as db:
            db.execute(
                """INSERT INTO refunds (out_refund_no, refund_id, out_trade_no, amount_fen, reason,
                                        created_at, settles_at, outcome)
                   SELECT :no, :id, t.out_trade_no, :fen, :reason, :now, :settles, :outcome FROM trades t
                    WHERE t.out_trade_no = :trade AND t.state = 'SUCCESS'
                      AND (SELECT count(*) FROM refunds r WHERE r.out_trade_no = :trade) < :most
                      AND (SELECT coalesce(sum(r.amount_fen), 0) FROM refunds r
                            WHERE r.out_trade_no = :trade AND r.outcome <> 'CLOSED') + :fen <= t.amount_fen
                   ON CONFLICT (out_refund_no) DO NOTHING""",
                {
                    "no": out_refund_no,
                    "id": f"50{secrets.randbelow(10**26):026d}",
                    "fen": amount_fen,
                    "reason": reason,
                    "now": moment,
                    "settles": moment + settle_s,
                    "outcome": outcome,
                    "trade": trade["out_trade_no"],
                    "most": most,
                },
            )
        return self.refund(out_refund_no)

    def book(self, table: str, rows: list[Row]) -> None:
        """Book ended trades or refunds as they are given, for bills of days gone by."""
        names = list(rows[0])
        with self._transaction() as db:
            marks = ", ".join(f":{name}" for name in names)
            db.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)  # noqa: S608 - ours

    def execute(self, statement: str, *values: Any) -> None:
        """Change what was booked, for tests of what a bill may say."""
        with self._transaction() as db:
            db.execute(statement, values)

    def bill(self, begin: float, end: float) -> tuple[list[Row], list[Row]]:
        """Trades paid and refunds accepted in [begin, end) seconds since 1970, each with its trade's numbers."""
        when = (begin, end)
        return (
            self._rows("SELECT * FROM trades WHERE paid_at >= ? AND paid_at < ? ORDER BY paid_at", when),
            self._rows(
                """SELECT t.*, r.out_refund_no, r.refund_id, r.amount_fen AS refund_fen, r.created_at AS refunded_at,
                          CASE WHEN r.settles_at < ? THEN 'SUCCESS' ELSE 'PROCESSING' END AS refund_state
                     FROM refunds r JOIN trades t USING (out_trade_no)
                    WHERE r.outcome = 'SUCCESS' AND r.created_at >= ? AND r.created_at < ? ORDER BY r.created_at""",
                (end, *when),
            ),
        )

    def refund(self, out_refund_no: str) -> Row | None:
        return self._row("SELECT * FROM refunds WHERE out_refund_no = ?", out_refund_no)

    def add_notice(
        self, *, notice_id: str, trade: Row, body: bytes, state: str, next_at: float, url: str | None = None
    ) -> None:
        """Once for each id. ``url`` is the trade's unless said."""
        with self._transaction() as db:
            db.execute(
                """INSERT INTO notices (notice_id, out_trade_no, url, body, created_at, state, next_at)
                   VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (notice_id) DO NOTHING""",
                (notice_id, trade["out_trade_no"], url or trade["notify_url"], body, time.time(), state, next_at),
            )

    def claim_notice(self, *, hold_s: float, notice_id: str | None = None) -> Row | None:
        """Take one due notice (or the named one) and put it off by ``hold_s``, so that no other thread sends it."""
        moment = time.time()
        with self._transaction() as db:
            row = db.execute(
                """UPDATE notices SET attempts = attempts + 1, next_at = ?1 WHERE notice_id = (
                       SELECT notice_id FROM notices WHERE state = 'waiting'
                          AND CASE WHEN ?2 IS NULL THEN next_at <= ?3 ELSE notice_id = ?2 END
                        ORDER BY next_at LIMIT 1) RETURNING *""",
                (moment + hold_s, notice_id, moment),
            ).fetchone()
        return dict(row) if row else None

    def settle_notice(self, notice_id: str, *, state: str, next_at: float, result: str) -> None:
        with self._transaction() as db:
            db.execute(
                "UPDATE notices SET state = ?, next_at = ?, last_result = ? WHERE notice_id = ?",
                (state, next_at, result, notice_id),
            )

    def notices_of(self, out_trade_no: str) -> list[Row]:
        return self._rows("SELECT * FROM notices WHERE out_trade_no = ? ORDER BY created_at", (out_trade_no,))

    def log_request(self, *, method: str, path: str, status: int, code: str) -> None:
        with self._transaction() as db:
            db.execute(
                "INSERT INTO requests (at, method, path, status, code) VALUES (?, ?, ?, ?, ?)",
                (time.time(), method, path, status, code),
            )

    def report(self, out_trade_no: str | None = None) -> dict[str, Any]:
        """All trades, refunds and notices, or one trade's, and their sums."""
        where = "WHERE :no IS NULL OR out_trade_no = :no"
        chosen = {"no": out_trade_no}
        trades = self._rows(f"SELECT * FROM trades {where} ORDER BY created_at", chosen)  # noqa: S608 - constant text
        refunds = self._rows(f"SELECT * FROM refunds {where} ORDER BY created_at", chosen)  # noqa: S608
        notices = self._rows(
            f"SELECT notice_id, out_trade_no, state, attempts, last_result FROM notices {where} ORDER BY created_at",  # noqa: S608
            chosen,
        )
        paid = sum(trade["amount_fen"] for trade in trades if trade["state"] == "SUCCESS")
        refunded = sum(refund["amount_fen"] for refund in refunds if refund["outcome"] == "SUCCESS")
        sums = {"paid_fen": paid, "refunded_fen": refunded, "held_fen": paid - refunded}
        return {"trades": trades, "refunds": refunds, "notices": notices, "sums": sums}

    def requests(self) -> list[Row]:
        return self._rows("SELECT at, method, path, status, code FROM requests ORDER BY id")

    def _must(self, number: str) -> Row:
        row = self.trade(number)
        if row is None:
            raise KeyError(number)
        return row
