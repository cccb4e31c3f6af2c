"""The provider's bill against our books: every difference that was put in is found, and nothing else is."""

import datetime as dt
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
from tests.bills import BEIJING, EIGHT_KINDS, PAYMENTS, REFUNDS, Books, differences
from tests.books import assert_books
from tests.clocks import SECOND, stop_clock
from tests.services.wechat import Wechat
from tests.world import place, shift_clock, world

pytestmark = pytest.mark.django_db

MIDNIGHT = dt.datetime(2025, 6, 1, tzinfo=BEIJING)


def reconcile(day: dt.date) -> BillDay:
    return reconciliation.reconcile(day=day, provider="wechat")


@pytest.fixture
def books(wechat: Wechat) -> Books:
    w = world()
    order = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    made = Books(wechat.provider.folder, order)
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


def test_a_refund_on_its_way_stands_on_the_bill_as_accepted_and_is_no_difference(books: Books) -> None:
    books.put_in({})
    on_its_way, unsent = books.refunds[20:22]
    for refund, state in ((on_its_way, "sending"), (unsent, "manual")):
        refund.state, refund.done_at = state, None
        tomorrow = refund.created_at.timestamp() + 2 * 86_400
        books.ledger.execute(
            "UPDATE refunds SET settles_at = ? WHERE out_refund_no = ?", tomorrow, refund.out_refund_no
        )
    books.keep()

    reconcile(books.day)

    assert differences() == {("refund", unsent.out_refund_no, "state")}


def test_a_refund_that_was_accepted_before_midnight_is_not_looked_for_on_the_next_days_bill(books: Books) -> None:
    books.put_in({})
    books.keep()
    late = books.refunds[20]
    run(
        "UPDATE groupbuy_refund SET done_at = %s WHERE out_refund_no = %s",
        [books.midnight + dt.timedelta(days=1, seconds=2), late.out_refund_no],
    )

    reconcile(books.day)
    reconcile(books.day + dt.timedelta(days=1))

    assert [row for row in differences() if row[1] == late.out_refund_no] == []


@pytest.mark.parametrize("late_first", [False, True])
@pytest.mark.parametrize(("accepted", "stands_on"), [(-1, 0), (0, 1), (None, None)])
def test_a_refund_around_midnight_is_missing_only_if_it_is_on_neither_days_bill(
    books: Books, accepted: int | None, stands_on: int | None, late_first: bool
) -> None:
    """Sent a second before the midnight of Shanghai, done two after it; accepted on either side of it, or never."""
    books.put_in({})
    books.keep()
    late, midnight = books.refunds[20], books.midnight + dt.timedelta(days=1)
    run(
        "UPDATE groupbuy_refund SET sent_at = %s, done_at = %s WHERE out_refund_no = %s",
        [midnight - SECOND, midnight + 2 * SECOND, late.out_refund_no],
    )
    moment = 0 if accepted is None else (midnight + accepted * SECOND).timestamp()
    books.ledger.execute("UPDATE refunds SET created_at = ? WHERE out_refund_no = ?", moment, late.out_refund_no)
    days = [books.day, books.day + dt.timedelta(days=1)]

    for day in reversed(days) if late_first else days:
        reconcile(day)

    found = BillDifference.objects.filter(number=late.out_refund_no).values_list("bill__bill_date", "what")
    assert list(found) == ([] if stands_on is not None else [(days[1], "missing_there")])
    late.refresh_from_db()
    assert late.billed_date == (None if stands_on is None else days[stands_on])


def test_a_refund_that_was_accepted_one_day_and_paid_by_hand_the_next_is_listed_there(books: Books) -> None:
    books.put_in({})
    books.refunds[20].state = "sending"
    books.refunds[20].done_at = None
    books.keep()
    refund = books.refunds[20]
    tomorrow = books.midnight + dt.timedelta(days=1, hours=15)
    books.ledger.execute(
        "UPDATE refunds SET settles_at = ? WHERE out_refund_no = ?", tomorrow.timestamp() * 2, refund.out_refund_no
    )
    reconcile(books.day)
    assert differences() == set()
    for state in ("failed", "manual", "succeeded"):
        run(
            "UPDATE groupbuy_refund SET state = %s, version = version + 1, done_at = %s WHERE id = %s",
            [state, tomorrow if state == "succeeded" else None, refund.pk],
        )
    run(
        "INSERT INTO groupbuy_statechange (machine, subject_id, old, new, actor_id, reason, at)"
        " VALUES ('refund', %s, 'manual', 'succeeded', %s, '', groupbuy_now())",
        [refund.pk, books.order.leader_id],
    )

    reconcile(books.day + dt.timedelta(days=1))

    (found,) = [row for row in differences() if row[1] == refund.out_refund_no]
    assert found == ("refund", refund.out_refund_no, "state")


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
    books.ledger.execute("UPDATE refunds SET created_at = 0 WHERE out_refund_no = ?", by_hand)

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
