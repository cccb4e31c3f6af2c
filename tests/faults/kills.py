"""A1, A19: death after every statement, commit and call of everything that moves goods or money."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, cast

from django.db import transaction

from groupbuy.models import Campaign
from groupbuy.services import journal
from tests.faults.cases import OPERATIONS, Case, Work, crowds_fault, nothing, notice_case
from tests.faults.ground import Ground, broken, quiet
from tests.faults.killing import MOST_BOUNDARIES, dies
from tests.faults.rows import Run, Tier
from tests.faults.waves import WAVES


def after_every_boundary(run: Run) -> None:
    """A1. ``tries`` is how many times the whole set of boundaries is walked."""
    for _ in run.count():
        for name, prepare in (OPERATIONS | WAVES).items():
            last = walk(run, name, prepare)
            controls(run, prepare, last)


def walk(run: Run, name: str, prepare: Callable[[Ground], Case]) -> int:
    """Kill after boundary 1, 2, … (quick: a quarter of them) until the work gets through; return how many there are."""
    stride = 4 if run.tier == Tier.QUICK else 1
    for at in range(run.draw.randint(1, stride), MOST_BOUNDARIES, stride):
        case = prepare(run.ground)
        killed = dies(case.act, at=at)
        fault = ends_badly(case)
        run.tally.guarded(fault and f"{name}, killed after boundary {at}: {fault}")
        if not killed:
            return at - 1
    raise AssertionError(f"{name} has more than {MOST_BOUNDARIES} boundaries")


def ends_badly(case: Case) -> str:
    case.again()
    return quiet() or case.fault() or broken()


def controls(run: Run, prepare: Callable[[Ground], Case], last: int) -> None:
    """The same with a commit before the death: work that is not one transaction leaves a half behind."""
    tried = range(1, last + 1) if run.tier == Tier.FULL else sorted(run.draw.sample(range(1, last + 1), 3))
    for at in tried:
        case = prepare(run.ground)
        dies(case.act, at=at, split=True)
        fault = halved(case)
        run.tally.control(fault)
        if fault:
            run.ground.fresh()


def halved(case: Case) -> str:
    """Half a piece of work may also make the repetition fail."""
    try:
        return ends_badly(case)
    except Exception as error:  # noqa: BLE001 -- whatever it is, the control has fired
        return type(error).__name__


def halved_crowd(campaign: Campaign) -> str:
    """What is wrong with a cutoff whose work was committed in halves."""
    return halved(Case(nothing, partial(crowds_fault, campaign)))


def before_on_commit(run: Run) -> None:
    """A19: the commit is there, the process dies before its hooks; the message comes from the outbox."""
    last = boundaries(run.ground)
    for _ in run.each():
        case = notice_case(run.ground)
        assert dies(case.act, at=last)
        run.tally.guarded(quiet() or case.fault() or broken())
    for _ in range(3):
        case = notice_case(run.ground)
        dies(partial(told_on_commit, case.act), at=last - 1)
        run.tally.control(quiet() or case.fault())
    run.ground.fresh()


def boundaries(ground: Ground) -> int:
    """Count the boundaries of the notice; the last one is its commit."""
    at = 1
    while dies(notice_case(ground).act, at=at):
        at += 1
    quiet()
    return at - 1


def told_on_commit(act: Work) -> None:
    """Tell by a hook of the commit instead of a row that is committed with the fact."""
    told = journal.tell

    def tell(**facts: Any) -> None:
        transaction.on_commit(partial(told, **facts))

    cast("Any", journal).tell = tell
    act()
