"""`manage.py demo` for real: up, a worker killed, everything gone after a signal."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from groupbuy.config import embedded
from groupbuy.config.embedded.processes import free_port

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 150.0


@pytest.fixture
def var() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="groupbuy-demo-")).resolve()
    folder.chmod(0o711)
    yield folder
    embedded.remove(folder)


@pytest.fixture
def environment(var: Path) -> dict[str, str]:
    """A bare machine's: no address and no secret of the test run gets through."""
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "GROUPBUY_VAR": str(var)}


def until(condition: Callable[[], bool], demo: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert demo.poll() is None, output.read_text()
        assert time.monotonic() < deadline, output.read_text()
        time.sleep(0.1)


def readiness(port: int) -> dict[str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        found: dict[str, str] = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    return found


def processes_of(var: Path) -> dict[int, str]:
    """Every process that was started for this data folder, with its command line."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            surroundings = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if command and (f"GROUPBUY_VAR={var}".encode() in surroundings or str(var) in command):
            found[int(folder.name)] = command
    return found


@pytest.mark.flow
def test_the_demo_comes_up_brings_back_a_killed_worker_and_leaves_nothing_behind(
    var: Path, environment: dict[str, str]
) -> None:
    port, output = free_port(), var.with_suffix(".out")
    command = [sys.executable, "manage.py", "demo", "--port", str(port)]
    with output.open("wb") as stream:
        demo = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=stream, stderr=subprocess.STDOUT)
    try:
        until(lambda: "Ctrl-C" in output.read_text(), demo, output)
        ready = readiness(port)
        second = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        worker = min(pid for pid, line in processes_of(var).items() if " worker " in line)
        os.kill(worker, signal.SIGKILL)
        until(lambda: "worker: 已重新启动 / started again" in output.read_text(), demo, output)

        demo.send_signal(signal.SIGTERM)
        code = demo.wait(60)
    finally:
        demo.kill()
        demo.wait()

    assert (ready["status"], ready["database"], ready["broker"]) == ("ok", "ok", "ok")
    assert second.returncode == 2
    assert f"PORT={port + 1} make demo" in second.stderr
    assert code == 0
    assert "everything has stopped" in output.read_text()
    assert processes_of(var) == {}
    output.unlink()


@pytest.mark.flow
def test_a_second_demo_on_the_same_data_folder_is_refused(var: Path, environment: dict[str, str]) -> None:
    import fcntl

    command = [sys.executable, "manage.py", "demo", "--port", str(free_port())]
    with (var / "demo.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert run.returncode == 1
    assert "a demo runs on" in run.stderr
