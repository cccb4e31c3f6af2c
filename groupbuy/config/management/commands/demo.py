"""Run the whole system on this machine."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from groupbuy.config import embedded
from groupbuy.config.demo.plan import Plan
from groupbuy.config.demo.supervisor import DemoError, Supervisor
from groupbuy.config.embedded.processes import is_free


class Command(BaseCommand):
    help = "一条命令运行整套系统 / run PostgreSQL, Redis, web, worker, beat and the development payment provider"
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
        parser.add_argument("--reset", action="store_true", help="delete the data folder first")

    def handle(self, *args: Any, port: int, reset: bool, **options: Any) -> None:
        if not is_free(port):
            raise CommandError(
                f"端口 {port} 已被占用 / port {port} is in use; try: PORT={port + 1} make demo", returncode=2
            )
        try:
            if reset:
                with only_demo(settings.VAR_DIR):
                    embedded.remove(settings.VAR_DIR)
            (settings.VAR_DIR / "log").mkdir(parents=True, exist_ok=True)
            with only_demo(settings.VAR_DIR):
                plan = Plan.make(root=settings.BASE_DIR, var=settings.VAR_DIR, web_port=port)
                Supervisor(plan, self._say).run()
        except (DemoError, embedded.ServiceError) as error:
            raise CommandError(str(error)) from error

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


@contextmanager
def only_demo(var: Path) -> Iterator[None]:
    """:raises DemoError: another demo runs on the same data folder; its servers would be stopped with ours."""
    var.mkdir(parents=True, exist_ok=True)
    with (var / "demo.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DemoError(f"演示已在运行 / a demo runs on {var} already; GROUPBUY_VAR chooses another") from error
        yield
