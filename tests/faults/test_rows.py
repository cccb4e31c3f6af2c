"""When a row counts as proven."""

import random
import re
import time
from pathlib import Path

import pytest

from tests.faults.ground import Ground
from tests.faults.rows import Result, Run, Tally, Tier


def result(tally: Tally) -> Result:
    return Result("B8", "refunds", tally, 1.5, 7)


def test_a_row_holds_when_nothing_broke_and_its_control_did() -> None:
    tally = Tally()
    tally.guarded("")
    tally.control("two refunds")
    tally.control("")

    assert result(tally).holds
    assert result(tally).as_json() == {
        "id": "B8",
        "tries": 1,
        "broken": 0,
        "control_tries": 2,
        "control_broken": 1,
        "seconds": 1.5,
        "seed": 7,
    }


@pytest.mark.parametrize(
    "tally",
    [
        Tally(tries=0, control_tries=1, control_broken=1),
        Tally(tries=9, broken=1, control_tries=1, control_broken=1),
        Tally(tries=9, control_tries=0),
        Tally(tries=9, control_tries=5, control_broken=0),
    ],
    ids=["nothing tried", "one broken", "no control", "a control that never fired"],
)
def test_a_row_that_proves_nothing_does_not_hold(tally: Tally) -> None:
    assert not result(tally).holds


def test_the_first_faults_are_kept_and_all_are_counted() -> None:
    tally = Tally()
    for number in range(8):
        tally.guarded(f"fault {number}")

    assert (tally.broken, tally.faults) == (8, [f"fault {number}" for number in range(5)])


def test_every_row_is_described_in_the_documentation() -> None:
    from tests.faults.matrix import ROWS

    text = (Path(__file__).parents[2] / "docs" / "faults.md").read_text()

    assert re.findall(r"^\| ([A-Z]\d+) \|", text, re.MULTILINE) == [row.id for row in ROWS]


def test_a_row_makes_one_try_though_its_time_is_over() -> None:
    run = Run(Ground(Path()), Tier.QUICK, 7, random.Random(1), Tally(), until=time.monotonic())  # noqa: S311

    assert (list(run.count()), list(run.batches(5))) == ([0], [5])


def test_batches_hold_every_try_once() -> None:
    run = Run(Ground(Path()), Tier.FULL, 12, random.Random(1), Tally(), until=time.monotonic() + 60)  # noqa: S311

    assert list(run.batches(5)) == [5, 5, 2]
