"""The plain SQL that a wave is measured against writes what a wave writes: no row less, no total else."""

import pytest
from django.db import connection

from groupbuy.kernel.db import rows, run
from tests.bench.waves import RAW_TABLES, TABLES, write_raw
from tests.services.steps import build
from tests.world import place_and_pay, world

pytestmark = pytest.mark.django_db

TOTALS = {"sortline": "quantity", "pickline": "quantity", "purchaseline": "cases", "stop": "position"}


def counted(table: str, column: str) -> tuple[int, int]:
    (found,) = rows(f"SELECT count(*) AS rows, coalesce(sum({column}), 0)::int AS total FROM {table}")  # noqa: S608
    return found["rows"], found["total"]


def test_the_limit_writes_as_many_rows_as_a_wave_with_the_same_totals() -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 2, w.eggs: 1})
    place_and_pay(shopper=w.neighbour, group=w.group, quantities={w.tomato: 1})
    place_and_pay(shopper=w.shopper, group=w.other_group, quantities={w.dumplings: 6})
    build(w.campaign)

    run("CREATE SCHEMA raw")
    run(RAW_TABLES)
    connection.ensure_connection()
    write_raw(connection.connection, w.campaign)

    for name in TABLES:
        column = TOTALS.get(name, "1")
        assert counted(f"raw.{name}", column) == counted(f"fulfillment_{name}", column), name
    assert counted("raw.sortline", "quantity") == (3, 10)
