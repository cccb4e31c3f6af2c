"""Lines of an export as a campaign can hold them: one offer for a SKU, one line for an offer in an order."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from groupbuy.domain.ktt.doubts import sku_key
from groupbuy.domain.ktt.facts import KttLine, KttOrder


@dataclass(frozen=True, slots=True)
class MergedOffer:
    """
    One SKU of the file. ``code`` depends on the SKU's text alone, so that the next file finds the same SKU.

    ``price_fen`` is the price at which most pieces were sold, the lower one of two equals; ``amount_fen`` is exact.
    """

    code: str
    name: str
    spec: str
    price_fen: int
    pieces: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class MergedLine:
    """
    One SKU of one order. ``amount_fen = price_fen x quantity``.

    Sold at two prices in one order, it stands at the higher one and ``discount_fen`` makes the money exact.
    """

    code: str
    quantity: int
    price_fen: int
    discount_fen: int

    @property
    def amount_fen(self) -> int:
        return self.price_fen * self.quantity


def sku_code(sku: str) -> str:
    """Return ``KTT-`` and 12 hex digits (48 bits) of the SKU's text, whatever the width of its brackets and blanks."""
    return f"KTT-{hashlib.sha256(sku_key(sku).encode()).hexdigest()[:12].upper()}"


def merged_offers(orders: Iterable[KttOrder]) -> tuple[MergedOffer, ...]:
    """Return one offer for each SKU, in the order of first appearance."""
    lines: defaultdict[str, list[KttLine]] = defaultdict(list)
    for order in orders:
        for line in order.lines:
            lines[sku_code(line.sku)].append(line)
    return tuple(_offer(code, group) for code, group in lines.items())


def _offer(code: str, lines: list[KttLine]) -> MergedOffer:
    sold: Counter[int] = Counter()
    for line in lines:
        sold[line.price_fen] += line.quantity
    return MergedOffer(
        code=code,
        name=lines[0].name,
        spec=lines[0].spec,
        price_fen=min(sold, key=lambda price: (-sold[price], price)),
        pieces=sold.total(),
        amount_fen=sum(line.amount_fen for line in lines),
    )


def merged_lines(order: KttOrder) -> tuple[MergedLine, ...]:
    """Return one line for each SKU of an order; their money adds up to the order's."""
    groups: defaultdict[str, list[KttLine]] = defaultdict(list)
    for line in order.lines:
        groups[sku_code(line.sku)].append(line)
    return tuple(_line(code, lines) for code, lines in groups.items())


def _line(code: str, lines: list[KttLine]) -> MergedLine:
    price_fen = max(line.price_fen for line in lines)
    quantity = sum(line.quantity for line in lines)
    return MergedLine(code, quantity, price_fen, price_fen * quantity - sum(line.amount_fen for line in lines))
