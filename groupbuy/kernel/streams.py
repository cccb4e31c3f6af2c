"""Many rows of one statement, a few at a time, so that memory does not grow with them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

FEW = 2_000
"""Rows that are in memory at once."""

BLOCK = 256 * 1024
"""Bytes in which copied text is handed on."""


@contextmanager
def snapshot() -> Iterator[None]:
    """
    Let everything that is read inside be as of one instant, and nothing be written.

    Inside a transaction that is under way, that one goes on as it is.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def streamed(sql: str, params: Sequence[Any] | Mapping[str, Any] = ()) -> Iterator[tuple[Any, ...]]:
    """Go through the rows of a query by a cursor on the server."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, params)
        while few := cursor.fetchmany(FEW):
            yield from few


def copied(sql: str, params: Sequence[Any] = ()) -> Iterator[bytes]:
    r"""
    Return the rows of a query as lines of CSV that the server makes, in blocks that end with a line.

    In UTF-8, each line ended by ``\n``; a field is quoted where CSV needs it; ``\N`` stands for NULL.
    """
    block = bytearray()
    with connection.cursor() as cursor, cursor.copy(f"COPY ({sql}) TO STDOUT (FORMAT csv, NULL '\\N')", params) as rows:
        for row in rows:  # the server sends whole rows
            block += row
            if len(block) >= BLOCK:
                yield bytes(block)
                block.clear()
    yield bytes(block)
