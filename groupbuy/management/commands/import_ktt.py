"""快团团 export -> campaign."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from groupbuy.domain.ktt import KttError, KttFile, read_ktt
from groupbuy.kernel.errors import DomainError
from groupbuy.kernel.money import yuan
from groupbuy.providers.ktt_file import load_sheets
from groupbuy.services.ktt_import import KttPlan, ktt_import, ktt_place, ktt_plan


class Command(BaseCommand):
    help = "导入快团团订单表 / import the order export of 快团团 as one frozen campaign"
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help=".xlsx")
        parser.add_argument("--point", required=True, metavar="CODE", help="自提点编号 / code of the pickup point")
        parser.add_argument("--leader", required=True, metavar="LOGIN", help="团长登录名或手机号 / log-in or phone")
        parser.add_argument("--title", default="", help="活动标题，默认取文件里的 / default: the file's own title")
        mode = parser.add_mutually_exclusive_group(required=True)
        mode.add_argument("--dry-run", action="store_true", help="只说明会做什么 / say what would be made")
        mode.add_argument("--commit", action="store_true", help="写入 / do it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            file = read_ktt(load_sheets(options["file"].read_bytes()))
            place = ktt_place(point_code=options["point"], login=options["leader"])
            title = options["title"] or file.title or options["file"].stem
            if options["dry_run"]:
                self._say(described(ktt_plan(file=file)))
                return
            campaign = ktt_import(file=file, place=place, title=title)
        except OSError as error:
            raise CommandError(f"打不开文件 {options['file']}：{error.strerror}") from error
        except (KttError, DomainError) as error:
            raise CommandError(f"没有导入：{error}") from error
        self._say([totals(file), f"活动 / campaign: {campaign.title} ({campaign.public_id})，已截单 / frozen"])

    def _say(self, lines: Iterator[str] | list[str]) -> None:
        self.stdout.write("\n".join(lines))


def totals(file: KttFile) -> str:
    return f"{len(file.orders)} 单 / orders, {file.pieces} 件 / pieces, {yuan(file.amount_fen)} 元 / yuan"


def described(plan: KttPlan) -> Iterator[str]:
    """Yield what an import would make, then every row that a person should look at first."""
    yield totals(plan.file)
    yield f"新商品 / new SKUs: {plan.new_skus}，新顾客 / new shoppers: {plan.new_shoppers + plan.without_phone}"
    for offer in plan.offers:
        yield f"  {offer.pieces:>6} × {yuan(offer.price_fen):>9}  = {yuan(offer.amount_fen):>10}  {offer.name} {offer.spec}"
    if plan.imported:
        yield "这份导出已经导入过，再次导入会被拒绝 / imported before: --commit would refuse it"
    yield f"存疑的行 / doubtful rows: {len(plan.file.doubts)}"
    for doubt in plan.file.doubts:
        yield f"  第 {doubt.row} 行：{doubt.reason_zh}"
    yield "未写入任何数据 / nothing was written"
