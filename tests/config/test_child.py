"""One supervised process, with short-lived programs in the place of web and worker."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from groupbuy.config.demo.child import Child


@pytest.fixture
def child_of(tmp_path: Path) -> Callable[[str], Child]:
    def make(program: str) -> Child:
        log = tmp_path / "child.log"
        return Child("child", [sys.executable, "-c", program], log=log, environment=os.environ, folder=tmp_path)

    return make


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_process_that_dies_at_once_comes_back_after_longer_and_longer_pauses(
    child_of: Callable[[str], Child],
) -> None:
    child = child_of("raise SystemExit(3)")
    pauses = []

    for _ in range(4):
        child.start()
        assert child.process is not None
        child.process.wait()
        news = child.look_after()
        pauses.append(round(child.due - time.monotonic()))
        assert news is not None
        assert "died (3)" in news

    assert pauses == [1, 2, 4, 8]


def test_a_dead_process_is_not_started_before_its_pause_is_over(child_of: Callable[[str], Child]) -> None:
    child = child_of("raise SystemExit(3)")
    child.start()
    assert child.process is not None
    child.process.wait()
    child.look_after()

    early = child.look_after()
    child.due = time.monotonic()
    late = child.look_after()
    child.stop()

    assert early is None
    assert late == "child: 已重新启动 / started again"


def test_stopping_ends_what_the_process_has_spawned_even_if_it_ignores_the_signal(
    child_of: Callable[[str], Child], tmp_path: Path
) -> None:
    grandchild = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    program = (
        "import subprocess, sys, time, pathlib;"
        f"p = subprocess.Popen([sys.executable, '-c', {grandchild!r}]);"
        "pathlib.Path('pid').write_text(str(p.pid)); time.sleep(60)"
    )
    child = child_of(program)
    child.start()
    wait_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    pid = int((tmp_path / "pid").read_text())

    child.stop()

    wait_for(lambda: not Path(f"/proc/{pid}").exists() or "State:\tZ" in Path(f"/proc/{pid}/status").read_text())
    assert child.process is None
