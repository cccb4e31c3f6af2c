"""What the other sheets of a 快团团 export add to the orders: listed prices, and when the orders were placed."""

import re
from collections.abc import Sequence
from datetime import datetime

from groupbuy.domain.ktt import cells
from groupbuy.domain.ktt.doubts import sku_key
from groupbuy.domain.ktt.table import body, find_heads

_ABOUT_TIMES = re.compile(r"下单时间[:：](.+?)至(.+)")


def listed_prices(rows: Sequence[Sequence[object]]) -> tuple[str, dict[str, frozenset[int]]]:
    """Return the campaign's title and the listed prices in fen of each SKU; both empty without the product sheet."""
    if not rows:
        return "", {}
    heads = find_heads(rows, required=("商品", "团当前单价"), sheet="商品汇总表")
    title = ""
    prices: dict[str, frozenset[int]] = {}
    for number, row in body(rows, heads):
        title = title or re.sub(r"\s+", " ", cells.text(row.get("团购标题"), row=number))
        name, spec = cells.text(row["商品"], row=number), cells.text(row.get("规格"), row=number)
        if cells.text(row["团当前单价"]) in {"", "-"}:
            continue
        price = cells.fen(row["团当前单价"], header="商品汇总表的团当前单价", row=number)
        key = sku_key(f"{name}({spec})" if spec else name)
        prices[key] = prices.get(key, frozenset()) | {price}
    return title, prices


def order_times(about: Sequence[Sequence[object]]) -> tuple[datetime | None, datetime | None]:
    """Return the first and the last order's time, which 说明 tells as one sentence; None for both if it does not."""
    for row in about:
        for cell in row:
            if match := _ABOUT_TIMES.search(cells.text(cell)):
                start, end = (cells.instant(part, header="说明里的下单时间", row=None) for part in match.groups())
                return start, end
    return None, None
