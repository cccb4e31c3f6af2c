"""Start, stop or describe the embedded PostgreSQL and Redis; needs no database."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from groupbuy.config import embedded


class Command(BaseCommand):
    help = "启动、停止或查看内置的 PostgreSQL 与 Redis / start, stop or describe the embedded servers"
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["start", "stop", "status"])

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        try:
            if action == "start":
                embedded.start(settings.VAR_DIR)
            if action == "stop":
                embedded.stop(settings.VAR_DIR)
        except embedded.ServiceError as error:
            raise CommandError(str(error)) from error
        self._describe(action)

    def _describe(self, action: str) -> None:
        for server in embedded.status(settings.VAR_DIR):
            state = f"running, process {server.pid}" if server.pid else "stopped"
            self.stderr.write(f"{server.name}: {state}, port {server.port}, data in {server.data}")
        known = embedded.addresses(settings.VAR_DIR)
        if known is None:
            self.stderr.write("The servers were never started here.")
        elif action != "stop":
            self.stdout.write(f"DATABASE_URL={known.database_url}")
            self.stdout.write(f"DATABASE_OWNER_URL={known.database_owner_url}")
            self.stdout.write(f"REDIS_URL={known.redis_url}")
