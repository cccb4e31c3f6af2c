"""Several processes that wait for one start signal and report what they did."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.bench import meter

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Round:
    """One measured round. ``outcomes``: how often each; ``cpu_ms``: of the crew and the servers together."""

    seconds: float
    cpu_ms: float
    outcomes: Mapping[str, int]

    @property
    def per_second(self) -> float:
        return self.good / self.seconds

    @property
    def good(self) -> int:
        return sum(number for outcome, number in self.outcomes.items() if outcome.startswith("2"))

    @property
    def cpu_ms_each(self) -> float:
        return self.cpu_ms / sum(self.outcomes.values())


def work(module: str, arguments: Sequence[Sequence[str]], *, servers: Sequence[int]) -> Round:
    """
    Run ``python -m module`` once for each list of arguments, started together.

    :param servers: roots of the process trees whose CPU counts too.
    """
    members = [_start([sys.executable, "-m", module, *each]) for each in arguments]
    for member in members:
        assert _pipe(member.stdout).readline() == "ready\n", f"{module} did not start"
    before = meter.cpu_ms(servers)
    for member in members:
        _pipe(member.stdin).write("go\n")
        _pipe(member.stdin).flush()
    results = [json.loads(_pipe(member.stdout).readline()) for member in members]
    cpu_ms = meter.cpu_ms(servers) - before + sum(result["cpu_ms"] for result in results)
    for member in members:
        member.communicate()
    seconds = max(result["ended"] for result in results) - min(result["begun"] for result in results)
    outcomes = sum((Counter(result["outcomes"]) for result in results), Counter[str]())
    return Round(seconds=seconds, cpu_ms=cpu_ms, outcomes=outcomes)


def _start(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(command, cwd=ROOT, env=os.environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream
