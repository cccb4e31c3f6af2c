"""What the audit trail writes as codes, the back office shows in words."""

import ast

from fulfillment.domain import states as fulfillment_states
from groupbuy.config.beat import schedule
from groupbuy.domain import states as groupbuy_states
from groupbuy.kernel.backoffice.words import ACTIONS, MACHINES, SUBJECTS, SWEEPS
from tests.architecture.sources import sources


def written(argument: str) -> set[str]:
    """Return the texts that calls in the services give as ``argument``."""
    keywords = (
        keyword
        for source in sources()
        if "/services/" in source.name
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
    )
    return {
        str(keyword.value.value)
        for keyword in keywords
        if keyword.arg == argument and isinstance(keyword.value, ast.Constant)
    }


def test_everything_that_is_audited_has_a_name() -> None:
    actions, subjects = written("action"), written("subject_kind")

    assert {"promotion_create", "neighbour_order", "handover_sign"} <= actions
    assert actions - ACTIONS.keys() == set()
    assert subjects - SUBJECTS.keys() == set()


def test_every_sweep_and_every_machine_has_a_name() -> None:
    machines = {machine.name for machine in (*groupbuy_states.MACHINES, *fulfillment_states.MACHINES)}

    assert schedule().keys() - SWEEPS.keys() == set()
    assert machines - MACHINES.keys() == set()
