"""When a row counts as proven."""

import pytest

from tests.faults.rows import Result, Tally


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
