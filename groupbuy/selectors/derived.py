"""
Data that is kept for speed and follows from other rows: counters and sums, each with the query that says what it is.

``manage.py rebuild_balances`` restores it. Every app has such a module with ``DERIVED``. What no other row tells is
not derived: the pieces taken away, which may be worth less than a fen (``refunded``), those that went back to stock
(``returned``), and what a person agreed to pay.
"""

from dataclasses import dataclass
from typing import Any

from groupbuy.kernel.db import rows


@dataclass(frozen=True)
class Derived:
    """
    One derived column.

    :param key: columns that name a row of ``table``.
    :param truth: yields ``key`` and ``value``, from the facts alone; a row that it does not name should be 0.
    :param within: the rows of ``table`` (alias ``t``) that are derived at all.
    :param may_miss: a row that is 0 need not exist.
    """

    table: str
    column: str
    key: tuple[str, ...]
    truth: str
    within: str = "true"
    may_miss: bool = False

    @property
    def name(self) -> str:
        return f"{self.table}.{self.column}"

    @property
    def wrong(self) -> str:
        """The query that yields ``key``, ``stored`` (NULL: no such row) and ``value`` of every row that is wrong."""
        key = ", ".join(self.key)
        return f"""
            SELECT {key}, kept.stored, coalesce(truth.value, 0)::bigint AS value
            FROM (SELECT {key}, t.{self.column} AS stored FROM {self.table} t WHERE {self.within}) AS kept
            FULL JOIN ({self.truth}) AS truth USING ({key})
            WHERE coalesce(kept.stored, 0) <> coalesce(truth.value, 0)
        """  # noqa: S608 - tables, columns and queries of our own


def differences(derived: Derived) -> list[dict[str, Any]]:
    """Return the rows whose column is not what the facts say, in order of their keys. One statement, one snapshot."""
    return rows(f"{derived.wrong} ORDER BY {', '.join(derived.key)}")


_LIVE = """
    FROM groupbuy_offer limited
    JOIN groupbuy_orderline line ON line.offer_id = limited.id
    JOIN groupbuy_order o ON o.id = line.order_id
    WHERE o.state IN ('placed', 'paid', 'accepted')
"""
_LIMITED = "EXISTS (SELECT FROM groupbuy_offer offer WHERE offer.id = t.offer_id AND offer.{limit} IS NOT NULL)"

DERIVED = (
    Derived(
        "groupbuy_offer",
        "sold",
        ("id",),
        f"SELECT line.offer_id AS id, sum(line.quantity - line.returned) AS value {_LIVE} GROUP BY line.offer_id",
    ),
    Derived(
        "groupbuy_offershopper",
        "quantity",
        ("offer_id", "shopper_id"),
        f"""
        SELECT line.offer_id, o.shopper_id, sum(line.quantity - line.returned) AS value
        {_LIVE} AND limited.per_shopper IS NOT NULL GROUP BY line.offer_id, o.shopper_id
        """,
        within=_LIMITED.format(limit="per_shopper"),
        may_miss=True,
    ),
    Derived(
        "groupbuy_offercommunity",
        "quantity",
        ("offer_id", "community_id"),
        f"""
        SELECT line.offer_id, o.community_id, sum(line.quantity - line.returned) AS value
        {_LIVE} AND limited.per_community IS NOT NULL GROUP BY line.offer_id, o.community_id
        """,
        within=_LIMITED.format(limit="per_community"),
        may_miss=True,
    ),
    Derived(
        "groupbuy_couponkind",
        "claimed",
        ("id",),
        "SELECT kind_id AS id, count(*) AS value FROM groupbuy_coupon GROUP BY kind_id",
    ),
    Derived(
        "groupbuy_payment",
        "refunded_fen",
        ("id",),
        "SELECT payment_id AS id, sum(amount_fen) AS value FROM groupbuy_refund GROUP BY payment_id",
    ),
    Derived(
        "groupbuy_orderline",
        "refunded_fen",
        ("id",),
        "SELECT line_id AS id, sum(amount_fen) AS value FROM groupbuy_refundline GROUP BY line_id",
    ),
    Derived(
        "groupbuy_creditbalance",
        "fen",
        ("person_id",),
        """
        SELECT person_id, -sum(amount_fen) AS value FROM groupbuy_ledgerleg
        WHERE account = 'credit_owed' GROUP BY person_id
        """,
        may_miss=True,
    ),
)
