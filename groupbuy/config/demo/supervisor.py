"""The demo from the first server to the last signal."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from types import FrameType

from groupbuy.config import embedded
from groupbuy.config.demo.child import Child
from groupbuy.config.demo.plan import Plan
from groupbuy.config.embedded.processes import LOOPBACK, dies_with_parent

READY_PATIENCE_S = 90.0


class DemoError(Exception):
    """The demo cannot go on; the text says why and where to look."""


class Stopped(BaseException):
    """A signal asked us to stop; not an Exception, so that nothing on the way mistakes it for a failure."""


class Supervisor:
    """:param say: prints one line for the operator."""

    def __init__(self, plan: Plan, say: Callable[[str], None]) -> None:
        self.plan = plan
        self.say = say
        self.children: list[Child] = []
        self.own_servers = "DATABASE_URL" not in os.environ

    def run(self) -> None:
        """
        Start everything, watch it until a signal comes, stop everything.

        :raises DemoError: a step failed, or the web did not become ready.
        :raises ServiceError: an embedded server does not start.
        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        try:
            self._start()
            self._watch()
        except Stopped:
            self.say("正在停止 / stopping ...")
        finally:
            self._stop()
            self.say("已全部停止 / everything has stopped; `make demo` continues with the same data")

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # the stop below is orderly and bounded
        raise Stopped

    def _start(self) -> None:
        begun = time.monotonic()
        if self.own_servers:
            self.say("· PostgreSQL, Redis")
            embedded.start(self.plan.var, die_with_us=True)
        for label, command in self.plan.steps():
            self.say(f"· {label}")
            self._step(command)
        self._empty_metrics()
        self.children = self.plan.children()
        for child in self.children:
            self.say(f"· {child.name}")
            child.start()
        self._wait_until_ready()
        self._greet(time.monotonic() - begun)

    def _step(self, command: list[str]) -> None:
        log = self.plan.var / "log" / "setup.log"
        with log.open("wb") as output:
            run = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.plan.root,
                env=self.plan.environment,
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGTERM),
                check=False,
            )
        if run.returncode != 0:
            tail = log.read_text(errors="replace").splitlines()[-30:]
            raise DemoError("\n".join([*tail, f"失败 / failed: {' '.join(command[1:])}, see {log}"]))

    def _empty_metrics(self) -> None:
        """Counters of the last run's processes would be added to ours."""
        shutil.rmtree(self.plan.var / "metrics", ignore_errors=True)
        (self.plan.var / "metrics").mkdir()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_PATIENCE_S
        while not self._is_ready():
            self._look_after()
            if time.monotonic() > deadline:
                raise DemoError(
                    f"网站未就绪 / the web is not ready after {READY_PATIENCE_S:.0f} s, see {self.plan.var}/log"
                )
            time.sleep(0.2)

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, self.plan.web_port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _greet(self, seconds: float) -> None:
        guide = self.plan.var / "demo-guide.txt"
        line = "═" * 72
        self.say(line)
        self.say(f"社区团购已就绪 / ready after {seconds:.0f} s:  {self.plan.web_url}/")
        self.say(guide.read_text().rstrip() if guide.exists() else DEFAULT_GUIDE.format(url=self.plan.web_url))
        self.say(f"日志 / logs: {self.plan.var / 'log'}    停止 / stop: Ctrl-C")
        self.say(line)

    def _watch(self) -> None:
        while True:
            self._look_after()
            time.sleep(0.5)

    def _look_after(self) -> None:
        if self.own_servers and any(server.pid is None for server in embedded.status(self.plan.var)):
            self.say("PostgreSQL / Redis: 意外退出，重新启动 / died, starting again")
            embedded.start(self.plan.var, die_with_us=True)
        for child in self.children:
            news = child.look_after()
            if news:
                self.say(news)

    def _stop(self) -> None:
        for child in self.children:
            child.stop()
        if self.own_servers:
            embedded.stop(self.plan.var)


DEFAULT_GUIDE = "后台 / back office: {url}/admin/    接口 / API: {url}/api/v1/docs/"
