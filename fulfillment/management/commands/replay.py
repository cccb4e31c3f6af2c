"""A year of grocery baskets, week by week, through the whole line up to its waves."""

import json
import re
import time
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from fulfillment.services.replay import week_replay
from groupbuy.kernel.errors import DomainError
from groupbuy.providers.basket_file import BasketFile


class Command(BaseCommand):
    help = (
        "把一年的购物篮按周回放成活动、订单和波次，每个波次输出一行 JSON"
        " / replay a Parquet file of grocery baskets, a campaign and a wave for each week; one JSON line for each wave"
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, metavar="PATH", help="transactions.parquet")
        parser.add_argument(
            "--weeks", required=True, type=_weeks, metavar="A-B", help="例如 5 或 5-8 / such as 5 or 5-8"
        )

    def handle(self, *args: Any, path: Path, weeks: range, **options: Any) -> None:
        try:
            file = BasketFile(path)
            for week in weeks:
                self._replay(file, week)
        except DomainError as error:
            raise CommandError(str(error)) from error

    def _replay(self, file: BasketFile, week: int) -> None:
        begun = time.monotonic()
        done = week_replay(file=file, week=week)
        if done is None:
            self.stderr.write(f"第 {week} 周没有数据 / week {week}: no rows")
            return
        line = {
            "week": week,
            "wave": str(done.wave),
            "orders": done.orders,
            "lines": done.lines,
            "pieces": done.pieces,
            "amount_fen": done.amount_fen,
            "seconds": round(time.monotonic() - begun, 3),
        }
        self.stdout.write(json.dumps(line))
        self.stdout.flush()


def _weeks(text: str) -> range:
    """:raises ArgumentTypeError: neither a week nor a span of weeks."""
    found = re.fullmatch(r"(\d{1,4})(?:-(\d{1,4}))?", text)
    if found is None or int(found[2] or found[1]) < int(found[1]):
        raise ArgumentTypeError(f"{text} 不是周次 / is no span of weeks, such as 5 or 5-8")
    return range(int(found[1]), int(found[2] or found[1]) + 1)
