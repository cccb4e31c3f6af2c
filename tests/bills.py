"""Two books of one day, ours and the payment provider's, with differences put into them."""

import datetime as dt
import random
from itertools import count
from pathlib import Path
from typing import Any

from groupbuy.kernel.db import run
from groupbuy.models import BillDifference, Order, Payment, Refund
from tests.clocks import SECOND
from tests.payment_provider.ledger import Ledger, Row

BEIJING = dt.timezone(dt.timedelta(hours=8))
FULL_DAY_S = 24 * 3600
PAYMENTS, REFUNDS = 1_700, 400
Found = set[tuple[str, str, str]]

EIGHT_KINDS = {
    (kind, what): 12 + (what == "amount") * 2
    for kind in ("payment", "refund")
    for what in ("missing_here", "missing_there", "amount", "state")
}

_numbers = count(1)


def differences() -> Found:
    return set(BillDifference.objects.values_list("kind", "number", "what"))


class Books:
    """Equal books on both sides of one day, a bit of the days around it, and the differences put into them."""

    def __init__(self, folder: Path, order: Order) -> None:
        """:param folder: the provider's. :param order: to which every payment is said to belong."""
        seed = next(_numbers)
        self.draw = random.Random(seed)  # noqa: S311 - repeatable, not secret
        # The provider outlives the test, so each has a day of its own.
        self.midnight = dt.datetime(2024, 1, 1, tzinfo=BEIJING) + seed * dt.timedelta(days=10)
        self.day = self.midnight.date()
        self.ledger = Ledger(folder / "data" / "ledger.sqlite3")
        self.tag = f"B{seed}"
        self.order = order
        moments = [self.moment(number) for number in range(PAYMENTS)]
        self.payments = [self.payment(number, moment) for number, moment in enumerate(moments)]
        self.refunds = [self.refund(payment) for payment in self.payments[:REFUNDS]]
        self.expected: Found = set()

    def moment(self, number: int) -> dt.datetime:
        """The first and the last instant of the day, instants of the days around it, and any between."""
        edges = [0, FULL_DAY_S - 1, -1, FULL_DAY_S, -3600, FULL_DAY_S + 3600]
        second = edges[number] if number < len(edges) else self.draw.randrange(FULL_DAY_S)
        return self.midnight + second * SECOND

    def payment(self, number: int, moment: dt.datetime) -> Payment:
        return Payment(
            order=self.order,
            payer=self.order.payer,
            provider="wechat",
            out_trade_no=f"{self.tag}T{number:06d}",
            amount_fen=self.draw.randrange(1, 500_000),
            transaction_id=f"42{self.tag}{number:06d}",
            state="paid",
            created_at=moment,
            paid_at=moment,
        )

    def refund(self, payment: Payment) -> Refund:
        """All of it, at the moment at which it was paid."""
        return Refund(
            payment=payment,
            order=self.order,
            out_refund_no=payment.out_trade_no.replace("T", "R"),
            amount_fen=payment.amount_fen,
            reason="operator",
            state="succeeded",
            created_at=payment.created_at,
            done_at=payment.paid_at,
        )

    def put_in(self, per_kind: dict[tuple[str, str], int]) -> None:
        """Spoil rows of the middle of the day, each once, on our side or theirs."""
        free: dict[str, list[Any]] = {"payment": self.payments[REFUNDS + 10 :], "refund": self.refunds[10:]}
        self.draw.shuffle(free["payment"])
        self.draw.shuffle(free["refund"])
        self.hidden_here: set[str] = set()
        self.hidden_there: set[str] = set()
        for (kind, what), number in per_kind.items():
            for _ in range(number):
                row = free[kind].pop()
                name = row.out_trade_no if isinstance(row, Payment) else row.out_refund_no
                self.expected.add((kind, name, what))
                self._spoil(row, name, what)

    def _spoil(self, row: Payment | Refund, name: str, what: str) -> None:
        if what == "missing_here":
            self.hidden_here.add(name)
        elif what == "missing_there":
            self.hidden_there.add(name)
        elif what == "amount":
            row.amount_fen += self.draw.choice([-1, 1]) if row.amount_fen > 1 else 1
        elif isinstance(row, Payment):
            row.state = "closed"
        else:
            row.state = "manual"

    def write(self) -> None:
        """Theirs first, as it was before anything was spoiled."""
        trades = [self.trade(payment) for payment in self.payments]
        backs = [self.back(refund) for refund in self.refunds]
        self.ledger.book("trades", trades)
        self.ledger.book("refunds", backs)

    def trade(self, payment: Payment) -> Row:
        assert payment.paid_at
        numbers = {"out_trade_no": payment.out_trade_no, "transaction_id": payment.transaction_id}
        words = {"prepay_id": f"wx{payment.out_trade_no}", "terms": "", "appid": "", "openid": "o1", "notify_url": ""}
        moment = payment.paid_at.timestamp()
        money = {"amount_fen": payment.amount_fen, "description": "番茄, 2 份", "state": "SUCCESS"}
        return numbers | words | money | {"created_at": moment, "paid_at": moment}

    def back(self, refund: Refund) -> Row:
        assert refund.done_at
        moment = refund.done_at.timestamp()
        return {
            "out_refund_no": refund.out_refund_no,
            "refund_id": f"50{refund.out_refund_no}",
            "out_trade_no": refund.payment.out_trade_no,
            "amount_fen": refund.amount_fen,
            "reason": "",
            "created_at": moment,
            "settles_at": moment,
        }

    def hide_there(self) -> None:
        """Trades that have no refund, and refunds, out of the provider's day."""
        for table, key, moment in (("trades", "out_trade_no", "paid_at"), ("refunds", "out_refund_no", "created_at")):
            for name in self.hidden_there:
                self.ledger.execute(f"UPDATE {table} SET {moment} = 0 WHERE {key} = ?", name)  # noqa: S608 - ours

    def keep(self) -> None:
        """Write our side, without what is hidden here."""
        Payment.objects.bulk_create(row for row in self.payments if row.out_trade_no not in self.hidden_here)
        Refund.objects.bulk_create(row for row in self.refunds if row.out_refund_no not in self.hidden_here)
        run("UPDATE groupbuy_refund SET sent_as_id = id, sent_at = created_at")
