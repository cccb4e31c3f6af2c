"""Server processes that we start, recognise and stop; nothing here knows which server it is."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

LOOPBACK = "127.0.0.1"
PR_SET_PDEATHSIG = 1

# Kept so that a child of this very process is reaped by ``stop`` and not left as a zombie.
_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class Account:
    """The unprivileged user that servers run as when we are root; PostgreSQL refuses to run as root."""

    uid: int
    gid: int

    @classmethod
    def for_servers(cls) -> Account | None:
        """Give ``nobody`` when we are root, None (run as ourselves) otherwise."""
        if os.geteuid() != 0:
            return None
        import pwd

        try:
            entry = pwd.getpwnam("nobody")
        except KeyError:
            return cls(uid=65534, gid=65534)  # the kernel's own number for nobody
        return cls(uid=entry.pw_uid, gid=entry.pw_gid)

    def can_enter(self, folder: Path) -> bool:
        """Tell by trying whether this user may traverse every folder on the way to ``folder``."""
        probe = ["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)]
        run = subprocess.run(probe, capture_output=True, user=self.uid, group=self.gid, extra_groups=[], check=False)
        return run.returncode == 0


def dies_with_parent(death_signal: signal.Signals) -> Callable[[], None]:
    """Make a ``preexec_fn`` that has the kernel send ``death_signal`` when our process is gone (Linux only)."""
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    parent = os.getpid()

    def arm() -> None:
        if libc is None:
            return
        libc.prctl(PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:  # the parent died before the call above
            os.kill(os.getpid(), death_signal)

    return arm


def spawn(
    command: Sequence[str | Path], *, log: Path, account: Account | None, death_signal: signal.Signals | None
) -> subprocess.Popen[bytes]:
    """
    Start a server in a session of its own, with a bare environment and its output appended to ``log``.

    :param death_signal: sent by the kernel when our process dies; None lets the server outlive us.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=bare_environment(),
            start_new_session=True,
            preexec_fn=dies_with_parent(death_signal) if death_signal else None,
            **as_user(account),
        )
    _children[process.pid] = process
    return process


class Identity(TypedDict):
    """Popen's arguments for running as another user; None each time runs as ourselves."""

    user: int | None
    group: int | None
    extra_groups: list[int] | None


def as_user(account: Account | None) -> Identity:
    if account is None:
        return {"user": None, "group": None, "extra_groups": None}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def bare_environment() -> dict[str, str]:
    """No PGDATA, PGPORT or the like of another PostgreSQL gets through."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def read_pid(pid_file: Path) -> int | None:
    """Read the first line of a pid file; None if there is no usable one."""
    try:
        return int(pid_file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def exists(pid: int) -> bool:
    """Tell whether any program at all has this process id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def is_ours(pid: int, marker: str) -> bool:
    """
    Tell whether ``pid`` is alive and was started with ``marker`` as an argument.

    A pid file outlives a killed server and its number may by now belong to any other program.
    """
    process = _children.get(pid)
    if process is not None and process.poll() is not None:
        return False
    return marker in _arguments(pid)


def _arguments(pid: int) -> list[str]:
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        except (FileNotFoundError, ProcessLookupError):
            return []
    question = ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)]
    shown = subprocess.run(question, capture_output=True, text=True, check=False)
    return shown.stdout.split()


def stop(pid: int, marker: str, *, signals: Sequence[tuple[signal.Signals, float]]) -> bool:
    """
    Signal a server until it is gone, each signal followed by so many seconds of waiting.

    :returns: whether it is gone.
    """
    for number, patience_s in signals:
        if is_ours(pid, marker):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        if wait_until(lambda: not is_ours(pid, marker), patience_s=patience_s):
            _bury(pid)
            return True
    return False


def _bury(pid: int) -> None:
    """Collect what a child of ours has left; its arguments are gone a moment before it is."""
    child = _children.pop(pid, None)
    if child is not None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=5)


def wait_until(condition: Callable[[], bool], *, patience_s: float) -> bool:
    """Poll every 20 ms until the condition holds or patience ends."""
    deadline = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def is_free(port: int) -> bool:
    """Tell whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Let the system choose a free loopback port."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port
