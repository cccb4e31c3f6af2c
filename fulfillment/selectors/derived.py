"""What stages 4 to 6 keep for speed. How to read it: ``groupbuy.selectors.derived``."""

from groupbuy.selectors.derived import Derived

DERIVED = (
    Derived(
        "groupbuy_orderline",
        "collected",
        ("id",),
        "SELECT line_id AS id, sum(quantity) AS value FROM fulfillment_pickupitem GROUP BY line_id",
    ),
    Derived(
        "groupbuy_orderline",
        "short",
        ("id",),
        "SELECT line_id AS id, sum(pieces) AS value FROM fulfillment_shortageshare GROUP BY line_id",
    ),
    Derived(
        "fulfillment_pickprogress",
        "pieces",
        ("wave_id", "sku_id"),
        "SELECT wave_id, sku_id, sum(pieces) AS value FROM fulfillment_pickevent GROUP BY wave_id, sku_id",
    ),
    Derived(
        "fulfillment_pickprogress",
        "put",
        ("wave_id", "sku_id"),
        "SELECT wave_id, sku_id, sum(pieces) AS value FROM fulfillment_putevent GROUP BY wave_id, sku_id",
    ),
    Derived(
        "fulfillment_putprogress",
        "pieces",
        ("wave_id", "point_id", "sku_id"),
        "SELECT wave_id, point_id, sku_id, sum(pieces) AS value FROM fulfillment_putevent"
        " GROUP BY wave_id, point_id, sku_id",
    ),
)
