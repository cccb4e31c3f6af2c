"""What the database promises by itself: the same machines as the code, and books that nobody edits."""

from collections.abc import Iterator

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from fulfillment.domain.states import MACHINES as FULFILLMENT
from groupbuy.domain.states import MACHINES as GROUPBUY
from groupbuy.kernel.db import rows, run, sqlstate
from groupbuy.kernel.machine import Machine
from leaders.domain.states import MACHINES as LEADERS
from tests.books.busy import busy_world

pytestmark = pytest.mark.django_db

MACHINES: tuple[Machine, ...] = (*GROUPBUY, *FULFILLMENT, *LEADERS)
BOOKS = (
    "groupbuy_ledgerentry",
    "groupbuy_ledgerleg",
    "groupbuy_statechange",
    "groupbuy_auditevent",
    "groupbuy_linediscount",
    "groupbuy_creditgrant",
    "fulfillment_shortageshare",
    "fulfillment_weightshare",
    "fulfillment_pickevent",
    "fulfillment_putevent",
    "fulfillment_paperissue",
    "fulfillment_pickline",
    "fulfillment_sortline",
    "fulfillment_deliverynote",
)
PERMISSION_DENIED = "42501"


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_the_databases_edges_are_the_machines(machine: Machine) -> None:
    stored = rows("SELECT old, new FROM groupbuy_state_edge WHERE machine = %s", [machine.name])

    assert {(edge["old"], edge["new"]) for edge in stored} == machine.edges()


def test_the_database_knows_no_machine_that_the_code_does_not() -> None:
    stored = {row["machine"] for row in rows("SELECT DISTINCT machine FROM groupbuy_state_edge")}

    assert stored == {machine.name for machine in MACHINES}
    assert len(stored) == len(MACHINES)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_every_machines_table_is_guarded(machine: Machine) -> None:
    triggers = rows(
        "SELECT tgname AS name, tgenabled AS enabled FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal",
        [machine.table],
    )

    assert {trigger["name"]: trigger["enabled"] for trigger in triggers} == {f"{machine.name}_moves": "O"}


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_every_state_can_be_reached_from_a_start(machine: Machine) -> None:
    states = set(machine.start) | set(machine.moves) | {new for _, new in machine.edges()}
    reached = set(machine.start)
    while more := {new for old, new in machine.edges() if old in reached} - reached:
        reached |= more

    assert machine.start
    assert reached == states


def forbidden(table: str) -> Iterator[str]:
    yield f"UPDATE {table} SET id = id"  # noqa: S608 -- a constant above
    yield f"DELETE FROM {table}"  # noqa: S608
    yield f"TRUNCATE {table} CASCADE"


def refusal(statement: str, *, role: str = "") -> str:
    """Return the SQLSTATE with which the database refuses a statement, or an empty string."""
    try:
        with transaction.atomic():
            if role:
                run(f"SET LOCAL ROLE {role}")
            run(statement)
            transaction.set_rollback(True)
    except DatabaseError as error:
        return sqlstate(error)
    finally:
        run("RESET ROLE")
    return ""


@pytest.mark.parametrize("statement", [each for table in BOOKS for each in forbidden(table)])
def test_the_application_can_neither_change_nor_empty_the_books(statement: str) -> None:
    busy_world()

    assert refusal(statement, role="groupbuy_app") == PERMISSION_DENIED


@pytest.mark.parametrize("table", [*BOOKS, "leaders_commissionentry"])
def test_even_the_owner_cannot_change_what_is_in_the_books(table: str) -> None:
    busy_world()
    update, delete, _ = forbidden(table)

    assert (refusal(update), refusal(delete)) == (PERMISSION_DENIED, PERMISSION_DENIED)


@pytest.mark.parametrize("table", ["leaders_commissionentry", "groupbuy_order", "groupbuy_payment"])
def test_the_application_empties_no_table(table: str) -> None:
    assert refusal(f"TRUNCATE {table} CASCADE", role="groupbuy_app") == PERMISSION_DENIED


@pytest.fixture
def rolled_back() -> Iterator[None]:
    """The test leaves a row behind that no commit would accept."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_an_entry_that_does_not_balance_is_refused_at_the_commit(db: None, rolled_back: None) -> None:
    run("INSERT INTO groupbuy_ledgerentry (kind, source_kind, source_id, at) VALUES ('sale', 'x', 1, groupbuy_now())")
    entry = rows("SELECT id FROM groupbuy_ledgerentry")[0]["id"]

    run(
        "INSERT INTO groupbuy_ledgerleg (entry_id, account, amount_fen) VALUES (%s, 'held', 100), (%s, 'earned', -99)",
        [entry, entry],
    )

    with pytest.raises(IntegrityError, match=f"ledger entry {entry} sums to 1 fen"), transaction.atomic():
        run("SET CONSTRAINTS ALL IMMEDIATE")
