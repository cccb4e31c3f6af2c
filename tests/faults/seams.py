"""Taking a guard out at a named seam, for as long as a control runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytest
from django.db.models import QuerySet

from groupbuy.kernel.db import rows, run
from groupbuy.providers import registry
from groupbuy.services import payments


@contextmanager
def replaced(holder: Any, name: str, value: Any) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(holder, name, value)
        yield


@contextmanager
def without_row_locks() -> Iterator[None]:
    unlocked = re.sub(r"FOR NO KEY UPDATE OF \w", "", payments._LOCK)
    with replaced(QuerySet, "select_for_update", lambda self, **_: self), replaced(payments, "_LOCK", unlocked):
        yield


@contextmanager
def without_constraint(table: str, name: str) -> Iterator[None]:
    """Rows that break it are gone when it comes back: the table is emptied, with all that refers to it."""
    (found,) = rows("SELECT pg_get_constraintdef(oid) AS text FROM pg_constraint WHERE conname = %s", [name])
    run(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    try:
        yield
    finally:
        run(f"TRUNCATE {table} CASCADE")
        run(f"ALTER TABLE {table} ADD CONSTRAINT {name} {found['text']}")


@contextmanager
def provider_through(wrap: Callable[[Any], Any]) -> Iterator[None]:
    """Let every call to the payment provider go through ``wrap`` of its client."""
    wechat = cast("Any", registry)._wechat
    with replaced(registry, "_wechat", lambda values: wrap(wechat(values))):
        yield
