"""Everything between a new release and its first request: migrate, grant, collect static files."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from groupbuy.config.checks import PAYMENTS


class Command(BaseCommand):
    help = "迁移数据库、授权、收集静态文件 / migrate as the owner, grant the application's role, collect static files"
    requires_system_checks = [PAYMENTS]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="load the demo world too")

    def handle(self, *args: Any, demo: bool, **options: Any) -> None:
        call_command("migrate", database="owner", interactive=False, skip_checks=True)
        call_command("grant_app_role")
        collect_static(Path(settings.STATIC_ROOT))
        if demo and "demo_world" in get_commands():
            call_command("demo_world")
            # Else the first questions are planned as if the tables were still empty.
            with connections["owner"].cursor() as cursor:
                cursor.execute("ANALYZE")


def collect_static(root: Path) -> None:
    """Collect static files into ``root`` unless it holds what it would hold then: hashing and packing takes seconds."""
    stamp, wanted = root.with_suffix(".stamp"), _fingerprint()
    if stamp.exists() and stamp.read_text() == wanted and (root / "staticfiles.json").exists():
        return
    stamp.unlink(missing_ok=True)  # an interrupted collection is begun again
    call_command("collectstatic", interactive=False, verbosity=0, skip_checks=True)
    stamp.write_text(wanted)


def _fingerprint() -> str:
    """Return a hash of place, size and time of every source file."""
    summed = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            found = Path(storage.path(name)).stat()
            summed.update(f"{storage.path(name)} {found.st_size} {found.st_mtime_ns}\n".encode())
    return summed.hexdigest()
