"""A few processes that typeset at the same time, so that all cores work and their memory goes with them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
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

    Each process is started when it is first needed, and replaced when it fails.
    """

    def __init__(self, number: int) -> None:
        self._idle: SimpleQueue[subprocess.Popen[bytes] | None] = SimpleQueue()
        self._started: list[subprocess.Popen[bytes]] = []
        for _ in range(number):
            self._idle.put(None)

    def typeset(self, order: Order) -> None:
        """
        Wait for a free process and for its work.

        :raises TypesettingFailed: it ended instead; its own words are on the standard error.
        """
        child = self._idle.get()
        well = None
        try:
            child = child or self._start()
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

    def _start(self) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "RAYON_NUM_THREADS": "1"}
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
        for child in self._started:
            if at_once:
                child.kill()
            with child:  # closes its pipes, upon which it ends
                if child.stdin is not None and not child.stdin.closed:
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
