"""What stages 4 to 6 keep for speed. How to read it: ``groupbuy.selectors.derived``."""

from groupbuy.selectors.derived import Derived

DERIVED = (
    Derived(
        "groupbuy_orderline",
        "collected",
        ("id",),
        "SELECT line_id AS id, sum(quantity) AS value FROM fulfillment_pickupitem GROUP BY line_id",
    ),
)
