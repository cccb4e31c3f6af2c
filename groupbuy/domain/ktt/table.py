"""The layout of the sheets: where the heads are, which rows belong to one recipient."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from groupbuy.domain.ktt.cells import KttError, is_empty, text

REQUIRED = ("跟团号", "商品", "数量", "商品金额", "订单金额", "收货人", "联系电话")
KNOWN = frozenset(
    (
        *REQUIRED,
        *("下单人", "团员备注", "备注", "规格", "运费", "优惠", "退款金额", "物流方式", "详细地址", "团长", "下单时间"),
        *("服务小区", "服务小区联系人", "服务小区电话", "服务小区地址"),
    )
)
# 快团团 writes the heads into row 1; a title or blank rows put above them by hand are skipped.
HEAD_WITHIN_ROWS = 10
MAX_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Heads:
    """``at``: index of the head row; ``columns``: index of each head; ``custom``: heads that 快团团 does not define."""

    at: int
    columns: Mapping[str, int]

    @property
    def custom(self) -> tuple[str, ...]:
        return tuple(head for head in self.columns if head not in KNOWN)


@dataclass(frozen=True, slots=True)
class Row:
    """One row by heads. ``top`` is the first row of its block, which holds what the block says once."""

    number: int
    cells: Mapping[str, object]
    top: Mapping[str, object]

    def shared(self, head: str) -> object:
        own = self.cells.get(head)
        return self.top.get(head) if is_empty(own) else own


@dataclass(frozen=True, slots=True)
class Block:
    rows: tuple[Row, ...]
    merged: bool


def find_heads(rows: Sequence[Sequence[object]], *, required: Sequence[str], sheet: str) -> Heads:
    """
    Find the row that holds the heads, and each head's column.

    :raises KttError: a required head is missing (all missing ones are named), or a head stands there twice.
    """
    best: list[str] = []
    at = 0
    for index, row in enumerate(rows[:HEAD_WITHIN_ROWS]):
        names = [text(cell) for cell in row]
        if len(set(required) & set(names)) > len(set(required) & set(best)):
            best, at = names, index
    if missing := [head for head in required if head not in best]:
        raise KttError(f"“{sheet}”缺少表头：{'、'.join(missing)}")
    if twice := [head for i, head in enumerate(best) if head and head in best[:i]]:
        raise KttError(f"“{sheet}”表头重复：{twice[0]}", at + 1)
    return Heads(at=at, columns={head: i for i, head in enumerate(best) if head})


def body(rows: Sequence[Sequence[object]], heads: Heads) -> Iterator[tuple[int, dict[str, object]]]:
    """Yield (row number, cells by heads) of every row below the heads that is not empty under any of them."""
    for index in range(heads.at + 1, len(rows)):
        row = rows[index]
        cells = {head: row[i] if i < len(row) else None for head, i in heads.columns.items()}
        if not all(is_empty(cell) for cell in cells.values()):
            yield index + 1, cells


def _merged_tops(heads: Heads, merged: Sequence[tuple[int, int, int, int]], height: int) -> dict[int, int]:
    """Map each row number within a merged 订单金额 to the number of the first row of that range."""
    column = heads.columns["订单金额"]
    tops: dict[int, int] = {}
    for first, left, last, right in merged:
        if left <= column <= right and last > heads.at:
            for index in range(first, min(last, height - 1) + 1):
                if tops.setdefault(index + 1, first + 1) != first + 1:
                    raise KttError("合并单元格重叠", index + 1)
    return tops


def blocks(
    rows: Sequence[Sequence[object]], heads: Heads, merged: Sequence[tuple[int, int, int, int]]
) -> Iterator[Block]:
    """
    Yield the blocks of the customers' sheet from top to bottom.

    Rows are one block if their 订单金额 is one merged cell. Programs that lose merges leave the amount empty below the
    first row: such a row continues the block above, which then counts as not merged.

    :raises KttError: no row, more than ``MAX_ROWS``, or a first row without an amount.
    """
    tops = _merged_tops(heads, merged, len(rows))
    found: list[tuple[int, list[Row], bool]] = []
    count = 0
    for number, cells in body(rows, heads):
        count += 1
        top = tops.get(number, number)
        loose = number not in tops and is_empty(cells["订单金额"])
        if found and (found[-1][0] == top or loose):
            first, lines, merged_so_far = found.pop()
            lines.append(Row(number, cells, lines[0].cells))
            found.append((first, lines, merged_so_far and not loose))
        else:
            found.append((top, [Row(number, cells, cells)], True))
    if not count:
        raise KttError("“顾客购买表”里没有订单")
    if count > MAX_ROWS:
        raise KttError(f"订单行超过 {MAX_ROWS} 行")
    yield from (Block(tuple(lines), is_merged) for _, lines, is_merged in found)
