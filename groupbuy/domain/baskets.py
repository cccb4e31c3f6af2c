"""Grocery baskets as a replay reads them: one row of a till receipt, and what one piece in it cost."""

from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

# Rows outside are left out: returns and corrections below, fuel by the gallon and weighed goods by the gram above.
PIECES_FROM, PIECES_TO = 1, 99


class BasketRow(NamedTuple):
    """
    So many pieces of a product in a basket, at ``price_fen`` each.

    ``bought_at``: the till's clock as text, ``YYYY-MM-DD hh:mm:ss``, without a zone. Field by field it is what a replay
    copies into the database, so their order matters.
    """

    basket: int
    store: int
    household: int
    product: int
    bought_at: str
    pieces: int
    price_fen: int


class ProductCard(NamedTuple):
    """What the assortment says about a product, as a picker reads it; ``zone`` is a value of ``words.Zone``."""

    product: int
    name: str
    spec: str
    zone: str


@lru_cache(maxsize=65_536)
def unit_price_fen(sales_value: str, pieces: int) -> int:
    """
    Return ``sales_value / pieces`` in hundredths, rounded half up.

    The quotient is one of integers, so that half a hundredth is exactly that.

    :param sales_value: what all pieces cost together, as a decimal number >= 0 in text.
    """
    part, whole = Decimal(sales_value).as_integer_ratio()
    return (200 * part + whole * pieces) // (2 * whole * pieces)
