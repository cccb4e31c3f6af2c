"""The cart of a shop page: quantities in the query string, so that a link, a refresh and a log-in keep them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import parse_qsl, urlencode

from django.http import QueryDict

from groupbuy.domain.prices import PriceStep, next_step
from groupbuy.models import Offer
from groupbuy.selectors.groups import left, price_now, price_plan
from groupbuy.services.order_terms import MAX_QUANTITY, LineWanted

FIELD = "q-"


class Limit(StrEnum):
    STOCK = "stock"
    COMMUNITY = "community"
    SHOPPER = "shopper"


@dataclass(frozen=True)
class Line:
    """
    ``price_fen`` now, ``step``: the next change of it. ``most``: what this shopper can still have, None without limit;
    ``limit``: what it comes from.

    ``asked``: what he wanted before it was cut.
    """

    offer: Offer
    price_fen: int
    step: PriceStep | None
    quantity: int
    most: int | None
    limit: Limit | None
    asked: int = 0

    @property
    def field(self) -> str:
        return f"{FIELD}{self.offer.public_id}"

    @property
    def amount_fen(self) -> int:
        return self.price_fen * self.quantity

    @property
    def gone(self) -> bool:
        """Sold out, or less is left than one may order."""
        return self.most is not None and self.most < self.offer.minimum

    def cut(self) -> "Line":
        """Bring the quantity down to what can be had, in the offer's own steps."""
        if self.most is None or self.quantity <= self.most:
            return self
        offer = self.offer
        fits = 0 if self.gone else self.most - (self.most - offer.minimum) % offer.step
        return replace(self, quantity=fits, asked=self.quantity)


@dataclass(frozen=True)
class Cart:
    lines: list[Line]

    @property
    def total_fen(self) -> int:
        return sum(line.amount_fen for line in self.lines)

    @property
    def pieces(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def chosen(self) -> list[Line]:
        """Lines that are wanted, or were until they had to be cut to nothing."""
        return [line for line in self.lines if line.quantity or line.asked]

    @property
    def wanted(self) -> list[LineWanted]:
        return [
            LineWanted(offer_id=line.offer.public_id, quantity=line.quantity) for line in self.lines if line.quantity
        ]

    def cut(self) -> "Cart":
        return Cart([line.cut() for line in self.lines])


def read(
    data: QueryDict,
    *,
    offers: Sequence[Offer],
    held: Mapping[int, int],
    left_in: Mapping[int, int],
    now: dt.datetime,
) -> Cart:
    """
    Read the quantities of ``offers`` from a form; anything that is no number counts as none.

    :param held: offer id -> what the shopper holds already. ``left_in``: what the community can still have.
    """
    return Cart([_line(offer, data, _limits(offer, held, left_in), now) for offer in offers])


def kept(query: str) -> str:
    """Return the quantities of a query string, and nothing else of it, as a query string."""
    return urlencode([(key, value) for key, value in parse_qsl(query) if key.startswith(FIELD)])


def _line(offer: Offer, data: QueryDict, limits: Mapping[Limit, int], now: dt.datetime) -> Line:
    # Of two equal limits the wider one is told: stock before community before shopper.
    limit = min(limits, key=limits.__getitem__, default=None)
    return Line(
        offer=offer,
        price_fen=price_now(offer, now),
        step=next_step(price_plan(offer), now),
        quantity=_quantity(data.get(f"{FIELD}{offer.public_id}")),
        most=None if limit is None else limits[limit],
        limit=limit,
    )


def _quantity(raw: str | None) -> int:
    return min(int(raw), MAX_QUANTITY) if raw and raw.isascii() and raw.isdigit() and len(raw) <= 4 else 0


def _limits(offer: Offer, held: Mapping[int, int], left_in: Mapping[int, int]) -> dict[Limit, int]:
    """Return what each limit leaves to this shopper, in sale units."""
    share = None if offer.per_shopper is None else max(offer.per_shopper - held.get(offer.pk, 0), 0)
    limits = {Limit.STOCK: left(offer), Limit.COMMUNITY: left_in.get(offer.pk), Limit.SHOPPER: share}
    return {limit: pieces for limit, pieces in limits.items() if pieces is not None}
