"""
The counters that nothing may oversell: pieces sold of an offer, pieces held by one shopper or one community.

Each is one conditional UPDATE; shoppers come before communities, both before offers, and all rows are locked in the order
of their ids, so that two orders can never wait for each other. ``F()`` alone, or a check before the update, would oversell
(see tests/concurrency).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from groupbuy.kernel.db import prepared, rows, run
from groupbuy.services import coupons


@dataclass(frozen=True)
class Share:
    """
    Who may hold only so many pieces of an offer.

    ``holder``: the column of his id, in the counter's table and in orders. ``limit``: the offer's column.
    """

    table: str
    holder: str
    limit: str


SHOPPER: Final = Share("groupbuy_offershopper", "shopper_id", "per_shopper")
COMMUNITY: Final = Share("groupbuy_offercommunity", "community_id", "per_community")
# In this order everywhere, so that two orders can never wait for each other.
SHARES: Final = (SHOPPER, COMMUNITY)

MANY = 100

# The CTE locks in id order before the UPDATE touches a row; the UPDATE re-reads the row it has locked.
_TAKE = """
    WITH locked AS (
        SELECT o.id, wanted.quantity
        FROM unnest(%(ids)s::bigint[], %(quantities)s::int[]) AS wanted (offer_id, quantity)
        JOIN groupbuy_offer o ON o.id = wanted.offer_id
        ORDER BY o.id FOR NO KEY UPDATE OF o
    )
    UPDATE groupbuy_offer o SET sold = o.sold + locked.quantity
    FROM locked WHERE o.id = locked.id AND (o.stock IS NULL OR o.sold + locked.quantity <= o.stock)
    RETURNING o.id
"""

_TAKE_SHARE = """
    WITH wanted (offer_id, quantity, most) AS (
        SELECT * FROM unnest(%(ids)s::bigint[], %(quantities)s::int[], %(limits)s::int[])
    )
    INSERT INTO {table} AS held (offer_id, {holder}, quantity)
    SELECT offer_id, %(holder)s::bigint, quantity FROM wanted WHERE quantity <= most ORDER BY offer_id
    ON CONFLICT (offer_id, {holder}) DO UPDATE SET quantity = held.quantity + EXCLUDED.quantity
    WHERE held.quantity + EXCLUDED.quantity <= (SELECT most FROM wanted WHERE wanted.offer_id = held.offer_id)
    RETURNING held.offer_id
"""

# What goes back: the rest of whole orders, or some pieces of some lines.
_OF_ORDERS = "SELECT id, quantity - returned AS quantity FROM groupbuy_orderline WHERE order_id = ANY(%(orders)s)"
_OF_LINES = "SELECT * FROM unnest(%(lines)s::bigint[], %(quantities)s::int[]) AS wanted (id, quantity)"

_RETURN = f"""
    UPDATE groupbuy_orderline line SET returned = line.returned + piece.quantity
    FROM ({_OF_LINES}) AS piece WHERE line.id = piece.id
"""  # noqa: S608 - a constant above

_GIVE_BACK = """
    WITH back AS (
        SELECT line.offer_id, sum(piece.quantity) AS quantity
        FROM ({pieces}) AS piece JOIN groupbuy_orderline line ON line.id = piece.id GROUP BY line.offer_id
    ), locked AS (
        SELECT o.id FROM groupbuy_offer o JOIN back ON back.offer_id = o.id ORDER BY o.id FOR NO KEY UPDATE OF o
    )
    UPDATE groupbuy_offer o SET sold = o.sold - back.quantity
    FROM locked JOIN back ON back.offer_id = locked.id WHERE o.id = locked.id
"""

_GIVE_BACK_SHARE = """
    WITH back AS (
        SELECT line.offer_id, o.{holder}, sum(piece.quantity) AS quantity
        FROM ({pieces}) AS piece JOIN groupbuy_orderline line ON line.id = piece.id
        JOIN groupbuy_order o ON o.id = line.order_id GROUP BY line.offer_id, o.{holder}
    ), locked AS (
        SELECT held.id FROM {table} held
        JOIN back ON back.offer_id = held.offer_id AND back.{holder} = held.{holder}
        ORDER BY held.offer_id, held.{holder} FOR NO KEY UPDATE OF held
    )
    UPDATE {table} held SET quantity = held.quantity - back.quantity
    FROM back, locked
    WHERE held.id = locked.id AND back.offer_id = held.offer_id AND back.{holder} = held.{holder}
"""


# Orders first: one that ends meanwhile is waited for and left out, one that ends later finds the counter.
_COUNT = """
    WITH live AS (
        SELECT o.id, o.{holder} FROM groupbuy_order o
        WHERE o.state IN ('placed', 'paid', 'accepted')
          AND EXISTS (SELECT FROM groupbuy_orderline line WHERE line.order_id = o.id AND line.offer_id = %(offer)s)
        ORDER BY o.id FOR NO KEY UPDATE OF o
    )
    INSERT INTO {table} (offer_id, {holder}, quantity)
    SELECT line.offer_id, live.{holder}, sum(line.quantity - line.returned)
    FROM live JOIN groupbuy_orderline line ON line.order_id = live.id AND line.offer_id = %(offer)s
    GROUP BY line.offer_id, live.{holder}
"""


def take(quantities: Mapping[int, int]) -> set[int]:
    """Add to the sold counters where stock allows; return the ids of the offers that had enough."""
    ids = sorted(quantities)
    # An order's few lines need no plan of their own; the thousand offers of an import do.
    execute = prepared if len(ids) < MANY else rows
    return {row["id"] for row in execute(_TAKE, {"ids": ids, "quantities": [quantities[i] for i in ids]})}


def take_share(share: Share, holder_id: int, quantities: Mapping[int, int], limits: Mapping[int, int]) -> set[int]:
    """Add to what he, or they, hold of each limited offer; return the ids of those within their limit."""
    ids = sorted(limits)
    params = {
        "ids": ids,
        "quantities": [quantities[i] for i in ids],
        "limits": [limits[i] for i in ids],
        "holder": holder_id,
    }
    statement = _TAKE_SHARE.format(table=share.table, holder=share.holder)
    return {row["offer_id"] for row in prepared(statement, params)}


def give_back(order_ids: list[int]) -> None:
    """
    Return what whole orders have taken: pieces to their offers, shoppers and communities, coupons, the newcomer's right.

    Call it once for an order, in the transaction of the guarded move that ends it; the move is the proof of once.
    """
    coupons.give_back(order_ids)
    _give_back(_OF_ORDERS, {"orders": order_ids})


def give_back_pieces(pieces: Mapping[int, int]) -> None:
    """
    Return some pieces (order line id -> sale units) of orders that go on; the lines count them as returned.

    The caller has refunded them in this transaction; ``returned <= refunded`` is checked by the database.
    """
    params = {"lines": list(pieces), "quantities": list(pieces.values())}
    run(_RETURN, params)
    _give_back(_OF_LINES, params)


def _give_back(pieces: str, params: Mapping[str, object]) -> None:
    for share in SHARES:
        run(_GIVE_BACK_SHARE.format(pieces=pieces, table=share.table, holder=share.holder), params)
    run(_GIVE_BACK.format(pieces=pieces), params)


def held(share: Share, holder_id: int, offer_ids: Sequence[int]) -> dict[int, int]:
    """Return how many sale units of limited offers he, or they, hold: offer id -> pieces, none where there are none."""
    found = rows(
        f"SELECT offer_id, quantity FROM {share.table} WHERE {share.holder} = %s AND offer_id = ANY(%s)",  # noqa: S608
        [holder_id, list(offer_ids)],
    )
    return {row["offer_id"]: row["quantity"] for row in found}


def start_counting(share: Share, offer_id: int) -> None:
    """Count what live orders hold of an offer that gets a limit; the caller holds the campaign's gate alone."""
    run(_COUNT.format(table=share.table, holder=share.holder), {"offer": offer_id})


def stop_counting(share: Share, offer_id: int) -> None:
    """Forget the counts of an offer without a limit: what nobody adds to must not be given back to."""
    run(f"DELETE FROM {share.table} WHERE offer_id = %s", [offer_id])  # noqa: S608 - a constant above


def most_held(share: Share, offer_id: int) -> int:
    """Return the most sale units that one of them holds of an offer with a limit."""
    (found,) = rows(
        f"SELECT coalesce(max(quantity), 0) AS most FROM {share.table} WHERE offer_id = %s",  # noqa: S608 - ditto
        [offer_id],
    )
    return int(found["most"])


def left(offer_ids: list[int]) -> dict[int, int | None]:
    """Return how many sale units each offer still has; None is unlimited."""
    found = rows("SELECT id, stock - sold AS pieces FROM groupbuy_offer WHERE id = ANY(%s)", [offer_ids])
    return {row["id"]: row["pieces"] for row in found}
