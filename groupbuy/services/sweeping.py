"""
How sweeps run: due ids by state, one at a time, a poisoned row never stops the others.

A row that fails is counted; after ``GROUPBUY_SWEEP_ATTEMPTS`` failures it is parked, alarms, and waits for a person
(delete its row in the back office to try again).
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from django.conf import settings
from django.db import transaction

from groupbuy.kernel import clock
from groupbuy.kernel.db import run
from groupbuy.kernel.errors import StateConflict
from groupbuy.models import Sweep, SweepFailure

log = logging.getLogger(__name__)

Due = Callable[[Sequence[int]], Sequence[int]]


def sweep(name: str, *, due: Due, take: Callable[[int], None]) -> int:
    """
    Take every due id once and write the heartbeat; return how many succeeded.

    :param due: returns ids to take, given those to leave out (parked ones).
    :param take: does one, idempotently and guarded by state.
    """
    parked = list(SweepFailure.objects.filter(sweep=name, parked=True).values_list("subject_id", flat=True))
    done = 0
    for subject_id in due(parked):
        with survive(name, subject_id):
            take(subject_id)
            done += 1
    heartbeat(name)
    return done


def heartbeat(name: str) -> None:
    """Record that a sweep has run to its end."""
    run(
        "INSERT INTO groupbuy_sweep (name, last_run_at) VALUES (%s, groupbuy_now())"
        " ON CONFLICT (name) DO UPDATE SET last_run_at = EXCLUDED.last_run_at",
        [name],
    )


@contextmanager
def survive(name: str, subject_id: int) -> Iterator[None]:
    """Keep a row that fails from stopping the others: it is logged, counted under ``name`` and in the end parked."""
    try:
        yield
    except StateConflict:
        # A rival sweep or a person was faster; the row is no longer due.
        return
    except Exception as error:
        log.exception("sweep failed on a row", extra={"sweep": name, "subject_id": subject_id})
        _count_failure(name, subject_id, error)
    else:
        SweepFailure.objects.filter(sweep=name, subject_id=subject_id).delete()


@transaction.atomic
def _count_failure(name: str, subject_id: int, error: Exception) -> None:
    failure, _ = SweepFailure.objects.select_for_update().get_or_create(
        sweep=name, subject_id=subject_id, defaults={"last_at": clock.now(), "last_error": ""}
    )
    failure.tries += 1
    failure.last_error = f"{type(error).__name__}: {error}"[:500]
    failure.last_at = clock.now()
    failure.parked = failure.tries >= settings.GROUPBUY_SWEEP_ATTEMPTS
    failure.save()
    if failure.parked:
        log.error("sweep parked a row", extra={"sweep": name, "subject_id": subject_id})


def lags() -> dict[str, float]:
    """Return seconds since each sweep last ran to its end."""
    now = clock.now()
    return {
        name: (now - last_run_at).total_seconds()
        for name, last_run_at in Sweep.objects.exclude(last_run_at=None).values_list("name", "last_run_at")
        if last_run_at is not None
    }
