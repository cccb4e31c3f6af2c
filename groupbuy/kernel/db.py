"""Small helpers around PostgreSQL: gates, savepoints of retry, plain rows."""

import random
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import OperationalError, connection, transaction

T = TypeVar("T")

# Key spaces of advisory locks (first of the two integers). One registry, so that no two meanings share a key.
GATE_CAMPAIGN = 1
GATE_WAREHOUSE_WAVES = 2
GATE_SWEEP = 3

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


def sqlstate(error: BaseException) -> str:
    """Return the five-character SQLSTATE of a database error, or an empty string."""
    cause = error.__cause__ or error
    return getattr(cause, "sqlstate", None) or ""


def in_transaction(work: Callable[[], T]) -> T:
    """
    Run ``work`` in one durable transaction; try it again as a whole on deadlock, serialization failure or lock timeout.

    Only for work that carries an idempotency key or is guarded by state. At most three tries, with jitter.
    """
    for attempt in range(1, TRIES + 1):
        try:
            with transaction.atomic(durable=True):
                return work()
        except OperationalError as error:
            if attempt == TRIES or sqlstate(error) not in RETRYABLE:
                raise
            time.sleep(random.uniform(0.01, 0.05) * attempt)  # noqa: S311 - jitter, not a secret
    raise AssertionError("unreachable")
