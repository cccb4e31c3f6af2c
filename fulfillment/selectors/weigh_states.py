"""What is to be weighed of a wave, position by position, and what was weighed."""

from dataclasses import dataclass

from fulfillment.models import Wave
from groupbuy.kernel.db import rows

PER_PAGE = 60


@dataclass(frozen=True)
class WeighState:
    """
    One weighed SKU at one position. ``nominal`` base units (``base_unit``: g or piece) are what its pieces should hold,
    ``real`` what was weighed.
    """

    position: int
    point_id: int
    point_code: str
    point: str
    sku_id: int
    code: str
    name: str
    unit: str
    base_unit: str
    quantity: int
    nominal: int
    entry_id: int | None
    real: int | None

    @property
    def difference(self) -> int:
        """Below 0: lighter than paid for, and so given back."""
        return 0 if self.real is None else self.real - self.nominal


_STATES = """
    SELECT place.position, place.point_id, point.code AS point_code, point.name AS point, sku.id AS sku_id, sku.code,
           sku.name, sku.sale_unit AS unit, sku.base_unit, line.quantity, line.quantity * sku.base_per_sale AS nominal,
           entry.id AS entry_id, entry.real_base AS real
    FROM fulfillment_sortline line
    JOIN fulfillment_stop place ON place.wave_id = line.wave_id AND place.point_id = line.point_id
    JOIN groupbuy_pickuppoint point ON point.id = place.point_id
    JOIN groupbuy_sku sku ON sku.id = line.sku_id AND sku.weighed
    LEFT JOIN fulfillment_weightentry entry ON entry.wave_id = line.wave_id AND entry.point_id = line.point_id
        AND entry.sku_id = line.sku_id AND entry.line_id IS NULL AND entry.undone_at IS NULL
    WHERE line.wave_id = %(wave)s AND line.paper_version = %(version)s AND line.sku_id = %(sku)s
"""


def of_sku(wave: Wave, sku_id: int, *, after: int = 0, limit: int = PER_PAGE) -> list[WeighState]:
    """Return the positions that get the weighed SKU, behind ``after``; nothing for other SKUs."""
    found = rows(
        f"{_STATES} AND place.position > %(after)s ORDER BY place.position LIMIT %(limit)s",
        {"wave": wave.pk, "version": wave.paper_version, "sku": sku_id, "after": after, "limit": limit},
    )
    return [WeighState(**row) for row in found]


def at_point(wave: Wave, sku_id: int, point_id: int) -> WeighState | None:
    found = rows(
        f"{_STATES} AND line.point_id = %(point)s",
        {"wave": wave.pk, "version": wave.paper_version, "sku": sku_id, "point": point_id},
    )
    return WeighState(**found[0]) if found else None


@dataclass(frozen=True)
class WeighedSku:
    """``weighed`` of its ``positions`` have a weight."""

    code: str
    name: str
    spec: str
    bin: str
    positions: int
    weighed: int


def skus(wave: Wave) -> list[WeighedSku]:
    """Return the SKUs of the wave that are settled by weight, by bin; the sort list is gone through once."""
    found = rows(
        """
        WITH placed AS MATERIALIZED (
            SELECT sku_id, count(*) AS positions FROM fulfillment_sortline
            WHERE wave_id = %(wave)s AND paper_version = %(version)s GROUP BY sku_id
        )
        SELECT sku.code, card.name, card.spec, card.bin, placed.positions,
               (SELECT count(DISTINCT point_id) FROM fulfillment_weightentry entry WHERE entry.wave_id = card.wave_id
                AND entry.sku_id = card.sku_id AND entry.undone_at IS NULL) AS weighed
        FROM fulfillment_pickline card JOIN groupbuy_sku sku ON sku.id = card.sku_id AND sku.weighed
        JOIN placed ON placed.sku_id = card.sku_id
        WHERE card.wave_id = %(wave)s AND card.paper_version = %(version)s ORDER BY card.bin, sku.code
        """,
        {"wave": wave.pk, "version": wave.paper_version},
    )
    return [WeighedSku(**row) for row in found]
