"""
What ordering and money must do, in plain Python: one campaign, two groups, two offers, a shopper and his neighbour.
Nothing of the product.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

PRICES = {"tomatoes": 399, "eggs": 1590}
LIVE = ("placed", "paid", "accepted")
# 满 2000 减 300, for everything; then a coupon of 200 from 1000 on, for orders of one group.
SPEND_FEN, SAVE_FEN = 2000, 300
COUPON_FEN, COUPON_FROM_FEN = 200, 1000


def shared_out(fen: int, weights: Sequence[int]) -> list[int]:
    """Hand out fen by fen: always to the part that lags most behind its share; ties to the earlier."""
    parts = [fen * weight // sum(weights) for weight in weights]
    while sum(parts) < fen:
        behind = [fen * weight - part * sum(weights) for weight, part in zip(weights, parts, strict=True)]
        parts[behind.index(max(behind))] += 1
    return parts


@dataclass
class ModelLine:
    """``gone``: pieces whose money went back, ``returned``: those of them that may be sold again."""

    quantity: int
    net_fen: int
    gone: int = 0
    back_fen: int = 0
    returned: int = 0

    @property
    def due(self) -> int:
        return self.quantity - self.gone

    def give(self, pieces: int) -> int:
        """Return the money of so many more pieces: what belongs to all that are gone, less what went back before."""
        self.gone += pieces
        before, self.back_fen = self.back_fen, self.net_fen * self.gone // self.quantity
        return self.back_fen - before


@dataclass
class ModelOrder:
    """
    ``back_fen``: all that was promised back. ``coupon``: it uses one. ``neighbour``: the leader ordered for him.

    ``by_credit``: paid from the shopper's store credit; ``credited_fen``: what was promised back to that.
    """

    far: bool
    neighbour: bool
    lines: dict[str, ModelLine]
    coupon: bool = False
    by_credit: bool = False
    credited_fen: int = 0
    state: str = "placed"
    announced: bool = False
    received: bool = False
    back_fen: int = 0

    @property
    def total_fen(self) -> int:
        return sum(line.net_fen for line in self.lines.values())

    def give(self, name: str, pieces: int) -> None:
        """Promise money back to whatever it was paid from."""
        fen = self.lines[name].give(pieces)
        self.back_fen += fen
        self.credited_fen += fen * self.by_credit


@dataclass
class Model:
    """
    Each method does what the product should and returns the name of the error that it should raise, or nothing.

    :param stock: tomatoes. :param limit: eggs a shopper. :param minimum: paid orders that a group needs.
    :param coupons: how many the shopper holds; they are the near group's, until it moves. :param granted_fen: his store credit at the beginning.
    """

    stock: int
    limit: int
    minimum: int
    coupons: int
    granted_fen: int
    state: str = "open"
    coupons_far: bool = False
    moved: set[bool] = field(default_factory=set)
    withdrawn: set[str] = field(default_factory=set)
    orders: list[ModelOrder] = field(default_factory=list)

    def sold(self, name: str, *, to: tuple[bool, ...] = (False, True)) -> int:
        """:param to: the shopper (False), the neighbour (True)."""
        live = [order for order in self.orders if order.state in LIVE and order.neighbour in to]
        lines = [order.lines[name] for order in live if name in order.lines]
        return sum(line.quantity - line.returned for line in lines)

    @property
    def credit_fen(self) -> int:
        """What the shopper has of store credit, and what was promised back to it."""
        paid = [order for order in self.orders if order.by_credit]
        return self.granted_fen - sum(order.total_fen - order.credited_fen for order in paid)

    def place(self, *, far: bool, neighbour: bool, tomatoes: int, eggs: int) -> str:
        if far in self.moved:
            return "GroupMoved"
        if self.state != "open":
            return "CampaignClosed"
        if not tomatoes + eggs:
            return "Invalid"
        if eggs and self.sold("eggs", to=(neighbour,)) + eggs > self.limit:
            return "LimitReached"
        if (tomatoes and "tomatoes" in self.withdrawn) or (eggs and "eggs" in self.withdrawn):
            return "OfferSoldOut"
        if self.sold("tomatoes") + tomatoes > self.stock:
            return "OfferSoldOut"
        wanted = {"tomatoes": tomatoes, "eggs": eggs}
        self.orders.append(self._priced(far, neighbour, {name: pieces for name, pieces in wanted.items() if pieces}))
        return ""

    def _priced(self, far: bool, neighbour: bool, wanted: dict[str, int]) -> ModelOrder:
        costs = [PRICES[name] * pieces for name, pieces in wanted.items()]
        if sum(costs) >= SPEND_FEN:
            costs = [cost - off for cost, off in zip(costs, shared_out(SAVE_FEN, costs), strict=True)]
        coupon = far == self.coupons_far and not neighbour and self.coupons > 0 and sum(costs) >= COUPON_FROM_FEN
        if coupon:
            self.coupons -= 1
            costs = [cost - off for cost, off in zip(costs, shared_out(COUPON_FEN, costs), strict=True)]
        lines = {name: ModelLine(wanted[name], cost) for name, cost in zip(wanted, costs, strict=True)}
        return ModelOrder(far, neighbour, lines, coupon)

    def announce(self, order: ModelOrder) -> str:
        if order.state != "placed":
            return "StateConflict"
        if self.state == "closing":
            return "PayDeadlinePassed"
        order.announced = True
        return ""

    def receive(self, order: ModelOrder, *, at_once: bool) -> str:
        """The payer has paid, just after ordering or just now; if that is in time it counts, else it goes back. Once."""
        if not order.announced:
            return "PaymentUnknown"
        if not order.received:
            order.received = True
            if order.state == "placed" and (at_once or self.state == "open"):
                order.state = "paid"
            else:
                order.back_fen += order.total_fen
        return ""

    def pay_by_credit(self, order: ModelOrder, balance_fen: int) -> str:
        """:param balance_fen: what has come back so far; the rest of the credit is on its way."""
        if order.by_credit and order.state in ("paid", "accepted"):
            return ""
        if order.state != "placed":
            return "StateConflict"
        if balance_fen < order.total_fen:
            return "CreditShort"
        if self.state == "closing":
            return "PayDeadlinePassed"
        order.state, order.by_credit = "paid", True
        return ""

    def cancel(self, order: ModelOrder) -> str:
        if self.state != "open":
            return "CampaignClosed"
        if order.state not in ("placed", "paid"):
            return "StateConflict"
        self._end(order)
        return ""

    def amend(self, order: ModelOrder, name: str, stays: int) -> str:
        if self.state != "open":
            return "CampaignClosed"
        if order.state != "paid":
            return "OrderUnpaid" if order.state == "placed" else "StateConflict"
        line = order.lines[name]
        away = line.due - stays
        if away < 0:
            return "Invalid"
        if away and sum(each.due for each in order.lines.values()) == away:
            self._end(order)
        elif away:
            order.give(name, away)
            line.returned += away
        return ""

    def _end(self, order: ModelOrder) -> None:
        """All of it goes back: pieces, coupon, and what was paid for it."""
        if order.state == "placed":
            order.state = "cancelled"
        else:
            order.state = "refunded"
            for name, line in order.lines.items():
                order.give(name, line.due)
        self.coupons += order.coupon

    def expire(self, order: ModelOrder) -> str:
        if order.state == "placed":
            self._end(order)
        return ""

    def extend(self) -> str:
        return "" if self.state == "open" else "StateConflict"

    def close(self) -> str:
        if self.state == "cancelled":
            return "StateConflict"
        if self.state == "open":
            self.state = "closing"
        return ""

    def freeze(self) -> str:
        if self.state != "closing":
            return "StateConflict"
        self.state = "frozen"
        for far in (False, True):
            group = [order for order in self.orders if order.far == far]
            paid = [order for order in group if order.state == "paid"]
            for order in group:
                if order.state == "placed" or (order.state == "paid" and len(paid) < self.minimum):
                    self._end(order)
                elif order.state == "paid":
                    order.state = "accepted"
        return ""

    def move(self, far: bool) -> str:
        """
        A group's live orders go to the other point, its coupons with them; what had moved from there before is taken in
        again.
        """
        if self.state == "cancelled":
            return "StateConflict"
        if far not in self.moved:
            self.moved = {far}
            if self.coupons_far == far:
                self.coupons_far = not far
            for order in self.orders:
                if order.state in LIVE and order.far == far:
                    order.far = not far
        return ""

    def withdraw(self, name: str) -> str:
        if self.state == "cancelled":
            return "StateConflict"
        if name not in self.withdrawn:
            self.withdrawn.add(name)
            for order in self.orders:
                if order.state in LIVE and name in order.lines:
                    self._without(order, name)
        return ""

    def _without(self, order: ModelOrder, name: str) -> None:
        line = order.lines[name]
        only = all(other is line or not other.due for other in order.lines.values())
        if order.state == "placed" or (only and line.due):
            self._end(order)
        elif line.due:
            line.returned += line.due
            order.give(name, line.due)

    def cancel_all(self) -> str:
        if self.state != "cancelled":
            self.state = "cancelled"
            for order in self.orders:
                if order.state in LIVE:
                    self._end(order)
        return ""

    def refund(self, order: ModelOrder, name: str, pieces: int) -> str:
        if order.state != "accepted":
            return "StateConflict"
        if order.lines[name].due < pieces:
            return "NothingToRefund"
        order.give(name, pieces)
        return ""

    def sweep(self) -> None:
        """What is closing is frozen by itself."""
        if self.state == "closing":
            self.freeze()
