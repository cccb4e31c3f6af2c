"""
Chinese for codes that several apps write into one table: history, sweeps, ledger.

Codes are stored, words are only shown; a code that has no word is shown as it is. Each app names its own.
"""

from collections.abc import Mapping

from django.db.models import Model

MACHINES: dict[str, type[Model]] = {}
STATES: dict[str, dict[str, str]] = {}
SWEEPS: dict[str, str] = {}
ACCOUNTS: dict[str, str] = {}
ENTRIES: dict[str, str] = {}
ACTIONS: dict[str, str] = {}
SUBJECTS: dict[str, str] = {}


def name_machine(machine: str, model: type[Model]) -> None:
    """Let history show the rows of ``machine`` by the names that ``model`` gives itself and its states."""
    field = model._meta.get_field("state")
    MACHINES[machine] = model
    STATES[machine] = dict(field.flatchoices)  # type: ignore[union-attr]


def name_sweeps(sweeps: Mapping[str, str]) -> None:
    SWEEPS.update(sweeps)


def name_books(*, accounts: Mapping[str, str], entries: Mapping[str, str]) -> None:
    """Name kinds of ledger accounts and entries."""
    ACCOUNTS.update(accounts)
    ENTRIES.update(entries)


def name_audit(*, actions: Mapping[str, str], subjects: Mapping[str, str]) -> None:
    """Name what the audit trail says was done, and to what."""
    ACTIONS.update(actions)
    SUBJECTS.update(subjects)


def machine_name(machine: str) -> str:
    model = MACHINES.get(machine)
    return str(model._meta.verbose_name) if model else machine


def state_name(machine: str, state: str) -> str:
    return STATES.get(machine, {}).get(state, state)


def sweep_name(sweep: str) -> str:
    return SWEEPS.get(sweep, sweep)
