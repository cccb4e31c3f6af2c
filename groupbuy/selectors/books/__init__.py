"""
The oracle of stages 1 to 3: what must always hold, each as one query that returns nothing when all is well.

A query yields one text column ``subject``. All are set-based, so that a million orders cost a few joins. Every app
has such a module with ``CHECKS``; ``manage.py check_books`` runs them all. Numbers follow the table of invariants.
"""

from groupbuy.domain.states import MACHINES
from groupbuy.selectors.books import ages, credit, cutoff, discounts, journal, ledger, money, stock
from groupbuy.selectors.books.check import LATE_S, Check, Finding, machine_checks, violations

__all__ = ["CHECKS", "LATE_S", "Check", "Finding", "machine_checks", "violations"]

CHECKS = (
    *stock.CHECKS,
    *discounts.CHECKS,
    *cutoff.CHECKS,
    *ledger.CHECKS,
    *credit.CHECKS,
    *money.CHECKS,
    *journal.CHECKS,
    *machine_checks(MACHINES, "groupbuy"),
    *ages.CHECKS,
)
