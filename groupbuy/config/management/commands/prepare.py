"""Everything between a new release and its first request: migrate, grant, collect static files."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "迁移数据库、授权、收集静态文件 / migrate as the owner, grant the application's role, collect static files"
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="load the demo world too")

    def handle(self, *args: Any, demo: bool, **options: Any) -> None:
        call_command("migrate", database="owner", interactive=False, skip_checks=True)
        call_command("grant_app_role")
        call_command("collectstatic", interactive=False, verbosity=0, skip_checks=True)
        if demo and "demo_world" in get_commands():
            call_command("demo_world")
