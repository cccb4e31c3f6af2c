"""Derived data comes back bit for bit, whatever was done to it behind the services' back."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from groupbuy.config.management.commands.rebuild_balances import derived
from groupbuy.kernel.db import rows, run
from groupbuy.models import AuditEvent, PickupPoint, Sku, User
from groupbuy.selectors.derived import Derived, differences
from groupbuy.services.campaigns import OfferWanted
from groupbuy.services.rebuilding import rebuild
from tests.books import assert_books
from tests.books.busy import busy_world
from tests.world import open_campaign, place

pytestmark = pytest.mark.django_db

# What the table lets be stored instead, so that its own rules do not refuse the damage.
DAMAGE = {
    "groupbuy_couponkind.claimed": "0",
    "groupbuy_orderline.refunded_fen": "0",
    "groupbuy_payment.refunded_fen": "0",
    "groupbuy_orderline.collected": "0",
    "groupbuy_orderline.short": "0",
}


def stored(column: Derived) -> list[dict[str, Any]]:
    key = ", ".join(column.key)
    return rows(f"SELECT {key}, {column.column} FROM {column.table} t WHERE {column.within} ORDER BY {key}")  # noqa: S608 -- our own


def damage(column: Derived) -> int:
    wrong = DAMAGE.get(column.name, f"{column.column} + 1")
    return run(f"UPDATE {column.table} t SET {column.column} = {wrong} WHERE {column.within}")  # noqa: S608 -- our own


@pytest.fixture
def busy() -> dict[str, int]:
    """Everything has happened, and a community holds pieces of an offer with a cap."""
    ids = busy_world()
    point = PickupPoint.objects.get(pk=ids["near"])
    capped = OfferWanted(sku=Sku.objects.get(pk=ids["sku"]), price_fen=399, per_community=5)
    campaign = open_campaign(warehouse=point.warehouse, points=[point], offers=[capped], title="限量团")
    shopper = User.objects.get(pk=ids["shopper"])
    place(shopper=shopper, group=campaign.groups.get(), quantities={campaign.offers.get(): 2})
    return ids


@pytest.mark.parametrize("column", list(derived()), ids=lambda column: column.name)
def test_a_sound_world_has_nothing_to_rebuild(column: Derived, busy: dict[str, int]) -> None:
    assert differences(column) == []
    assert rebuild(column) == []
    assert not AuditEvent.objects.filter(action="rebuild_balances").exists()


@pytest.mark.parametrize("column", list(derived()), ids=lambda column: column.name)
def test_a_damaged_column_is_put_right_and_a_second_run_finds_nothing(column: Derived, busy: dict[str, int]) -> None:
    before = stored(column)
    assert damage(column)
    wrong = differences(column)
    assert wrong

    found = rebuild(column)

    assert found == wrong
    assert stored(column) == before
    assert rebuild(column) == []
    assert_books()


@pytest.mark.parametrize("table", [column.table for column in derived() if column.may_miss])
def test_counters_that_are_gone_come_back(table: str, busy: dict[str, int]) -> None:
    (column,) = (each for each in derived() if each.table == table)
    kept = [row for row in stored(column) if row[column.column]]
    run(f"DELETE FROM {table}")  # noqa: S608 -- one of our own

    found = rebuild(column)

    assert [(row["stored"], row["value"]) for row in found] == [(None, row[column.column]) for row in kept]
    assert [row for row in stored(column) if row[column.column]] == kept
    assert_books()


def test_a_dry_run_prints_what_is_wrong_and_writes_nothing(busy: dict[str, int]) -> None:
    run("UPDATE groupbuy_offer SET sold = sold + 1 WHERE id = %s", [busy["tomato"]])
    out = io.StringIO()

    call_command("rebuild_balances", "--dry-run", stdout=out)
    shown = out.getvalue()
    call_command("rebuild_balances", stdout=out)
    call_command("rebuild_balances", stdout=out)

    assert shown == f"groupbuy_offer.sold id {busy['tomato']}: 6 -> 5\n"
    assert out.getvalue() == shown * 2
    audit = AuditEvent.objects.get(action="rebuild_balances")
    assert audit.facts == {"column": "groupbuy_offer.sold", "changed": 1}
    assert_books()


def test_the_application_may_rebuild(busy: dict[str, int]) -> None:
    for column in derived():
        damage(column)
    run("SET LOCAL ROLE groupbuy_app")

    for column in derived():
        assert rebuild(column)

    run("RESET ROLE")
    assert_books()


def test_the_page_about_the_ledger_lists_every_derived_column() -> None:
    page = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text()
    table = page.partition("## What is derived")[2].partition("## ")[0]

    assert [column.name for column in derived() if column.table not in table or column.column not in table] == []
