"""Ask the database whether everything that must always hold does hold."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from groupbuy.selectors.books import Check, Finding, violations

# One module per app; each has a tuple ``CHECKS``.
BOOKS = ("groupbuy.selectors.books", "fulfillment.selectors.books", "leaders.selectors.books")


def checks(*, ages: bool) -> Iterator[Check]:
    """Yield every check of every app, in the order of the stages."""
    for module in BOOKS:
        yield from (check for check in import_module(module).CHECKS if ages or not check.is_age)


class Command(BaseCommand):
    help = "核对账目与数据不变式，无异常则静默 / check every invariant; silent when all is well, else exit 1"
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="以 JSON 输出 / print the findings as JSON")
        parser.add_argument("--no-ages", action="store_true", help="不检查滞后 / leave out what is merely late")

    def handle(self, *args: Any, no_ages: bool, **options: Any) -> None:
        findings = violations(checks(ages=not no_ages))
        if options["json"]:
            self.stdout.write(json.dumps([dataclasses.asdict(finding) for finding in findings], ensure_ascii=False))
        elif findings:
            self.stdout.write("\n".join(_table(findings)))
        if findings:
            raise CommandError(f"{len(findings)} 项不变式被破坏 / {len(findings)} invariants are broken")


def _table(findings: Sequence[Finding]) -> Iterator[str]:
    width = max(len(finding.id) for finding in findings)
    for finding in findings:
        yield f"{finding.id:<{width}}  {finding.count:>7}  {finding.sentence}"
        more = ", …" if finding.count > len(finding.subjects) else ""
        yield f"{'':<{width}}  {'':>7}  {', '.join(finding.subjects)}{more}"
