"""From the sheets of a 快团团 export to orders, block totals and doubts."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest

from groupbuy.domain.ktt import cells, doubts
from groupbuy.domain.ktt.cells import KttError
from groupbuy.domain.ktt.facts import Doubt, KttBlock, KttFile, KttLine, KttOrder, KttPoint, KttSheets
from groupbuy.domain.ktt.others import listed_prices, order_times
from groupbuy.domain.ktt.table import REQUIRED, Block, Row, blocks, find_heads

_REMARK_OF = re.compile(r"(?:^|[\n；;])\s*(\d{1,9})[:：]")
_BUILDING_WORDS = ("楼", "栋", "幢", "座")
_ROOM_WORDS = ("房", "室", "门牌")


def read_ktt(sheets: KttSheets) -> KttFile:
    """
    Read a whole export, or nothing of it.

    Orders stand in the order of their first rows. Line money is what was paid for the line, never recomputed from the
    product sheet; amounts are fen. Doubts are sorted by row.

    :raises KttError: a head is missing, a number is none, an amount is negative or no whole fen, there is no order.
    """
    heads = find_heads(sheets.customers, required=REQUIRED, sheet="顾客购买表")
    raw = tuple(blocks(sheets.customers, heads, sheets.merged))
    totals = tuple(_block(block) for block in raw)
    rows_of, remark_of = _by_order(raw)
    orders = tuple(_order(number, rows, remark_of.get(number, ""), heads.custom) for number, rows in rows_of.items())
    title, prices = listed_prices(sheets.products)
    found = _doubts(totals=totals, orders=orders, rows_of=rows_of, prices=prices)
    placed_from, placed_until = order_times(sheets.about)
    return KttFile(
        title=title,
        orders=orders,
        blocks=totals,
        custom_headers=heads.custom,
        doubts=tuple(sorted(found)),
        placed_from=placed_from,
        placed_until=placed_until,
    )


def _number(row: Row) -> int:
    return cells.order_number(row.cells["跟团号"], row=row.number)


def _by_order(raw: Sequence[Block]) -> tuple[dict[int, list[Row]], dict[int, str]]:
    """Collect each order's rows from all blocks, and its remark."""
    rows_of: dict[int, list[Row]] = {}
    remark_of: dict[int, str] = {}
    for block in raw:
        for row in block.rows:
            rows_of.setdefault(_number(row), []).append(row)
        numbers = list(dict.fromkeys(map(_number, block.rows)))
        for number, remark in _remarks(_shared_text(block.rows[0], "团员备注"), numbers).items():
            parts = [remark_of.get(number, ""), remark]
            remark_of[number] = "；".join(dict.fromkeys(filter(None, parts)))
    return rows_of, remark_of


def _remarks(written: str, numbers: Sequence[int]) -> dict[int, str]:
    """
    Give each order of a block its own remark: ``22:text`` is order 22's, text before any number is everybody's.

    A number that is no order of the block is part of the text (``8:30 以后``).
    """
    marks = [mark for mark in _REMARK_OF.finditer(written) if int(mark[1]) in numbers]
    common = written[: marks[0].start()] if marks else written
    parts: dict[int, list[str]] = {number: [common] for number in numbers}
    for mark, following in zip_longest(marks, marks[1:]):
        parts[int(mark[1])].append(written[mark.end() : following.start() if following else None])
    return {number: "；".join(filter(None, map(str.strip, texts))) for number, texts in parts.items()}


def _line(row: Row) -> KttLine:
    sku = cells.text(row.cells["商品"], row=row.number)
    if not sku:
        raise KttError("商品为空", row.number)
    amount_fen = cells.fen(row.cells["商品金额"], header="商品金额", row=row.number)
    quantity = cells.quantity(row.cells["数量"], header="数量", row=row.number)
    price_fen, rest = divmod(amount_fen, quantity)
    if rest:
        raise KttError("商品金额除以数量不是整分", row.number)
    return KttLine(
        row=row.number,
        sku=sku,
        spec=cells.text(row.cells.get("规格"), row=row.number),
        quantity=quantity,
        price_fen=price_fen,
        amount_fen=amount_fen,
    )


def _shared_text(row: Row, head: str) -> str:
    return cells.text(row.shared(head), row=row.number)


def _order(number: int, rows: Sequence[Row], remark: str, custom: Iterable[str]) -> KttOrder:
    first = rows[0]
    numbers = [phone for row in rows for phone in cells.phones(row.cells["联系电话"], row=row.number)]
    fields = {head: _shared_text(first, head) for head in custom}
    return KttOrder(
        number=number,
        buyer=_shared_text(first, "下单人"),
        receiver=_shared_text(first, "收货人"),
        phones=tuple(dict.fromkeys(numbers)),
        address=_shared_text(first, "详细地址"),
        building=_place(fields, _BUILDING_WORDS),
        room=_place(fields, _ROOM_WORDS),
        fields=fields,
        remark=remark,
        leader_remark=_shared_text(first, "备注"),
        leader=_shared_text(first, "团长"),
        point=_point(first),
        delivery=_shared_text(first, "物流方式"),
        placed_at=cells.instant(first.shared("下单时间"), header="下单时间", row=first.number),
        lines=tuple(_line(row) for row in rows),
    )


def _point(row: Row) -> KttPoint:
    return KttPoint(
        name=_shared_text(row, "服务小区"),
        contact=_shared_text(row, "服务小区联系人"),
        phone=_shared_text(row, "服务小区电话"),
        address=_shared_text(row, "服务小区地址"),
    )


def _place(fields: Mapping[str, str], words: Sequence[str]) -> str:
    """
    Return the field whose head, read without its example in brackets, names the wanted part of the address.

    The unit at its end is cut off: ``10号。`` -> ``10``. Empty if no head fits.
    """
    for head, written in fields.items():
        stem = re.split(r"[（(]", head)[0]
        if any(word in stem for word in words):
            plain = unicodedata.normalize("NFKC", written).strip(" 。.,")
            return re.sub(r"[号室楼栋幢座]$", "", plain)
    return ""


def _block(block: Block) -> KttBlock:
    first = block.rows[0]

    def money(head: str) -> int:
        cell = first.cells.get(head)
        return 0 if cells.is_empty(cell) else cells.fen(cell, header=head, row=first.number)

    return KttBlock(
        first_row=first.number,
        last_row=block.rows[-1].number,
        order_numbers=tuple(dict.fromkeys(map(_number, block.rows))),
        goods_fen=sum(_line(row).amount_fen for row in block.rows),
        freight_fen=money("运费"),
        discount_fen=money("优惠"),
        amount_fen=cells.fen(first.cells["订单金额"], header="订单金额", row=first.number),
        refund_fen=money("退款金额"),
        merged=block.merged,
    )


def _doubts(
    *,
    totals: Iterable[KttBlock],
    orders: Iterable[KttOrder],
    rows_of: Mapping[int, Sequence[Row]],
    prices: Mapping[str, frozenset[int]],
) -> Iterator[Doubt]:
    blocks_of: dict[int, int] = {}
    for block in totals:
        yield from doubts.of_block(block)
        for number in block.order_numbers:
            blocks_of[number] = blocks_of.get(number, 0) + 1
    for order in orders:
        yield from doubts.of_order(rows_of[order.number], blocks_of[order.number])
        for row, line in zip(rows_of[order.number], order.lines, strict=True):
            yield from doubts.of_phones(row)
            yield from doubts.of_receiver(row)
            yield from doubts.of_price(line, prices)
