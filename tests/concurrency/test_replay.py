"""A replay that is killed, or run twice at once, loads every week once and whole."""

from functools import partial
from pathlib import Path

import pytest

from fulfillment.models import Wave
from fulfillment.services.replay import Replayed, week_replay
from groupbuy.models import Campaign, Order, Supplier, Warehouse
from groupbuy.providers.basket_file import BasketFile
from groupbuy.services import replay, replay_rows
from tests.books import assert_books
from tests.concurrency.races import Work, before
from tests.faults.killing import dies
from tests.replay.baskets import row, write

pytestmark = pytest.mark.django_db(transaction=True)

# Of some hundred statements; the walk through all of them is the same, only longer.
STRIDE = 9
NOTHING, WHOLE = (0, 0, 0), (1, 3, 1)


def loaded() -> tuple[int, int, int]:
    return Campaign.objects.count(), Order.objects.count(), Wave.objects.count()


@pytest.fixture
def week_5(tmp_path: Path) -> Work:
    rows = [row(1, 71, 2, 3.0), row(2, 72, 1, 0.99, store_id=331), row(3, 71, 1, 0.0, household_id=901)]
    return partial(week_replay, file=BasketFile(write(tmp_path, rows)), week=5)


def test_a_week_is_whole_or_not_there_wherever_the_process_is_killed(week_5: Work) -> None:
    for at in range(1, 200, STRIDE):
        if not dies(week_5, at=at):
            break
        assert loaded() in {NOTHING, WHOLE}

    assert at > 50
    assert isinstance(week_5(), Replayed)
    assert loaded() == WHOLE
    assert_books(ages=True)


def test_twin_work_that_commits_in_halves_leaves_one_behind(week_5: Work) -> None:
    assert dies(week_5, at=60, split=True)

    assert Campaign.objects.get().state != "frozen"
    assert not Wave.objects.exists()


@pytest.fixture
def known(tmp_path: Path) -> Work:
    """Week 5 of the same shop, household and product as week 4, which is there: no new row holds a rival up."""
    rows = [row(1, 71, 2, 3.0), row(2, 71, 1, 1.5, week=4)]
    file = BasketFile(write(tmp_path, rows))
    week_replay(file=file, week=4)
    return partial(week_replay, file=file, week=5)


def test_a_second_replay_at_once_waits_and_reports_what_the_first_has_loaded(
    known: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    seam = before(monkeypatch, replay_rows, "rows_copy", known)

    first = known()

    assert seam.join() == first
    assert seam.blocked
    assert Order.objects.filter(source_ref="1").count() == 1
    assert_books(ages=True)


def test_twin_without_the_lock_the_week_is_loaded_twice(known: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "_lock", lambda: (Supplier.objects.get(), Warehouse.objects.get()))
    seam = before(monkeypatch, replay_rows, "rows_copy", known)

    first = known()

    assert seam.join() != first
    assert not seam.blocked
    assert Order.objects.filter(source_ref="1").count() == 2
