"""What the API answers when the database is not there, or not yet: come again, never a server error."""

from typing import Any

import psycopg
import pytest
from django.db import InterfaceError, OperationalError

from groupbuy.kernel.problems import ProblemHandler

CONTEXT: Any = {"view": None, "request": None, "args": (), "kwargs": {}}


def raised(cause: Exception) -> OperationalError:
    """As Django wraps what the driver raised."""
    error = OperationalError(str(cause))
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        raised(psycopg.errors.AdminShutdown("terminating connection due to administrator command")),
        raised(psycopg.errors.CrashShutdown("terminating connection because of crash of another server process")),
        raised(psycopg.errors.CannotConnectNow("the database system is starting up")),
        raised(psycopg.errors.TooManyConnections("sorry, too many clients already")),
        raised(psycopg.errors.DiskFull("could not extend file")),
        raised(psycopg.errors.QueryCanceled("canceling statement due to statement timeout")),
        raised(psycopg.errors.LockNotAvailable("canceling statement due to lock timeout")),
        raised(psycopg.errors.DeadlockDetected("deadlock detected")),
        raised(psycopg.OperationalError("connection refused")),
        InterfaceError("connection already closed"),
    ],
    ids=lambda error: str(error),
)
def test_a_database_that_is_away_for_a_moment_is_503_with_the_time_to_come_again(error: Exception) -> None:
    answer = ProblemHandler(error, CONTEXT).run()

    assert answer is not None
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert answer.data["errors"][0]["code"] == "busy"


def test_what_will_fail_again_the_same_way_stays_a_server_error() -> None:
    error = raised(psycopg.errors.UndefinedTable("relation does not exist"))

    assert ProblemHandler(error, CONTEXT).convert_known_exceptions(error) is error
