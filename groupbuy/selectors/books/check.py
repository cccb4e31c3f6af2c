"""What a check is, how it is run, and the two that every state machine has."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from groupbuy.kernel.db import rows
from groupbuy.kernel.machine import Machine

SHOWN = 5
# How long a healthy system may be behind with what is due.
LATE_S = 60


@dataclass(frozen=True)
class Check:
    """
    :param id: the invariant's number, with a word where it has several queries.
    :param sentence: what must hold, in Chinese and English.
    :param sql: yields ``subject`` for each row that breaks it.
    :param is_age: tells only that something is late; a system that is being stopped or stepped by hand may be.
    """

    id: str
    sentence: str
    sql: str
    is_age: bool = False


@dataclass(frozen=True)
class Finding:
    """``subjects``: the first five of ``count`` offenders."""

    id: str
    sentence: str
    count: int
    subjects: tuple[str, ...]


def violations(checks: Iterable[Check]) -> list[Finding]:
    """Run one query for each check; return those that found something."""
    return [finding for check in checks if (finding := _look(check)).count]


def _look(check: Check) -> Finding:
    (found,) = rows(
        f"SELECT count(*) AS count, (array_agg(subject))[1:{SHOWN}] AS subjects FROM ({check.sql}) AS bad"  # noqa: S608
    )
    return Finding(check.id, check.sentence, found["count"], tuple(found["subjects"] or ()))


def machine_checks(machines: Sequence[Machine], app: str) -> tuple[Check, ...]:
    """Compare every row of these machines with its history: I11 (where it stands) and I12 (how it got there)."""
    now = " UNION ALL ".join(
        f"SELECT '{machine.name}' AS machine, id AS subject_id, state::text, version FROM {machine.table}"  # noqa: S608
        for machine in machines
    )
    names = ", ".join(f"'{machine.name}'" for machine in machines)
    compared = f"""
        SELECT machine || ' ' || subject_id AS subject
        FROM ({now}) AS row
        LEFT JOIN (
            SELECT machine, subject_id, count(*) FILTER (WHERE old = '') AS births,
                   count(*) FILTER (WHERE old <> '') AS moves, (array_agg(new ORDER BY id DESC))[1] AS latest
            FROM groupbuy_statechange WHERE machine IN ({names}) GROUP BY machine, subject_id
        ) AS history USING (machine, subject_id)
    """  # noqa: S608 - names of our own machines and tables
    return (
        Check(
            f"I11-now-{app}",
            "每个对象的当前状态等于其历史的最后一条 / a row's state is where its history ends",
            f"{compared} WHERE row.state IS DISTINCT FROM history.latest",
        ),
        Check(
            f"I12-{app}",
            "版本号减一等于状态变更次数，且只诞生一次 / version - 1 is the number of moves, after exactly one birth",
            f"{compared} WHERE history.births IS DISTINCT FROM 1 OR row.version - 1 <> history.moves",
        ),
    )
