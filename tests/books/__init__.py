"""The last word of a test that moves goods or money: every invariant of all stages, recomputed from the tables."""

from groupbuy.config.management.commands.check_books import checks
from groupbuy.selectors.books import violations


def assert_books(*, ages: bool = False) -> None:
    """Fail with the broken invariants and the rows that break them. ``ages``: what is late is wrong too."""
    broken = violations(checks(ages=ages))
    assert not broken, broken


def broken_books() -> list[str]:
    """Return the ids of the invariants that do not hold, for a test that breaks them on purpose."""
    return [finding.id for finding in violations(checks(ages=False))]
