"""What the audit trail writes as codes, the back office shows in words."""

import ast

from groupbuy.kernel.backoffice.words import ACTIONS, SUBJECTS
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
