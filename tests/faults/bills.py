"""B9: the provider's bill differs from our books in a hundred places of eight kinds."""

from __future__ import annotations

from groupbuy.services import reconciliation
from tests.bills import EIGHT_KINDS, Books, differences
from tests.faults.rows import Run
from tests.faults.seams import replaced


def hundred_differences(run: Run) -> None:
    """Each difference that was put in is one try; whatever else is listed is one more, broken."""
    for _ in run.count():
        found, expected = compared(run)
        for each in sorted(expected):
            run.tally.guarded("" if each in found else f"not listed: {each}")
        for each in sorted(found - expected):
            run.tally.guarded(f"listed for nothing: {each}")
    blind = reconciliation._COMPARE.replace("ours.fen <> theirs.fen", "false")
    with replaced(reconciliation, "_COMPARE", blind):
        found, expected = compared(run)
    run.tally.control("an amount" if found != expected else "")
    run.ground.fresh()


def compared(run: Run) -> tuple[set[tuple[str, str, str]], set[tuple[str, str, str]]]:
    """Return what was listed and what should be, on a day of its own in a world of its own."""
    w = run.ground.fresh()
    books = Books(run.ground.provider.folder, run.ground.order(w.campaign))
    books.draw = run.draw
    books.write()
    books.put_in(EIGHT_KINDS)
    books.hide_there()
    books.keep()
    reconciliation.reconcile(day=books.day, provider="wechat")
    return differences(), books.expected
