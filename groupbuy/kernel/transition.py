"""
The one door through which a state changes.

A move is one statement: the UPDATE guarded by the old state, and the history row of everything that it moved.
A trigger in the database (migration 0002) refuses edges that the machine does not have, whoever writes them.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import connection

from groupbuy.kernel.db import prepared
from groupbuy.kernel.errors import StateConflict
from groupbuy.kernel.machine import Machine

SYSTEM = None  # the actor of a sweep


def move_where(
    machine: Machine,
    *,
    old: str,
    new: str,
    where: str,
    params: Sequence[Any],
    now: dt.datetime,
    actor_id: int | None = SYSTEM,
    reason: str = "",
    sets: dict[str, Any] | None = None,
) -> list[int]:
    """
    Move every row of ``machine`` in state ``old`` that satisfies ``where`` (trusted SQL on alias ``t``); return
    their ids.

    :param sets: further columns written by the same UPDATE. Column names are ours, values are bound.
    """
    assert machine.allows(old, new), f"{machine.name}: {old} -> {new} is not a move"
    values = [new, *(sets or {}).values(), old, *params, machine.name, old, new, actor_id, reason, now]
    with connection.cursor() as cursor:
        cursor.execute(_statement(machine, sets, where), values)
        return [row[0] for row in cursor.fetchall()]


def _statement(machine: Machine, sets: dict[str, Any] | None, where: str) -> str:
    extra = "".join(f", {column} = %s" for column in sets or {})
    return f"""
        WITH moved AS (
            UPDATE {machine.table} t SET state = %s, version = t.version + 1{extra}
            WHERE t.state = %s AND ({where}) RETURNING t.id
        )
        INSERT INTO groupbuy_statechange (machine, subject_id, old, new, actor_id, reason, at)
        SELECT %s::text, id, %s::text, %s::text, %s::bigint, %s::text, %s::timestamptz FROM moved RETURNING subject_id
    """  # noqa: S608 - table, columns and condition are constants of our own code


def moved(
    machine: Machine,
    *,
    pk: int,
    old: str,
    new: str,
    now: dt.datetime,
    actor_id: int | None = SYSTEM,
    reason: str = "",
    sets: dict[str, Any] | None = None,
    only: str = "true",
    params: Sequence[Any] = (),
) -> bool:
    """
    Move one row, by a statement that the server keeps prepared; return whether it was in state ``old``.

    :param only: what the row must also satisfy, as ``where`` of ``move_where``.
    """
    assert machine.allows(old, new), f"{machine.name}: {old} -> {new} is not a move"
    values = [new, *(sets or {}).values(), old, pk, *params, machine.name, old, new, actor_id, reason, now]
    return bool(prepared(_statement(machine, sets, f"t.id = %s AND {only}"), values))


def move(
    machine: Machine,
    *,
    pk: int,
    old: str,
    new: str,
    now: dt.datetime,
    actor_id: int | None = SYSTEM,
    reason: str = "",
    sets: dict[str, Any] | None = None,
) -> None:
    """
    Move exactly one row.

    :raises StateConflict: the row is not in state ``old`` (any more).
    """
    if not moved(machine, pk=pk, old=old, new=new, now=now, actor_id=actor_id, reason=reason, sets=sets):
        raise StateConflict


def born(
    machine: Machine,
    *,
    ids: Sequence[int],
    state: str,
    now: dt.datetime,
    actor_id: int | None = SYSTEM,
    reason: str = "",
) -> None:
    """Write the first history row of rows that were just inserted in ``state``."""
    assert state in machine.start
    prepared(
        """
        INSERT INTO groupbuy_statechange (machine, subject_id, old, new, actor_id, reason, at)
        SELECT %s::text, id, '', %s::text, %s::bigint, %s::text, %s::timestamptz FROM unnest(%s::bigint[]) AS id
        """,
        [machine.name, state, actor_id, reason, now, list(ids)],
    )
