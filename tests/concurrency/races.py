"""
Rivals with connections of their own: all at once behind a barrier, or one at a named seam of the other's work.

At a seam the interleaving is exact, not likely: the rival runs until it has ended or stands before a lock, which
PostgreSQL tells; then the first goes on.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import connection

Work = Callable[[], Any]
PATIENCE_S = 10.0


class Rival:
    """A piece of work in a thread; ``outcome`` is what it returned, or the exception that it raised."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.outcome: Any = None
        self.pid = 0
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                (self.pid,) = cursor.fetchone()
            self._begun.set()
            self.outcome = self.work()
        except Exception as error:  # noqa: BLE001 -- the test looks at what it was
            self.outcome = error
        finally:
            connection.close()
            self._begun.set()

    def start(self) -> None:
        self._thread.start()
        assert self._begun.wait(PATIENCE_S)

    def run_until_blocked(self) -> bool:
        """Start, wait until it has ended or waits for a lock; return whether it waits."""
        self.start()
        deadline = time.monotonic() + PATIENCE_S
        while self._thread.is_alive() and time.monotonic() < deadline:
            if self._waits():
                return True
            time.sleep(0.002)
        assert not self._thread.is_alive(), "the rival neither ended nor waited for a lock"
        return False

    def _waits(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [self.pid])
            return bool(cursor.fetchone()[0])

    def join(self) -> Any:
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()
        return self.outcome


class Seam:
    """``blocked``: whether the rival had to wait at the seam. ``join()`` gives its outcome."""

    def __init__(self, work: Work) -> None:
        self.rival = Rival(work)
        self.reached = False
        self.blocked = False

    def pass_once(self) -> None:
        if not self.reached:
            self.reached = True
            self.blocked = self.rival.run_until_blocked()

    def join(self) -> Any:
        assert self.reached, "the seam was never reached"
        return self.rival.join()


def before(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, rival: Work) -> Seam:
    """Let ``rival`` run the first time ``module.name`` is called, just before it."""
    return _at(monkeypatch, module, name, rival, after=False)


def after(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, rival: Work) -> Seam:
    """Let ``rival`` run the first time ``module.name`` is called, just after it."""
    return _at(monkeypatch, module, name, rival, after=True)


def _at(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, rival: Work, *, after: bool) -> Seam:
    original = getattr(module, name)
    seam = Seam(rival)

    def seamed(*args: Any, **kwargs: Any) -> Any:
        if not after:
            seam.pass_once()
        result = original(*args, **kwargs)
        if after:
            seam.pass_once()
        return result

    monkeypatch.setattr(module, name, seamed)
    return seam


def at_once(works: Sequence[Work]) -> list[Any]:
    """Run all in threads that start together; return what each returned or raised, in order."""
    barrier = threading.Barrier(len(works))

    def waiting(work: Work) -> Work:
        def run() -> Any:
            barrier.wait(PATIENCE_S)
            return work()

        return run

    rivals = [Rival(waiting(work)) for work in works]
    for rival in rivals:
        rival.start()
    return [rival.join() for rival in rivals]


def outcome_of(work: Work) -> Any:
    """Return what ``work`` returns, or the exception that it raises."""
    try:
        return work()
    except Exception as error:  # noqa: BLE001 -- the test looks at what it was
        return error


def count(outcomes: Sequence[Any], kind: type) -> int:
    return len([outcome for outcome in outcomes if isinstance(outcome, kind)])
