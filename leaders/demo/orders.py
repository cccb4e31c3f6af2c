"""Shoppers who order and pay, through the services; who orders what follows from counting, so each run is alike."""

from collections.abc import Sequence
from itertools import count

from groupbuy.kernel import clock
from groupbuy.models import Campaign, Group, Offer, Order, User
from groupbuy.services.order_terms import LineWanted
from groupbuy.services.orders import LimitReached, OfferSoldOut, Receiver, order_place
from groupbuy.services.payments import payment_apply, payment_start
from leaders.demo.files import Row, table

# Money that no provider knows; a refund of it goes to a person.
PROVIDER = "demo"


class Customers:
    """
    The shoppers of a city: each orders at his own point, with his own door.

    ``everywhere``: at every third point of the fixed routes in turn instead, so that there are more stops
    than shoppers' points.
    """

    def __init__(self, campaign: Campaign, city: str, *, everywhere: bool = False) -> None:
        self.rows: list[Row] = [row for row in table("shoppers") if row["city"] == city]
        self.users = User.objects.in_bulk([row["username"] for row in self.rows], field_name="username")
        groups = list(campaign.groups.select_related("point").order_by("point__code"))
        self.groups: dict[str, Group] = {group.point.code: group for group in groups}
        self.elsewhere = [group for group in groups if group.point.route_name][::3] if everywhere else []
        self.offers: list[Offer] = list(campaign.offers.order_by("position"))
        self._turn = count()

    def order(self, how_many: int) -> list[Order]:
        """Place orders in turn around the city; a basket whose goods are gone is left, so there may be fewer."""
        placed = (self._order(next(self._turn)) for _ in range(how_many))
        return [order for order in placed if order]

    def _order(self, turn: int) -> Order | None:
        row = self.rows[turn % len(self.rows)]
        try:
            return order_place(
                shopper=self.users[row["username"]],
                group_id=self._group(turn, row).public_id,
                lines=self._basket(turn),
                receiver=Receiver(room=f"{row['building']}-{row['room']}"),
            )
        except (OfferSoldOut, LimitReached):
            return None

    def _group(self, turn: int, row: Row) -> Group:
        return self.elsewhere[turn % len(self.elsewhere)] if self.elsewhere else self.groups[row["point"]]

    def _basket(self, turn: int) -> list[LineWanted]:
        """One to four different offers, 7 and 11 apart in the list, mostly one piece of each."""
        chosen = {(turn * 7 + line * 11) % len(self.offers): 1 + (turn + line) % 5 // 4 for line in range(turn % 4 + 1)}
        return [LineWanted(self.offers[index].public_id, quantity) for index, quantity in chosen.items()]


def pay(orders: Sequence[Order]) -> None:
    """Pay orders as a provider's notice would."""
    for order in orders:
        payment, _prepay = payment_start(order=order, payer=order.payer, payer_ref="", provider=PROVIDER)
        payment_apply(
            out_trade_no=payment.out_trade_no,
            transaction_id=f"demo{payment.out_trade_no}",
            amount_fen=payment.amount_fen,
            paid_at=clock.now(),
        )
