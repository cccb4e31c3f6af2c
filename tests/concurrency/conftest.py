"""Races need real commits: every test here runs on its own connections and empties the tables afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.db import connection


@pytest.fixture
def without_constraint(transactional_db: None) -> Iterator[Callable[[str, str], None]]:
    """
    Take a constraint away for the length of a twin, which shows what happens without it.

    Coming back it finds its table empty, and everything that refers to it.
    """
    dropped: list[tuple[str, str, str]] = []

    def drop(table: str, name: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [name])
            (definition,) = cursor.fetchone()
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        dropped.append((table, name, definition))

    yield drop
    with connection.cursor() as cursor:
        for table, name, definition in dropped:
            cursor.execute(f"TRUNCATE {table} CASCADE")
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
