"""Restoring derived data from the facts, while the system runs."""

from typing import Any

from django.db import transaction

from groupbuy.kernel import clock
from groupbuy.kernel.db import run
from groupbuy.selectors.derived import Derived, differences
from groupbuy.services import journal


@transaction.atomic
def rebuild(derived: Derived, *, actor_id: int | None = None) -> list[dict[str, Any]]:
    """
    Put one derived column right; return what was wrong, as ``differences`` does. A second run finds nothing.

    The lock lets nobody write the table or lock a row of it; reading goes on. It is enough: whoever changes the facts
    changes the column too, in the same transaction and under a lock of its row. So every change is either committed,
    and seen here in both places, or seen in neither and added to what is written here.

    :raises django.db.IntegrityError: the facts themselves break a rule of the table; nothing is written.
    """
    run(f"LOCK TABLE {derived.table} IN EXCLUSIVE MODE")
    wrong = differences(derived)
    if not wrong:
        return []
    same = " AND ".join(f"t.{column} = wrong.{column}" for column in derived.key)
    run(
        f"UPDATE {derived.table} t SET {derived.column} = wrong.value FROM ({derived.wrong}) AS wrong WHERE {same}"  # noqa: S608 - tables and columns of our own
    )
    if derived.may_miss:
        key = ", ".join(derived.key)
        run(
            f"""
            INSERT INTO {derived.table} ({key}, {derived.column})
            SELECT {key}, value FROM ({derived.wrong}) AS wrong WHERE wrong.stored IS NULL
            """  # noqa: S608 - as above
        )
    journal.audit(
        action="rebuild_balances",
        subject_kind="derived",
        subject_id=0,
        now=clock.now(),
        actor_id=actor_id,
        column=derived.name,
        changed=len(wrong),
    )
    return wrong
