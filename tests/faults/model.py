"""What ordering and money must do, in plain Python: one campaign, two groups, two offers. Nothing of the product."""

from __future__ import annotations

from dataclasses import dataclass, field

TOMATO_FEN, EGGS_FEN = 399, 1590
LIVE = ("placed", "paid", "accepted")


@dataclass
class ModelOrder:
    """``back_fen``: all that was promised back. ``left``: pieces that can still be refunded, by offer."""

    far: bool
    tomatoes: int
    eggs: int
    state: str = "placed"
    announced: bool = False
    received: bool = False
    back_fen: int = 0
    left: dict[str, int] = field(default_factory=dict)

    @property
    def total_fen(self) -> int:
        return self.tomatoes * TOMATO_FEN + self.eggs * EGGS_FEN


@dataclass
class Model:
    """
    Each method does what the product should and returns the name of the error that it should raise, or nothing.

    :param stock: tomatoes. :param limit: eggs a shopper. :param minimum: paid orders that a group needs.
    """

    stock: int
    limit: int
    minimum: int
    frozen: bool = False
    orders: list[ModelOrder] = field(default_factory=list)

    def sold(self, name: str) -> int:
        return sum(getattr(order, name) for order in self.orders if order.state in LIVE)

    def place(self, *, far: bool, tomatoes: int, eggs: int) -> str:
        if self.frozen:
            return "CampaignClosed"
        if not tomatoes + eggs:
            return "Invalid"
        if self.sold("eggs") + eggs > self.limit and eggs:
            return "LimitReached"
        if self.sold("tomatoes") + tomatoes > self.stock:
            return "OfferSoldOut"
        self.orders.append(ModelOrder(far, tomatoes, eggs))
        return ""

    def announce(self, order: ModelOrder) -> str:
        if order.state != "placed":
            return "StateConflict"
        order.announced = True
        return ""

    def receive(self, order: ModelOrder) -> str:
        """The payer has paid; it counts if the order still waits, else all of it goes back. Once."""
        if not order.announced:
            return "PaymentUnknown"
        if not order.received:
            order.received = True
            if order.state == "placed":
                order.state = "paid"
            else:
                order.back_fen += order.total_fen
        return ""

    def cancel(self, order: ModelOrder) -> str:
        if self.frozen:
            return "CampaignClosed"
        return self._end(order)

    def _end(self, order: ModelOrder) -> str:
        if order.state == "placed":
            order.state = "cancelled"
        elif order.state == "paid":
            order.state = "refunded"
            order.back_fen += order.total_fen
        else:
            return "StateConflict"
        return ""

    def expire(self, order: ModelOrder) -> str:
        if order.state == "placed":
            order.state = "cancelled"
        return ""

    def freeze(self) -> str:
        if self.frozen:
            return "StateConflict"
        self.frozen = True
        for far in (False, True):
            group = [order for order in self.orders if order.far == far]
            paid = [order for order in group if order.state == "paid"]
            for order in group:
                if order.state == "placed" or (order.state == "paid" and len(paid) < self.minimum):
                    self._end(order)
                elif order.state == "paid":
                    order.state = "accepted"
                    order.left = {"tomatoes": order.tomatoes, "eggs": order.eggs}
        return ""

    def refund(self, order: ModelOrder, name: str, pieces: int) -> str:
        if order.state != "accepted":
            return "StateConflict"
        if order.left[name] < pieces:
            return "NothingToRefund"
        order.left[name] -= pieces
        order.back_fen += pieces * (TOMATO_FEN if name == "tomatoes" else EGGS_FEN)
        return ""
