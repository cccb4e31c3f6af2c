"""A few processes that typeset at the same time, so that all cores work and their memory goes with them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Lock
from typing import Final

from fulfillment.exports.typesetter import DONE, Order, send

AT_ONCE: Final = 2
PATIENCE_S: Final = 5
"""How long a process that was told to end may take before it is killed."""

ROOT: Final = Path(__file__).parents[2]


class TypesettingFailed(RuntimeError):
    """A typesetter ended in the middle of a batch."""


class Typesetters:
    """
    Takes orders from several threads at once.

    Each process is started when it is first needed, and replaced when it fails; none any more once all were ended.
    """

    def __init__(self, number: int) -> None:
        self._idle: SimpleQueue[subprocess.Popen[bytes] | None] = SimpleQueue()
        self._started: list[subprocess.Popen[bytes]] = []
        self._starting = Lock()
        self._is_over = False
        for _ in range(number):
            self._idle.put(None)

    def typeset(self, order: Order) -> None:
        """
        Wait for a free process and for its work.

        :raises TypesettingFailed: it ended instead (its own words are on the standard error), or all were ended.
        """
        child = self._idle.get()
        well = None
        try:
            child = child or self._start()
            if child is None:
                raise TypesettingFailed(order.target.name)
            assert child.stdin is not None
            assert child.stdout is not None
            send(order, child.stdin)  # type: ignore[arg-type]
            if child.stdout.readline() != DONE:
                raise TypesettingFailed(order.target.name)
            well = child
        except BrokenPipeError as error:
            raise TypesettingFailed(order.target.name) from error
        finally:
            self._idle.put(well)

    def _start(self) -> subprocess.Popen[bytes] | None:
        """Return a new process, or None once all were ended."""
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "RAYON_NUM_THREADS": "1"}
        with self._starting:
            if self._is_over:
                return None
            child = subprocess.Popen(
                [sys.executable, "-c", "from fulfillment.exports.typesetter import main; main()"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=environment,
            )
            self._started.append(child)
            return child

    def end(self, *, at_once: bool) -> None:
        """Let all processes end, after what they are doing or in the middle of it."""
        with self._starting:
            self._is_over = True
        for child in self._started:
            if at_once:
                child.kill()
            with child:  # closes its pipes, upon which it ends
                assert child.stdin is not None
                with suppress(BrokenPipeError):  # it is gone, and what it was to be sent with it
                    child.stdin.close()
                _waited_for(child)


def _waited_for(child: "subprocess.Popen[bytes]") -> None:
    try:
        child.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        child.kill()


@contextmanager
def typesetters(number: int = AT_ONCE) -> Iterator[tuple[Typesetters, ThreadPoolExecutor]]:
    """Have typesetters, and as many threads to wait for them; no process is left over, whatever happens inside."""
    processes = Typesetters(number)
    threads = ThreadPoolExecutor(number)
    at_once = True
    try:
        yield processes, threads
        at_once = False
    finally:
        processes.end(at_once=at_once)
        threads.shutdown(cancel_futures=True)
