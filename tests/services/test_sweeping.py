"""Sweeps: a poisoned row is parked and the others move; a person may send it round again."""

import datetime as dt
import logging
from collections.abc import Callable, Sequence

import pytest

from groupbuy.kernel.errors import StateConflict
from groupbuy.models import Campaign, Sweep, SweepFailure
from groupbuy.services.campaigns import OfferWanted
from groupbuy.services.sweeping import heartbeat, lags, sweep
from groupbuy.tasks import close_due_campaigns
from tests.clocks import SECOND, stop_clock
from tests.world import open_campaign, world

pytestmark = pytest.mark.django_db

POISONED = 2
AT = dt.datetime(2026, 11, 22, 15, 0, tzinfo=dt.UTC)


class Queue:
    """Three ids that wait; number 2 breaks until it is cured."""

    def __init__(self, error: type[Exception] = RuntimeError) -> None:
        self.waiting = [1, 2, 3]
        self.taken: list[int] = []
        self.error: type[Exception] | None = error

    def due(self, skip: Sequence[int]) -> list[int]:
        return [each for each in self.waiting if each not in skip]

    def take(self, subject_id: int) -> None:
        self.taken.append(subject_id)
        if self.error and subject_id == POISONED:
            raise self.error("poison")
        self.waiting.remove(subject_id)


def run(queue: Queue) -> int:
    return sweep("test.sweep", due=queue.due, take=queue.take)


def test_the_others_move_and_the_poisoned_row_is_parked_after_five_tries(caplog: pytest.LogCaptureFixture) -> None:
    queue = Queue()

    done = [run(queue) for _ in range(7)]

    assert done == [2, 0, 0, 0, 0, 0, 0]
    assert queue.taken == [1, 2, 3, 2, 2, 2, 2]
    failure = SweepFailure.objects.get()
    assert (failure.sweep, failure.subject_id, failure.tries, failure.parked) == ("test.sweep", 2, 5, True)
    assert failure.last_error == "RuntimeError: poison"
    parked = [record for record in caplog.records if record.message == "sweep parked a row"]
    assert [record.levelno for record in parked] == [logging.ERROR]


def test_a_parked_row_goes_round_again_when_a_person_removes_its_mark() -> None:
    queue = Queue()
    for _ in range(5):
        run(queue)
    queue.error = None
    assert run(queue) == 0

    SweepFailure.objects.all().delete()

    assert run(queue) == 1
    assert queue.waiting == []


def test_a_row_that_recovers_is_forgiven() -> None:
    queue = Queue()
    run(queue)
    queue.error = None

    assert run(queue) == 1

    assert not SweepFailure.objects.exists()


def test_a_rival_that_was_faster_is_no_failure() -> None:
    queue = Queue(error=StateConflict)

    assert run(queue) == 2

    assert not SweepFailure.objects.exists()


def test_one_sweeps_parked_row_is_not_anothers() -> None:
    SweepFailure.objects.create(sweep="test.other", subject_id=1, tries=5, parked=True, last_error="", last_at=AT)

    run(queue := Queue(error=StateConflict))

    assert queue.taken == [1, 2, 3]


def test_every_run_to_the_end_leaves_a_heartbeat() -> None:
    stop_clock(at=AT)
    run(Queue())
    assert Sweep.objects.get().last_run_at == AT

    stop_clock(at=AT + 7 * SECOND)
    assert lags() == {"test.sweep": 7.0}
    heartbeat("test.sweep")

    assert lags() == {"test.sweep": 0.0}


def test_a_poisoned_campaign_does_not_keep_the_others_open(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    second = open_campaign(warehouse=w.warehouse, points=[w.near], offers=[OfferWanted(sku=w.eggs.sku)])
    from groupbuy.services import cutoff

    close: Callable[..., None] = cutoff.campaign_close

    def poisoned(*, campaign_id: int) -> None:
        if campaign_id == w.campaign.pk:
            raise RuntimeError
        close(campaign_id=campaign_id)

    monkeypatch.setattr(cutoff, "campaign_close", poisoned)
    stop_clock(at=second.cutoff_at)

    close_due_campaigns()

    states = dict(Campaign.objects.values_list("pk", "state"))
    assert states == {w.campaign.pk: "open", second.pk: "closing"}
