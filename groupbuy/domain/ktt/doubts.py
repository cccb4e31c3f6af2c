"""What in a 快团团 export a person should look at before it is imported. No reason repeats personal data."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from groupbuy.domain.ktt import cells
from groupbuy.domain.ktt.facts import Doubt, DoubtCode, KttBlock, KttLine
from groupbuy.domain.ktt.table import Row
from groupbuy.kernel.money import yuan

_MOBILE = re.compile(r"1[3-9]\d{9}")
_MADE_UP = re.compile(r"120\d{8}")


def sku_key(sku: str) -> str:
    """Compare SKU texts whatever the width of their brackets and blanks."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", sku))


def of_phones(row: Row) -> Iterator[Doubt]:
    numbers = cells.phones(row.cells.get("联系电话"), row=row.number)
    if not numbers:
        yield Doubt(row.number, DoubtCode.PHONE_MISSING, "没有联系电话")
    if any(_MADE_UP.fullmatch(number) for number in numbers):
        yield Doubt(row.number, DoubtCode.PHONE_MADE_UP, "联系电话以 120 开头，不是真实手机号段")
    if not all(_MOBILE.fullmatch(number) or _MADE_UP.fullmatch(number) for number in numbers):
        yield Doubt(row.number, DoubtCode.PHONE_NOT_MOBILE, "联系电话不是 11 位手机号")


def of_receiver(row: Row) -> Iterator[Doubt]:
    written = cells.raw_text(row.cells.get("收货人"), row=row.number)
    if not written.strip():
        yield Doubt(row.number, DoubtCode.RECEIVER_MISSING, "没有收货人姓名")
    elif written != written.strip():
        yield Doubt(row.number, DoubtCode.RECEIVER_BLANK, "收货人姓名前后有空格，已去掉")


def of_price(line: KttLine, prices: Mapping[str, frozenset[int]]) -> Iterator[Doubt]:
    """Compare with the product sheet; an export without one gives no doubt."""
    listed = prices.get(sku_key(line.sku))
    if prices and listed is None:
        yield Doubt(line.row, DoubtCode.PRODUCT_UNLISTED, "商品汇总表里没有这个商品")
    if listed and line.price_fen not in listed:
        shown = "、".join(yuan(price) for price in sorted(listed))
        reason = f"成交单价 {yuan(line.price_fen)} 元与商品汇总表的 {shown} 元不同，按成交单价导入"
        yield Doubt(line.row, DoubtCode.PRICE_DIFFERS, reason)


def of_order(rows: Sequence[Row], block_count: int) -> Iterator[Doubt]:
    """Compare the rows of one order: the row where another number or name begins is the doubtful one."""
    seen_phones: set[str] = set()
    seen_names: set[str] = set()
    for row in rows:
        numbers = cells.phones(row.cells.get("联系电话"), row=row.number)
        if len(numbers) > 1 or (seen_phones and not seen_phones.issuperset(numbers)):
            yield Doubt(row.number, DoubtCode.TWO_PHONES, "同一订单有两个联系电话，以第一个为准")
        name = cells.text(row.cells.get("收货人"), row=row.number)
        if seen_names and name not in seen_names:
            yield Doubt(row.number, DoubtCode.TWO_RECEIVERS, "同一订单有两个收货人，以第一个为准")
        seen_phones.update(numbers)
        seen_names.add(name)
    if block_count > 1:
        yield Doubt(rows[0].number, DoubtCode.ORDER_IN_BLOCKS, "同一跟团号出现在多个合并块中")


def of_block(block: KttBlock) -> Iterator[Doubt]:
    row = block.first_row
    if len(block.order_numbers) > 1:
        numbers = "、".join(map(str, block.order_numbers))
        yield Doubt(row, DoubtCode.ORDERS_SHARE_BLOCK, f"一个合并块里有多个订单：{numbers}，按跟团号拆开")
    if not block.merged:
        yield Doubt(row, DoubtCode.BLOCK_NOT_MERGED, "合并单元格已丢失，订单金额为空的行归入上一行")
    if not block.adds_up:
        due = yuan(block.goods_fen + block.freight_fen - block.discount_fen)
        yield Doubt(row, DoubtCode.BLOCK_TOTAL_DIFFERS, f"订单金额 {yuan(block.amount_fen)} 元与明细合计 {due} 元不同")
    if block.freight_fen or block.discount_fen:
        reason = f"有运费 {yuan(block.freight_fen)} 元、优惠 {yuan(block.discount_fen)} 元，明细金额不含这两项"
        yield Doubt(row, DoubtCode.EXTRA_MONEY, reason)
    if block.refund_fen:
        yield Doubt(row, DoubtCode.REFUNDED, f"已退款 {yuan(block.refund_fen)} 元，明细金额未扣除")
