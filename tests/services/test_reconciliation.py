"""The provider's bill against our books: every difference that was put in is found, and nothing else is."""

import datetime as dt
import random
from itertools import count
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from groupbuy.kernel import clock
from groupbuy.kernel.db import run
from groupbuy.kernel.errors import Invalid, StateConflict
from groupbuy.models import AuditEvent, BillDay, BillDifference, Payment, Refund
from groupbuy.providers.payment import ProviderUnavailable
from groupbuy.services import payments, reconciliation
from groupbuy.services.orders import order_cancel
from groupbuy.tasks import reconcile_bills, send_refunds
from tests.books import assert_books
from tests.clocks import SECOND, stop_clock
from tests.payment_provider.ledger import Ledger, Row
from tests.services.wechat import Wechat
from tests.world import place, shift_clock, world

pytestmark = pytest.mark.django_db

BEIJING = dt.timezone(dt.timedelta(hours=8))
MIDNIGHT = dt.datetime(2025, 6, 1, tzinfo=BEIJING)
FULL_DAY_S = 24 * 3600
PAYMENTS, REFUNDS = 1_700, 400
Found = set[tuple[str, str, str]]


_numbers = count(1)


def reconcile(day: dt.date) -> BillDay:
    return reconciliation.reconcile(day=day, provider="wechat")


def differences() -> Found:
    return set(BillDifference.objects.values_list("kind", "number", "what"))


class Books:
    """Equal books on both sides of one day, a bit of the days around it, and the differences put into them."""

    def __init__(self, wechat: Wechat) -> None:
        seed = next(_numbers)
        self.draw = random.Random(seed)  # noqa: S311 - repeatable, not secret
        # The provider outlives the test, so each has a day of its own.
        self.midnight = dt.datetime(2024, 1, 1, tzinfo=BEIJING) + seed * dt.timedelta(days=10)
        self.day = self.midnight.date()
        self.ledger = Ledger(wechat.provider.folder / "data" / "ledger.sqlite3")
        self.tag = f"B{seed}"
        w = world()
        self.order = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
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
        for table, key, moment in (("trades", "out_trade_no", "paid_at"), ("refunds", "out_refund_no", "settles_at")):
            for name in self.hidden_there:
                self.ledger.execute(f"UPDATE {table} SET {moment} = 0 WHERE {key} = ?", name)  # noqa: S608 - ours

    def keep(self) -> None:
        """Write our side, without what is hidden here."""
        Payment.objects.bulk_create(row for row in self.payments if row.out_trade_no not in self.hidden_here)
        Refund.objects.bulk_create(row for row in self.refunds if row.out_refund_no not in self.hidden_here)
        run("UPDATE groupbuy_refund SET sent_as_id = id, sent_at = created_at")


EIGHT_KINDS = {
    (kind, what): 12 + (what == "amount") * 2
    for kind in ("payment", "refund")
    for what in ("missing_here", "missing_there", "amount", "state")
}


@pytest.fixture
def books(wechat: Wechat) -> Books:
    made = Books(wechat)
    made.write()
    return made


@pytest.mark.parametrize("_", range(2))
def test_a_hundred_differences_of_every_kind_are_found_and_no_other(books: Books, _: int) -> None:
    books.put_in(EIGHT_KINDS)
    books.hide_there()
    books.keep()

    bill = reconcile(books.day)

    assert sum(EIGHT_KINDS.values()) == len(books.expected) == 100
    assert differences() == books.expected
    in_the_day = PAYMENTS + REFUNDS - 8
    assert bill.rows == in_the_day - EIGHT_KINDS["payment", "missing_there"] - EIGHT_KINDS["refund", "missing_there"]
    assert bill.checked_at is not None
    assert bill.next_try_at is None


def test_equal_books_have_no_difference_and_the_bills_sums(books: Books) -> None:
    books.put_in({})
    books.keep()

    bill = reconcile(books.day)

    assert differences() == set()
    on_the_day = [row for row in books.payments if row.paid_at and clock.local_date(row.paid_at) == books.day]
    assert bill.paid_fen == sum(row.amount_fen for row in on_the_day)
    assert bill.rows == PAYMENTS + REFUNDS - 8 >= 2_000


def test_a_second_check_keeps_what_is_explained_and_drops_what_was_put_right(books: Books) -> None:
    books.put_in({("payment", "missing_here"): 3, ("payment", "amount"): 2})
    books.keep()
    reconcile(books.day)
    explained, put_right, *_ = BillDifference.objects.filter(what="missing_here").order_by("pk")
    kept = set(BillDifference.objects.values_list("pk", flat=True))
    reconciliation.difference_explain(difference=explained, actor_id=books.order.leader_id, note="线下已退")

    reconcile(books.day)
    assert set(BillDifference.objects.values_list("pk", flat=True)) == kept
    Payment.objects.bulk_create(
        row for row in books.payments if row.out_trade_no in (explained.number, put_right.number)
    )
    reconcile(books.day)

    assert set(BillDifference.objects.values_list("pk", flat=True)) == kept - {put_right.pk}
    assert BillDay.objects.count() == 1


def test_the_number_of_statements_does_not_depend_on_the_rows(books: Books) -> None:
    books.put_in({("payment", "amount"): 50})
    books.keep()
    counts = []

    for day in (books.day, dt.date(2001, 1, 1)):
        with CaptureQueriesContext(connection) as seen:
            reconcile(day)
        counts.append(len(seen))

    assert counts[0] == counts[1]


def test_what_went_through_the_line_is_on_the_bill_with_its_merged_refund(wechat: Wechat) -> None:
    w = world()
    order = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 2})
    payment = wechat.start(order)
    wechat.pay(payment)
    payments.payment_query(payment_id=payment.pk)
    order_cancel(order=order, actor=w.shopper)
    send_refunds()
    shift_clock(by=3 * SECOND)
    send_refunds()
    assert Refund.objects.get().state == "succeeded"

    reconcile(clock.local_date(clock.now()))

    numbers = {payment.out_trade_no, Refund.objects.get().out_refund_no}
    assert [row for row in differences() if row[1] in numbers] == []
    assert_books()


def test_what_a_person_paid_back_is_not_looked_for_on_the_bill_but_is_not_to_be_on_it_either(
    wechat: Wechat, books: Books
) -> None:
    books.put_in({})
    books.keep()
    by_hand, twice = (row.out_refund_no for row in books.refunds[20:22])
    run(
        "INSERT INTO groupbuy_statechange (machine, subject_id, old, new, actor_id, reason, at)"
        " SELECT 'refund', id, 'manual', 'succeeded', %s, '', groupbuy_now() FROM groupbuy_refund"
        " WHERE out_refund_no IN (%s, %s)",
        [books.order.leader_id, by_hand, twice],
    )
    books.ledger.execute("UPDATE refunds SET settles_at = 0 WHERE out_refund_no = ?", by_hand)

    reconcile(books.day)

    assert differences() == {("refund", twice, "state")}


@pytest.fixture
def first_payment(wechat: Wechat) -> Payment:
    """A payment three days ago is the first that the provider knows of."""
    w = world()
    payment = payments._pending(place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1}), "wechat")
    Payment.objects.update(created_at=MIDNIGHT - dt.timedelta(days=3))
    return payment


@pytest.mark.parametrize(("hour", "days"), [(9, [29, 30]), (10, [29, 30, 31])])
def test_days_are_due_from_ten_the_day_after_and_none_is_forgotten(
    first_payment: Payment, hour: int, days: list[int]
) -> None:
    stop_clock(at=MIDNIGHT + dt.timedelta(hours=hour))

    reconcile_bills()
    reconcile_bills()

    checked = BillDay.objects.exclude(checked_at=None).order_by("bill_date")
    assert [bill.bill_date for bill in checked] == [dt.date(2025, 5, day) for day in days]
    assert BillDay.objects.count() == len(days)


def test_a_bill_that_is_not_there_yet_is_fetched_ten_minutes_later(first_payment: Payment, faults: Any) -> None:
    stop_clock(at=MIDNIGHT - dt.timedelta(days=2, hours=-10))
    faults(api_error_rate=1.0)
    reconcile_bills()
    bill = BillDay.objects.get()
    assert (bill.checked_at, bill.next_try_at) == (None, clock.now() + dt.timedelta(minutes=10))
    assert bill.last_error

    faults(api_error_rate=0.0)
    reconcile_bills()
    bill.refresh_from_db()
    assert bill.checked_at is None
    stop_clock(at=clock.now() + dt.timedelta(minutes=10))
    reconcile_bills()

    bill.refresh_from_db()
    assert bill.checked_at == clock.now()
    assert bill.last_error == ""


def test_a_provider_that_does_not_answer_changes_nothing(first_payment: Payment, faults: Any) -> None:
    faults(api_error_rate=1.0)

    with pytest.raises(ProviderUnavailable):
        reconcile(MIDNIGHT.date())

    assert not BillDay.objects.exists()


def test_the_applications_own_role_may_reconcile(wechat: Wechat) -> None:
    run("SET LOCAL ROLE groupbuy_app")

    reconcile(dt.date(2001, 1, 1))

    assert BillDay.objects.get().rows == 0


def test_a_difference_is_explained_once_by_somebody_with_a_note(wechat: Wechat, books: Books) -> None:
    books.put_in({("refund", "missing_here"): 1})
    books.keep()
    reconcile(books.day)
    difference, actor = BillDifference.objects.get(), books.order.leader_id

    with pytest.raises(Invalid):
        reconciliation.difference_explain(difference=difference, actor_id=actor, note="  ")
    reconciliation.difference_explain(difference=difference, actor_id=actor, note=" 渠道补单 ")
    with pytest.raises(StateConflict):
        reconciliation.difference_explain(difference=difference, actor_id=actor, note="again")

    difference.refresh_from_db()
    assert (difference.note, difference.explained_by_id) == ("渠道补单", actor)
    assert AuditEvent.objects.get(action="difference_explain").facts["reason"] == "渠道补单"
