"""What a worker has done last on a list, so that a slip of the thumb can be taken back."""

from dataclasses import dataclass
from uuid import UUID

from groupbuy.kernel.db import rows


@dataclass(frozen=True)
class Step:
    """One press that can still be undone. ``positions``: how many it has put to; 0 for a pick."""

    uuid: UUID
    code: str
    name: str
    unit: str
    pieces: int
    positions: int
    position: int | None


def last_pick(*, wave_id: int, actor_id: int) -> Step | None:
    """Return the person's newest confirmation on the pick list that is not undone."""
    found = rows(
        """
        SELECT done.uuid, sku.code, sku.name, sku.sale_unit AS unit, done.pieces, 0 AS positions,
               NULL::int AS position
        FROM fulfillment_pickevent done JOIN groupbuy_sku sku ON sku.id = done.sku_id
        WHERE done.wave_id = %s AND done.actor_id = %s AND done.pieces > 0 AND done.undoes_id IS NULL
          AND NOT EXISTS (SELECT FROM fulfillment_pickevent undone WHERE undone.undoes_id = done.id)
        ORDER BY done.id DESC LIMIT 1
        """,
        [wave_id, actor_id],
    )
    return Step(**found[0]) if found else None


def last_put(*, wave_id: int, actor_id: int) -> Step | None:
    """Return the person's newest press on the sort list of which something is not undone."""
    found = rows(
        """
        SELECT press.batch AS uuid, sku.code, sku.name, sku.sale_unit AS unit, sum(press.pieces)::int AS pieces,
               count(*)::int AS positions, min(place.position) AS position
        FROM (SELECT done.batch FROM fulfillment_putevent done
              WHERE done.wave_id = %(wave)s AND done.actor_id = %(actor)s AND done.pieces > 0
                AND done.undoes_id IS NULL
                AND NOT EXISTS (SELECT FROM fulfillment_putevent undone WHERE undone.undoes_id = done.id)
              ORDER BY done.id DESC LIMIT 1) AS newest
        JOIN fulfillment_putevent press ON press.batch = newest.batch
        JOIN fulfillment_stop place ON place.wave_id = press.wave_id AND place.point_id = press.point_id
        JOIN groupbuy_sku sku ON sku.id = press.sku_id
        GROUP BY press.batch, sku.id
        """,
        {"wave": wave_id, "actor": actor_id},
    )
    return Step(**found[0]) if found else None
