"""A child process that dies by SIGKILL after the n-th statement, commit or call to the provider."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from django.db import connection, connections

from groupbuy.providers import registry

MOST_BOUNDARIES = 200


@dataclass
class Bomb:
    """
    :param at: the boundary (1, 2, …) after which the process dies.
    :param split: commit what was done so far before dying, as work that is not one transaction would have.
    """

    at: int
    split: bool
    passed: int = 0

    def tick(self) -> None:
        self.passed += 1
        if self.passed == self.at:
            if self.split and connection.connection is not None:
                connection.connection.commit()
            os.kill(os.getpid(), signal.SIGKILL)

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        self.tick()
        return result

    def arm(self) -> None:
        """Place it in this process, for good."""
        wrapper = cast("Any", connections["default"])
        commit = wrapper.commit

        def commit_and_tick() -> None:
            commit()
            self.tick()

        wrapper.commit = commit_and_tick
        wrapper.execute_wrappers.append(self)
        wechat = registry._wechat
        cast("Any", registry)._wechat = lambda values: Ticking(wechat(values), self)


class Ticking:
    """A provider's client each of whose calls is a boundary."""

    def __init__(self, provider: Any, bomb: Bomb) -> None:
        self._provider, self._bomb = provider, bomb

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            answer = getattr(self._provider, name)(**arguments)
            self._bomb.tick()
            return answer

        return call


def forked(work: Callable[[], Any]) -> int:
    """Run ``work`` in a child with a database connection of its own; return the child's process id."""
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return pid


def dies(work: Callable[[], Any], *, at: int, split: bool = False) -> bool:
    """
    Run ``work`` in a child that dies after boundary ``at``; False: it came to its end before.

    :raises AssertionError: it failed by itself.
    """

    def armed() -> None:
        Bomb(at, split).arm()
        work()

    _, status = os.waitpid(forked(armed), 0)
    if os.WIFSIGNALED(status):
        return os.WTERMSIG(status) == signal.SIGKILL
    assert os.WEXITSTATUS(status) == 0, f"the work itself failed before boundary {at}"
    return False
