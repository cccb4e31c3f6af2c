"""Long reads: planned without nested loops while they are planned, and not a moment longer."""

import pytest
from django.db import connection, transaction
from psycopg.errors import DivisionByZero

from groupbuy.kernel.db import rows
from groupbuy.kernel.streams import by_hash, copied, streamed


def nested_loops() -> str:
    (row,) = rows("SHOW enable_nestloop")
    return str(row["enable_nestloop"])


def plan(sql: str) -> str:
    return "\n".join(str(row["QUERY PLAN"]) for row in rows(f"EXPLAIN {sql}"))


JOIN = "SELECT a.n FROM (VALUES (1), (2)) a (n) JOIN (VALUES (2), (3)) b (n) ON a.n = b.n"


@pytest.mark.django_db
def test_tables_that_look_empty_are_joined_by_hash_and_later_as_the_planner_likes() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE one (n int PRIMARY KEY); CREATE TEMP TABLE two (n int PRIMARY KEY)")
    sql = "SELECT * FROM one JOIN two USING (n) WHERE one.n = ANY(ARRAY[1, 2])"

    with by_hash():
        hashed = plan(sql)

    assert "Nested Loop" in plan(sql)
    assert "Nested Loop" not in hashed
    assert nested_loops() == "on"


@pytest.mark.django_db(transaction=True)
def test_the_setting_is_gone_before_the_first_row_is_read_and_after_a_copy() -> None:
    with transaction.atomic():
        assert next(streamed(JOIN, hashed=True)) == (2,)
        assert nested_loops() == "on"
        assert b"".join(copied(JOIN)) == b"2\n"
        assert nested_loops() == "on"


@pytest.mark.django_db(transaction=True)
def test_a_copy_that_breaks_leaves_no_setting_behind() -> None:
    with pytest.raises(DivisionByZero), transaction.atomic():
        list(copied("SELECT 1 / (n - 2) FROM generate_series(1, 3) n"))
    assert nested_loops() == "on"

    with pytest.raises(DivisionByZero):
        list(copied("SELECT 1 / (n - 2) FROM generate_series(1, 3) n"))
    assert nested_loops() == "on"
