"""What a 快团团 export says, as plain facts. Rows are numbered as the spreadsheet shows them: the first is 1."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DoubtCode(StrEnum):
    """Why a person should look at a row before it is imported; none of these stops the import."""

    PHONE_MISSING = "phone_missing"
    PHONE_MADE_UP = "phone_made_up"
    PHONE_NOT_MOBILE = "phone_not_mobile"
    TWO_PHONES = "two_phones"
    RECEIVER_MISSING = "receiver_missing"
    RECEIVER_BLANK = "receiver_blank"
    TWO_RECEIVERS = "two_receivers"
    PRICE_DIFFERS = "price_differs"
    PRODUCT_UNLISTED = "product_unlisted"
    ORDERS_SHARE_BLOCK = "orders_share_block"
    ORDER_IN_BLOCKS = "order_in_blocks"
    BLOCK_NOT_MERGED = "block_not_merged"
    BLOCK_TOTAL_DIFFERS = "block_total_differs"
    EXTRA_MONEY = "extra_money"
    REFUNDED = "refunded"


@dataclass(frozen=True, slots=True, order=True)
class Doubt:
    row: int
    code: DoubtCode
    reason_zh: str


@dataclass(frozen=True, slots=True)
class KttSheets:
    """
    The workbook as read: rows of cells from A1 on, empty ones included.

    ``merged``: the merged ranges of ``customers`` as (first row, first column, last row, last column), counted
    from 0, ends included. ``products`` and ``about`` are empty if the file has no such sheet.
    """

    customers: Sequence[Sequence[object]]
    merged: Sequence[tuple[int, int, int, int]]
    products: Sequence[Sequence[object]] = ()
    about: Sequence[Sequence[object]] = ()


@dataclass(frozen=True, slots=True)
class KttLine:
    """``sku`` is the export's text, name and spec in one; ``price_fen`` x ``quantity`` is exactly ``amount_fen``."""

    row: int
    sku: str
    spec: str
    quantity: int
    price_fen: int
    amount_fen: int

    @property
    def name(self) -> str:
        """The SKU's text without the spec in brackets that the export appends."""
        for suffix in (f"({self.spec})", f"（{self.spec}）"):
            if self.spec and self.sku.endswith(suffix):
                return self.sku.removesuffix(suffix).strip() or self.sku
        return self.sku


@dataclass(frozen=True, slots=True)
class KttPoint:
    """The pickup point (服务小区) as the export names it; any part may be empty."""

    name: str
    contact: str
    phone: str
    address: str


@dataclass(frozen=True, slots=True)
class KttOrder:
    """
    One order (跟团号) with its lines in the order of the file; they need not be neighbours.

    The person is that of the order's first row, blanks trimmed; ``phones`` are all numbers of all its rows, the
    first row's first, perhaps none. ``fields`` holds the columns that the leader defined, by their heads;
    ``building`` and ``room`` are taken from them where a head says so, without 号 and 室, else empty.
    ``placed_at`` is None unless the export has the column 下单时间.
    """

    number: int
    buyer: str
    receiver: str
    phones: tuple[str, ...]
    address: str
    building: str
    room: str
    fields: Mapping[str, str]
    remark: str
    leader_remark: str
    leader: str
    point: KttPoint
    delivery: str
    placed_at: datetime | None
    lines: tuple[KttLine, ...]

    @property
    def amount_fen(self) -> int:
        return sum(line.amount_fen for line in self.lines)

    @property
    def pieces(self) -> int:
        return sum(line.quantity for line in self.lines)


@dataclass(frozen=True, slots=True)
class KttBlock:
    """
    A merged block: the rows of one recipient, perhaps of several orders. Its money is written once.

    ``goods_fen`` is the sum of its lines; the four others are what the file says.
    """

    first_row: int
    last_row: int
    order_numbers: tuple[int, ...]
    goods_fen: int
    freight_fen: int
    discount_fen: int
    amount_fen: int
    refund_fen: int
    merged: bool

    @property
    def adds_up(self) -> bool:
        return self.amount_fen == self.goods_fen + self.freight_fen - self.discount_fen


@dataclass(frozen=True, slots=True)
class KttFile:
    """``placed_from`` and ``placed_until`` bound the times of all orders, if the export tells them; UTC."""

    title: str
    orders: tuple[KttOrder, ...]
    blocks: tuple[KttBlock, ...]
    custom_headers: tuple[str, ...]
    doubts: tuple[Doubt, ...]
    placed_from: datetime | None = None
    placed_until: datetime | None = None

    @property
    def pieces(self) -> int:
        return sum(order.pieces for order in self.orders)

    @property
    def amount_fen(self) -> int:
        return sum(order.amount_fen for order in self.orders)

    @property
    def pieces_by_sku(self) -> dict[str, int]:
        """Pieces for each SKU text, in the order of first appearance."""
        counted: Counter[str] = Counter()
        for order in self.orders:
            for line in order.lines:
                counted[line.sku] += line.quantity
        return dict(counted)
