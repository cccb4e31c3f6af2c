"""Restore every counter and sum that follows from other rows."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from groupbuy.selectors.derived import Derived, differences
from groupbuy.services.rebuilding import rebuild

# One module per app that keeps any; each has a tuple ``DERIVED``.
MODULES = ("groupbuy.selectors.derived", "fulfillment.selectors.derived")


def derived() -> Iterator[Derived]:
    """Yield every derived column of every app, in the order of the stages."""
    for module in MODULES:
        yield from import_module(module).DERIVED


class Command(BaseCommand):
    help = "由事实重算所有计数与合计 / recompute every counter and sum from the facts; silent when all is right"
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="只列出差异，不写入 / print the differences, write nothing"
        )

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        for each in derived():
            for row in differences(each) if dry_run else rebuild(each):
                key = " ".join(f"{column} {row[column]}" for column in each.key)
                stored = "-" if row["stored"] is None else row["stored"]
                self.stdout.write(f"{each.name} {key}: {stored} -> {row['value']}")
