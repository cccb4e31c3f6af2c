"""Any paper of a wave from the shell."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper

from fulfillment.domain.layouts import PaperKind
from fulfillment.domain.papers import Paper
from fulfillment.exports import CONTENT_TYPES, PaperFormat, is_long, render
from fulfillment.exports.watching import nobody
from fulfillment.models import Wave
from fulfillment.selectors.papers import paper
from groupbuy.kernel.errors import DomainError
from groupbuy.kernel.streams import snapshot

LATEST = "latest"


class Command(BaseCommand):
    help = "导出波次单据 / write one paper of a wave to a file"
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=[kind.value for kind in PaperKind])
        parser.add_argument("--wave", required=True, metavar="ID", help="波次 ID，或 latest / public id, or latest")
        parser.add_argument("--format", required=True, choices=list(CONTENT_TYPES))
        parser.add_argument("--out", required=True, metavar="FILE", help="文件，- 为标准输出 / a file, or - for stdout")
        parser.add_argument("--lang", choices=["zh", "en"], default="zh", help="XLSX 与 PDF 的语言 / of XLSX and PDF")
        parser.add_argument("--supplier", default="", metavar="CODE", help="采购单只要这一家 / of purchase orders")
        parser.add_argument("--paper-version", type=int, metavar="N", help="默认最新一版 / default: the newest")

    def handle(self, *args: Any, **options: Any) -> None:
        wave = _wave(options["wave"])
        try:
            wanted = paper(
                wave=wave,
                kind=options["kind"],
                paper_version=options["paper_version"],
                supplier=options["supplier"],
            )
            self._write(wanted, options["out"], options["format"], options["lang"])
        except DomainError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"写不了 {options['out']} / cannot write it: {error.strerror}") from error

    def _write(self, wanted: Paper, out: str, file_format: PaperFormat, lang: str) -> None:
        rows = wanted.count()
        wanted = replace(wanted, length=rows)
        progress = _Progress(self.stderr, rows) if is_long(wanted, file_format) else None
        told = progress.told if progress else nobody
        with snapshot():
            if out == "-":
                render(wanted, format=file_format, out=sys.stdout.buffer, lang=lang, told=told)
                return
            stream: BinaryIO
            with Path(out).open("wb") as stream:
                render(wanted, format=file_format, out=stream, lang=lang, told=told)
        self.stdout.write(f"{out}: {wanted.layout.title.text(lang)} {wanted.head.wave} v{wanted.head.version}")


class _Progress:
    """One line on the standard error for each tenth of a long paper."""

    def __init__(self, stderr: OutputWrapper, total: int) -> None:
        self.stderr, self.total, self.rows, self.tenths = stderr, total, 0, 0

    def told(self, rows: int) -> None:
        self.rows = min(self.rows + rows, self.total)
        tenths = self.rows * 10 // self.total
        if tenths > self.tenths:
            self.tenths = tenths
            self.stderr.write(f"{tenths * 10} % · {self.rows:,} / {self.total:,} 行 / rows")


def _wave(name: str) -> Wave:
    """:raises CommandError: no such wave."""
    waves = Wave.objects.select_related("warehouse").order_by("-pk")
    if name == LATEST:
        found = waves.first()
    else:
        try:
            found = waves.filter(public_id=UUID(name)).first()
        except ValueError as error:
            raise CommandError(f"{name} 不是波次 ID / is no id of a wave; or: {LATEST}") from error
    if found is None:
        raise CommandError(f"没有这个波次 / there is no such wave: {name}")
    return found
