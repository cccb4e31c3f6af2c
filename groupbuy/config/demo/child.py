"""One process of the demo: started, watched, brought back when it dies, stopped with all it has spawned."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from groupbuy.config.embedded.processes import dies_with_parent

STEADY_S = 60.0
LONGEST_PAUSE_S = 30.0
STOP_PATIENCE_S = 12.0


@dataclass
class Child:
    """
    A process in a session of its own, so that Ctrl-C in the terminal reaches only the supervisor.

    :param death_signal: sent when the supervisor stops it, and by the kernel if the supervisor is killed.
    """

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str]
    folder: Path
    death_signal: signal.Signals = signal.SIGTERM
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    started: float = field(default=0.0)
    due: float = field(default=0.0)

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env=dict(self.environment),
                start_new_session=True,
                preexec_fn=dies_with_parent(self.death_signal),
            )
        self.started = time.monotonic()

    def look_after(self) -> str | None:
        """
        Notice a death and, when its pause is over, start again; call about once a second.

        :returns: what happened, for the operator; None if nothing did.
        """
        if self.process is not None and self.process.poll() is not None:
            return self._bury(self.process.returncode)
        if self.process is None and time.monotonic() >= self.due:
            self.start()
            return f"{self.name}: 已重新启动 / started again"
        return None

    def _bury(self, code: int) -> str:
        self._end_session(signal.SIGKILL)  # its own children would keep the port or the queue
        self.process = None
        steady = time.monotonic() - self.started > STEADY_S
        self.deaths = 1 if steady else self.deaths + 1
        pause = min(2.0 ** (self.deaths - 1), LONGEST_PAUSE_S)
        self.due = time.monotonic() + pause
        return f"{self.name}: 意外退出 / died ({code}), again in {pause:.0f} s, see {self.log}"

    def stop(self) -> None:
        """Ask the process to finish, insist if it does not, and leave none of its children behind."""
        if self.process is None:
            return
        self.process.send_signal(self.death_signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_PATIENCE_S)
        self._end_session(signal.SIGKILL)
        self.process.wait()
        self.process = None

    def _end_session(self, number: signal.Signals) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
