"""B11: the application's role tries to change, delete or empty the books, or to write what does not balance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from django.conf import settings

from groupbuy.config import embedded
from groupbuy.config.embedded import registry
from groupbuy.config.embedded.postgres import SUPERUSER, Postgres
from tests.faults.ground import Ground, broken
from tests.faults.rows import Run

Attack = Callable[[psycopg.Connection], None]
VERBS = ("UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE")


@contextmanager
def connected(url: str) -> Iterator[psycopg.Connection]:
    """What is written is rolled back at the end."""
    with psycopg.connect(url) as connection:
        yield connection
        connection.rollback()


def append_only(run: Run) -> None:
    servers = embedded.addresses(run.ground.folder)
    assert servers is not None
    run.ground.paid(run.ground.order(run.ground.campaign()))
    for _ in range(run.tries):
        for name, attack in attacks().items():
            run.tally.guarded("" if refused(servers.database_url, attack) else f"taken: {name}")
    run.tally.guarded(broken())
    for verb in VERBS[:2]:  # the superuser with the triggers off: what the role and the triggers keep out
        for table in settings.APPEND_ONLY_TABLES:
            taken = not refused(superuser(run.ground), untriggered(verb.format(table)))
            run.tally.control("taken" if taken else "")


def attacks() -> dict[str, Attack]:
    statements = [verb.format(table) for table in settings.APPEND_ONLY_TABLES for verb in VERBS]
    return {statement: lambda c, sql=statement: said(c, sql) for statement in statements} | {"unbalanced": unbalanced}


def said(connection: psycopg.Connection, sql: str) -> None:
    connection.execute(sql.encode())


def unbalanced(connection: psycopg.Connection) -> None:
    entry = connection.execute(
        "INSERT INTO groupbuy_ledgerentry (kind, source_kind, source_id, at)"
        " VALUES ('sale', 'x', 1, groupbuy_now()) RETURNING id"
    ).fetchone()
    assert entry is not None
    connection.execute(
        "INSERT INTO groupbuy_ledgerleg (entry_id, account, amount_fen) VALUES (%s, 'held', 100), (%s, 'earned', -99)",
        [entry[0], entry[0]],
    )
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")


def untriggered(sql: str) -> Attack:
    def attack(connection: psycopg.Connection) -> None:
        connection.execute("SET session_replication_role = replica")
        said(connection, sql)

    return attack


def refused(url: str, attack: Attack) -> bool:
    try:
        with connected(url) as connection:
            attack(connection)
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.IntegrityError):
        return True
    return False


def superuser(ground: Ground) -> str:
    known = registry.read(ground.folder)
    assert known is not None
    return Postgres(ground.folder, known).url(SUPERUSER, known.superuser_password)
