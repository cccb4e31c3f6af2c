"""Small helpers around PostgreSQL: gates, savepoints of retry, plain rows."""

import random
import time
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper
from psycopg.rows import dict_row

T = TypeVar("T")
P = ParamSpec("P")

# Key spaces of advisory locks (first of the two integers). One registry, so that no two meanings share a key.
GATE_CAMPAIGN = 1
GATE_WAREHOUSE_WAVES = 2
GATE_SWEEP = 3
GATE_PROMOTIONS = 4

# Deadlock, serialization failure, lock timeout: the whole transaction may be tried again.
RETRYABLE = {"40P01", "40001", "55P03"}
TRIES = 3


def enter_gate(space: int, key: int) -> None:
    """Hold the gate of ``key`` together with others until the transaction ends. Read state after it, never before."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, %s)", [space, key])


def close_gate(space: int, key: int) -> None:
    """Hold the gate of ``key`` alone until the transaction ends; waits for everybody who is inside."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [space, key])


def rows(sql: str, params: Any = None) -> list[dict[str, Any]]:
    """Run one statement and return its rows as dictionaries."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()] if names else []


def run(sql: str, params: Any = None) -> int:
    """Run one statement and return how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)


def prepared(sql: str, params: Any = None) -> list[dict[str, Any]]:
    """
    Run one statement as ``rows`` does, but let the server bind its parameters and keep its plan.

    For the few statements of which there are many a second: planning one takes longer than running it. The types of
    its parameters must be clear from the statement alone.
    """
    database = connections[DEFAULT_DB_ALIAS]  # each look through ``connection`` searches the thread's again
    database.close_if_health_check_failed()
    database.ensure_connection()
    with _server_bound(database) as cursor:
        cursor.execute(sql, params)
        found: list[dict[str, Any]] = cursor.fetchall() if cursor.pgresult.nfields else []
        return found


# The stubs know its class, but not that psycopg's cursor is its base.
_server_binding_cursor: Any = ServerBindingCursor


def _server_bound(database: BaseDatabaseWrapper) -> CursorWrapper:
    """Return a cursor that Django counts and wraps like any other, though it was not asked to open it."""
    cursor: Any = _server_binding_cursor(database.connection, row_factory=dict_row)
    return _Logged(cursor, database) if database.queries_logged else database.make_cursor(cursor)


class _Logged(CursorDebugWrapper):
    """Log the statement without its parameters, which a prepared one does not hold."""

    def debug_sql(
        self, sql: Any = None, params: Any = None, use_last_executed_query: bool = False, many: bool = False
    ) -> Any:
        return super().debug_sql(sql, params, use_last_executed_query=False, many=many)


def sqlstate(error: BaseException) -> str:
    """Return the five-character SQLSTATE of a database error, or an empty string."""
    cause = error.__cause__ or error
    return getattr(cause, "sqlstate", None) or ""


def may_pass(error: BaseException) -> bool:
    """
    Whether the same request may succeed a moment later: the database was busy, restarting, full or out of reach.

    An operational error without SQLSTATE is a connection that was lost or never came about.
    """
    if isinstance(error, InterfaceError):
        return True
    state = sqlstate(error)
    return isinstance(error, OperationalError) and (not state or state in RETRYABLE or state[:2] in {"08", "53", "57"})


def in_transaction(work: Callable[[], T]) -> T:
    """
    Run ``work`` in one durable transaction; try it again as a whole on deadlock, serialization failure or lock timeout.

    Only for work that carries an idempotency key or is guarded by state. At most three tries, with jitter.
    """
    for attempt in range(1, TRIES + 1):
        last: list[Callable[[], object]] = []
        whole = _whole.set(last)
        try:
            with transaction.atomic(durable=True):
                result = work()
                for each in last:
                    each()
                return result
        except OperationalError as error:
            if attempt == TRIES or sqlstate(error) not in RETRYABLE:
                raise
        finally:
            _whole.reset(whole)
        time.sleep(random.uniform(0.01, 0.05) * attempt)  # noqa: S311 - jitter, not a secret
    raise AssertionError("unreachable")


# Inside ``in_transaction``, where whatever is raised ends the whole transaction: what comes last in it.
_whole: ContextVar[list[Callable[[], object]] | None] = ContextVar("whole", default=None)


def before_commit(work: Callable[[], object]) -> None:
    """
    Do ``work`` at the very end of ``in_transaction``, with the commit right behind it; without it, now.

    For rows that everybody wants, so that they are locked for as short as can be. What it raises ends the transaction.
    """
    last = _whole.get()
    if last is None:
        work()
    else:
        last.append(work)


def joins_transaction(use_case: Callable[P, T]) -> Callable[P, T]:
    """Make a use case atomic, without a savepoint of its own where ``in_transaction`` rolls everything back anyway."""

    @wraps(use_case)
    def joining(*args: P.args, **kwargs: P.kwargs) -> T:
        with transaction.atomic(savepoint=_whole.get() is None):
            return use_case(*args, **kwargs)

    return joining
