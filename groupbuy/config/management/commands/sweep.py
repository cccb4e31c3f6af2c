"""Run the sweeps in this process: for cron, or while the broker is down."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import Any

from celery import Task
from django.core.management.base import BaseCommand, CommandError, CommandParser

from groupbuy.config.beat import SCHEDULES

log = logging.getLogger(__name__)


def sweeps() -> dict[str, Task[..., None]]:
    """Return the sweeps of every app by name, in the order of the stages."""
    return {task.name: task for module in SCHEDULES for task in import_module(module).SWEEPS}


class Command(BaseCommand):
    help = "不经消息队列，立即执行全部或一个巡检 / run every sweep, or one, now and without the broker"
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", help="e.g. groupbuy.close_due_campaigns, or close_due_campaigns")
        parser.add_argument("--list", action="store_true", help="列出名称 / list the names")

    def handle(self, *args: Any, name: str | None, **options: Any) -> None:
        known = sweeps()
        if options["list"]:
            self.stdout.write("\n".join(known))
            return
        chosen = list(known) if name is None else [each for each in known if name in (each, each.partition(".")[2])]
        if not chosen:
            raise CommandError(f"没有名为 {name} 的巡检 / no sweep is called {name}; known: {', '.join(known)}")
        failed = [each for each in chosen if not self._run(known[each])]
        if failed:
            raise CommandError(f"巡检失败 / failed: {', '.join(failed)}")

    def _run(self, task: Task[..., None]) -> bool:
        """Run one sweep; its failure must not keep the others from running."""
        try:
            task()
        except Exception:
            log.exception("sweep did not reach its end", extra={"sweep": task.name})
            return False
        self.stdout.write(f"✓ {task.name}")
        return True
