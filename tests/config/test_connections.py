"""Connections that are kept between requests: used again without asking, and replaced when the server has hung up."""

from collections.abc import Iterator

import pytest
from django.db import connections

from groupbuy.config.postgresql.base import DatabaseWrapper
from groupbuy.kernel.db import prepared, rows, run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kept() -> Iterator[DatabaseWrapper]:
    """A connection of its own between two requests, as a web thread has it."""
    connection = connections.create_connection("default")
    assert isinstance(connection, DatabaseWrapper)
    connection.ensure_connection()
    connection.close_at = None  # CONN_MAX_AGE of the web
    connection.close_if_unusable_or_obsolete()
    yield connection
    connection.close()


def pid(connection: DatabaseWrapper) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def last_heard_of(backend: int) -> object:
    (found,) = rows("SELECT state_change FROM pg_stat_activity WHERE pid = %s", [backend])
    return found["state_change"]


def test_a_sound_connection_is_used_again_without_a_question_to_the_server(kept: DatabaseWrapper) -> None:
    before = last_heard_of(kept.connection.info.backend_pid)

    assert kept.is_usable()

    assert last_heard_of(kept.connection.info.backend_pid) == before


def test_a_connection_that_the_server_has_ended_is_replaced_at_the_next_request(kept: DatabaseWrapper) -> None:
    first = pid(kept)
    run("SELECT pg_terminate_backend(%s, 5000)", [first])

    kept.close_if_unusable_or_obsolete()

    assert pid(kept) != first


def test_after_an_error_the_server_is_asked(kept: DatabaseWrapper) -> None:
    kept.errors_occurred = True
    before = last_heard_of(kept.connection.info.backend_pid)

    assert kept.is_usable()

    assert last_heard_of(kept.connection.info.backend_pid) != before


def test_a_prepared_statement_too_gets_a_connection_that_lives(kept: DatabaseWrapper) -> None:
    (first,) = prepared("SELECT pg_backend_pid() AS pid")
    connections["default"].close_at = None
    with kept.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [first["pid"]])

    connections["default"].close_if_unusable_or_obsolete()

    (second,) = prepared("SELECT pg_backend_pid() AS pid")
    assert second["pid"] != first["pid"]
