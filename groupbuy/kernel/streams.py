"""Many rows of one statement, a few at a time, so that memory does not grow with them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from django.db import connection, transaction
from psycopg.pq import TransactionStatus

from groupbuy.kernel.db import run

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


@contextmanager
def by_hash() -> Iterator[None]:
    """
    Let what is planned inside join by hashes and merges, never by going through one table for each row of another.

    For tables into which millions of rows were written a moment ago: until they are analysed, the planner expects one.
    """
    run("SET enable_nestloop = off")
    try:
        yield
    finally:
        # A broken transaction takes no statement, but its end takes the setting back.
        if connection.connection and connection.connection.info.transaction_status != TransactionStatus.INERROR:
            run("RESET enable_nestloop")


def streamed(
    sql: str, params: Sequence[Any] | Mapping[str, Any] = (), *, hashed: bool = False
) -> Iterator[tuple[Any, ...]]:
    """
    Go through the rows of a query by a cursor on the server.

    :param hashed: plan it ``by_hash``.
    """
    with connection.chunked_cursor() as cursor:
        with by_hash() if hashed else nullcontext():
            cursor.execute(sql, params)  # planned here, whenever it is read
        while few := cursor.fetchmany(FEW):
            yield from few


def copied(sql: str, params: Sequence[Any] = ()) -> Iterator[bytes]:
    r"""
    Return the rows of a query as lines of CSV that the server makes, in blocks that end with a line.

    In UTF-8, each line ended by ``\n``; a field is quoted where CSV needs it; ``\N`` stands for NULL. Planned
    ``by_hash``.
    """
    block = bytearray()
    with (
        by_hash(),
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({sql}) TO STDOUT (FORMAT csv, NULL '\\N')", params) as rows,
    ):
        for row in rows:  # the server sends whole rows
            block += row
            if len(block) >= BLOCK:
                yield bytes(block)
                block.clear()
    yield bytes(block)
