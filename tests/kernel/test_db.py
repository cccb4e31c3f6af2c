"""Transactions that join, statements that the server prepares, and the plan of the guard of moves."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from groupbuy.kernel.db import before_commit, in_transaction, joins_transaction, prepared, rows, run

pytestmark = pytest.mark.django_db(transaction=True)


@joins_transaction
def fail() -> None:
    prepared("SELECT 1 AS one")
    raise LookupError


def test_alone_a_joining_use_case_leaves_the_callers_transaction_usable() -> None:
    with transaction.atomic():
        with pytest.raises(LookupError):
            fail()

        assert rows("SELECT 2 AS two") == [{"two": 2}]


def test_in_a_whole_transaction_a_joining_use_case_makes_no_savepoint() -> None:
    with CaptureQueriesContext(connection) as seen, pytest.raises(LookupError):
        in_transaction(fail)

    assert [query["sql"] for query in seen] == ["BEGIN", "SELECT 1 AS one", "ROLLBACK"]


def test_what_is_put_off_to_the_commit_comes_last_in_a_whole_transaction() -> None:
    def work() -> str:
        before_commit(lambda: run("SELECT 'last'"))
        run("SELECT 'first'")
        return "done"

    with CaptureQueriesContext(connection) as seen:
        assert in_transaction(work) == "done"

    assert [query["sql"] for query in seen] == ["BEGIN", "SELECT 'first'", "SELECT 'last'", "COMMIT"]


def test_what_is_put_off_to_the_commit_can_still_refuse() -> None:
    with CaptureQueriesContext(connection) as seen, pytest.raises(LookupError):
        in_transaction(lambda: before_commit(fail))

    assert [query["sql"] for query in seen] == ["BEGIN", "SELECT 1 AS one", "ROLLBACK"]


def test_without_a_whole_transaction_nothing_is_put_off() -> None:
    with CaptureQueriesContext(connection) as seen, transaction.atomic():
        before_commit(lambda: run("SELECT 'last'"))
        run("SELECT 'first'")

    assert [query["sql"] for query in seen] == ["BEGIN", "SELECT 'last'", "SELECT 'first'", "COMMIT"]


def test_a_statement_used_again_is_prepared_and_answers_the_same() -> None:
    answers = [prepared("SELECT %s::int + 1 AS next", [number]) for number in range(5)]

    assert answers == [[{"next": number + 1}] for number in range(5)]
    held = rows("SELECT count(*) AS kept FROM pg_prepared_statements WHERE statement LIKE 'SELECT $1::int + 1%%'", [])
    assert held == [{"kept": 1}]


def test_the_guard_of_moves_never_joins_a_set_of_rows_by_a_nested_loop() -> None:
    """Its plan is made at a session's first move and kept; see migration 0002."""
    found = rows("SELECT proconfig FROM pg_proc WHERE proname = 'groupbuy_guard_moves'")

    assert found == [{"proconfig": ["enable_nestloop=off"]}]
