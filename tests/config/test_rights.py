"""What the application's database role may not do, whatever the application's code says."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db import ProgrammingError, connection, transaction

from groupbuy.config.management.commands.grant_app_role import READ_ONLY_TABLES

pytestmark = pytest.mark.django_db


def as_application(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE groupbuy_app")
        cursor.execute(statement)


def refused(statement: str) -> bool:
    try:
        with transaction.atomic():
            as_application(statement)
            with connection.cursor() as cursor:
                cursor.execute("RESET ROLE")
    except ProgrammingError as error:
        return "permission denied" in str(error)
    return False


@pytest.mark.parametrize("table", settings.APPEND_ONLY_TABLES)
@pytest.mark.parametrize("verb", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_books_can_be_read_and_not_changed(table: str, verb: str) -> None:
    assert not refused(f"SELECT * FROM {table}")  # noqa: S608 -- a name from the settings
    assert refused(verb.format(table))


@pytest.mark.parametrize("table", READ_ONLY_TABLES)
@pytest.mark.parametrize("verb", ["DELETE FROM {}", "TRUNCATE {}", "INSERT INTO {} DEFAULT VALUES"])
def test_the_databases_own_rules_can_be_read_and_not_changed(table: str, verb: str) -> None:
    assert not refused(f"SELECT * FROM {table}")  # noqa: S608 -- a name from the settings
    assert refused(verb.format(table))


def test_no_table_can_be_emptied_dropped_or_made() -> None:
    assert refused("TRUNCATE groupbuy_order CASCADE")
    assert refused("CREATE TABLE mine (id int)")
    with pytest.raises(ProgrammingError, match="must be owner"):
        as_application("DROP TABLE groupbuy_order CASCADE")


def test_ordinary_rows_can_be_written() -> None:
    assert not refused("UPDATE groupbuy_order SET id = id")
    assert not refused("DELETE FROM groupbuy_order WHERE false")
