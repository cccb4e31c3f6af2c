"""Purchase orders: what a wave's demand makes the platform buy, supplier by supplier, in whole cases."""

import datetime as dt

from fulfillment.domain.states import PURCHASE, PurchaseState
from fulfillment.models import Wave
from groupbuy.kernel import clock
from groupbuy.kernel.db import rows
from groupbuy.kernel.transition import born, move_where


def purchases_insert(wave: Wave) -> None:
    """
    Order what the wave's current pick list needs and its earlier orders do not bring.

    At the first call that is all of it; a call for a later version makes supplementary orders of the difference, and
    what whole cases brought too much is used first. A second call for the same demand orders nothing. The number of
    statements depends neither on points nor on SKUs. Only under the lock of whoever writes the wave's papers.
    """
    now = clock.now()
    orders = rows(_INSERT, {"wave": wave.pk, "version": wave.paper_version, "now": now, "state": PurchaseState.ISSUED})
    if orders:
        born(PURCHASE, ids=[order["id"] for order in orders], state=PurchaseState.ISSUED, now=now)


def purchases_cancel(*, wave_id: int, now: dt.datetime, actor_id: int | None, reason: str) -> None:
    """Cancel the orders of a wave that is voided; goods that were received stay received."""
    move_where(
        PURCHASE,
        old=PurchaseState.ISSUED,
        new=PurchaseState.CANCELLED,
        where="t.wave_id = %s",
        params=[wave_id],
        now=now,
        actor_id=actor_id,
        reason=reason,
    )


# ``lacking``: pieces that no order brings yet. ``spare`` is what earlier cases hold beyond the demand they were bought
# for. Nothing of the wave went short so far: once its pick is closed, nobody joins.
_INSERT = """
WITH ordered AS (
    SELECT line.sku_id, sum(line.demand) AS demand, sum(line.cases * line.case_size - line.demand) AS spare
    FROM fulfillment_purchaseline line
    JOIN fulfillment_purchaseorder o ON o.id = line.order_id AND o.state <> 'cancelled'
    WHERE o.wave_id = %(wave)s GROUP BY line.sku_id
), lacking AS (
    SELECT pick.sku_id, pick.case_size, coalesce(ordered.spare, 0) AS spare,
           pick.quantity - coalesce(ordered.demand, 0) AS demand
    FROM fulfillment_pickline pick
    LEFT JOIN ordered ON ordered.sku_id = pick.sku_id
    WHERE pick.wave_id = %(wave)s AND pick.paper_version = %(version)s
), bought AS (
    SELECT sku.*, category.code AS category_code, category.name AS category, lacking.case_size AS per_case,
           lacking.demand, least(spare, demand) AS used,
           ceil((demand - least(spare, demand)) / lacking.case_size::numeric)::int AS cases
    FROM lacking JOIN groupbuy_sku sku ON sku.id = lacking.sku_id
    JOIN groupbuy_category category ON category.id = sku.category_id
    WHERE demand > 0
), orders AS (
    INSERT INTO fulfillment_purchaseorder (public_id, wave_id, warehouse_id, supplier_id, supplier_code, supplier_name,
                                           number, sequence, paper_version, state, version, issued_at)
    SELECT gen_random_uuid(), wave.id, warehouse.id, supplier.id, supplier.code, supplier.name,
           'PO-' || warehouse.code || to_char(wave.delivery_date, '-YYMMDD-') || wave.number || '-' || supplier.code
               || CASE earlier.orders WHEN 0 THEN '' ELSE '-' || earlier.orders + 1 END,
           earlier.orders + 1, %(version)s, %(state)s, 1, %(now)s
    FROM fulfillment_wave wave
    JOIN groupbuy_warehouse warehouse ON warehouse.id = wave.warehouse_id
    JOIN groupbuy_supplier supplier ON supplier.id IN (SELECT supplier_id FROM bought)
    CROSS JOIN LATERAL (SELECT count(*) AS orders FROM fulfillment_purchaseorder o
                        WHERE o.wave_id = wave.id AND o.supplier_id = supplier.id) AS earlier
    WHERE wave.id = %(wave)s
    RETURNING id, supplier_id
), lines AS (
    INSERT INTO fulfillment_purchaseline (public_id, order_id, sku_id, category_code, category, code, name, spec,
                                          sale_unit, base_unit, base_per_sale, case_size, cost_fen, demand,
                                          from_surplus, cases, surplus, amount_fen)
    SELECT gen_random_uuid(), orders.id, bought.id, category_code, category, code, name, spec, sale_unit, base_unit,
           base_per_sale, per_case, cost_fen, demand, used, cases, cases * per_case - (demand - used),
           cases * per_case * cost_fen
    FROM bought JOIN orders ON orders.supplier_id = bought.supplier_id
)
SELECT id FROM orders
"""
