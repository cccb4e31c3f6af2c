"""
Putting (播种): what a worker says that lies at a position now, counted once and never beyond what it wants.

All puts of one SKU hold its row while they are counted, so that its sum over the positions is right.
"""

from typing import Any
from uuid import UUID

from django.db import transaction

from fulfillment.models import PutEvent
from fulfillment.services.presses import (
    EventReused,
    NothingToUndo,
    check_pieces,
    refusal,
    share_wave,
    too_few_there,
)
from groupbuy.kernel import clock
from groupbuy.kernel.db import rows, run


@transaction.atomic
def put_confirm(*, wave_id: int, point_id: int, sku_id: int, pieces: int, actor_id: int, uuid: UUID) -> PutEvent:
    """
    Count ``pieces`` sale units as put to the position of a point; as ``pick_confirm``.

    :raises StateConflict: the wave is dispatched or void.
    :raises NotInWave: this position gets nothing of the SKU.
    :raises BeyondDemand: fewer are left to put there; nothing is counted.
    :raises EventReused: the uuid belongs to something else.
    """
    version = share_wave(wave_id)
    check_pieces(pieces)
    if (earlier := _note_put(wave_id, point_id, sku_id, pieces, actor_id, uuid)) is not None:
        return earlier
    _count_put(wave_id, sku_id, pieces)
    counted = run(
        """
        INSERT INTO fulfillment_putprogress AS progress (wave_id, point_id, sku_id, pieces)
        SELECT wave_id, point_id, sku_id, %(pieces)s FROM fulfillment_sortline
        WHERE wave_id = %(wave)s AND paper_version = %(version)s AND point_id = %(point)s AND sku_id = %(sku)s
          AND quantity >= %(pieces)s
        ON CONFLICT (wave_id, point_id, sku_id) DO UPDATE SET pieces = progress.pieces + excluded.pieces
        WHERE progress.pieces + excluded.pieces <= (
            SELECT quantity FROM fulfillment_sortline
            WHERE wave_id = %(wave)s AND paper_version = %(version)s AND point_id = %(point)s AND sku_id = %(sku)s)
        """,
        {"wave": wave_id, "version": version, "point": point_id, "sku": sku_id, "pieces": pieces},
    )
    if not counted:
        raise refusal(_put_state(wave_id, version, point_id, sku_id), pieces)
    return PutEvent.objects.get(uuid=uuid)


@transaction.atomic
def put_rest(*, wave_id: int, sku_id: int, point_ids: list[int], actor_id: int, uuid: UUID) -> list[PutEvent]:
    """
    Count all that is left of a SKU at these positions as put, less what was recorded as short there, in a fixed number
    of statements; return the events.

    The same ``uuid`` again returns what it put the first time. Positions that want nothing more get no event.

    :raises StateConflict: the wave is dispatched or void.
    :raises EventReused: the uuid belongs to something else.
    """
    version = share_wave(wave_id)
    _count_put(wave_id, sku_id, 0)  # from here on nobody else puts this SKU
    earlier = list(PutEvent.objects.filter(batch=uuid).order_by("pk"))
    if any((event.wave_id, event.sku_id) != (wave_id, sku_id) for event in earlier):
        raise EventReused
    if earlier:
        return earlier
    (put,) = rows(
        """
        WITH left_over AS (
            SELECT line.point_id, line.quantity - coalesce(done.pieces, 0) - coalesce(missing.pieces, 0) AS pieces
            FROM fulfillment_sortline line
            LEFT JOIN fulfillment_putprogress done
                ON done.wave_id = line.wave_id AND done.point_id = line.point_id AND done.sku_id = line.sku_id
            LEFT JOIN (SELECT point_id, sum(pieces)::int AS pieces FROM fulfillment_shortage
                       WHERE wave_id = %(wave)s AND sku_id = %(sku)s AND undone_at IS NULL AND allocated IS NULL
                       GROUP BY point_id) AS missing ON missing.point_id = line.point_id
            WHERE line.wave_id = %(wave)s AND line.paper_version = %(version)s AND line.sku_id = %(sku)s
              AND line.point_id = ANY(%(points)s)
              AND line.quantity > coalesce(done.pieces, 0) + coalesce(missing.pieces, 0)
        ), noted AS (
            INSERT INTO fulfillment_putevent (uuid, batch, wave_id, point_id, sku_id, pieces, actor_id, at)
            SELECT md5(concat_ws(':', %(batch)s, %(sku)s, point_id))::uuid, %(batch)s::uuid, %(wave)s, point_id, %(sku)s, pieces,
                   %(actor)s, %(now)s
            FROM left_over RETURNING point_id, pieces
        ), counted AS (
            INSERT INTO fulfillment_putprogress AS progress (wave_id, point_id, sku_id, pieces)
            SELECT %(wave)s, point_id, %(sku)s, pieces FROM noted
            ON CONFLICT (wave_id, point_id, sku_id) DO UPDATE SET pieces = progress.pieces + excluded.pieces
        )
        SELECT coalesce(sum(pieces), 0)::int AS pieces FROM noted
        """,
        {
            "wave": wave_id,
            "version": version,
            "sku": sku_id,
            "points": point_ids,
            "batch": str(uuid),
            "actor": actor_id,
            "now": clock.now(),
        },
    )
    _count_put(wave_id, sku_id, put["pieces"])
    return list(PutEvent.objects.filter(batch=uuid).order_by("pk"))


@transaction.atomic
def put_undo(*, batch: UUID, actor_id: int, uuid: UUID) -> list[PutEvent]:
    """
    Take back all that one press has put and that is still there; return the events that do so.

    :param batch: the uuid given to ``put_confirm`` or ``put_rest``. The same ``uuid`` again returns the first undoing.
    :raises NothingToUndo: nothing of the batch is left to undo, or its pieces were taken back.
    :raises EventReused: the uuid belongs to something else.
    """
    first = PutEvent.objects.filter(batch=batch, pieces__gt=0, undoes=None).first()
    if first is None:
        raise NothingToUndo
    share_wave(first.wave_id)
    _count_put(first.wave_id, first.sku_id, 0)
    if earlier := list(PutEvent.objects.filter(batch=uuid).order_by("pk")):
        if PutEvent.objects.filter(batch=uuid, undoes__batch=batch).count() < len(earlier):
            raise EventReused
        return earlier
    wanted = {"batch": batch, "sku": first.sku_id, "undoing": str(uuid), "actor": actor_id, "now": clock.now()}
    noted = rows(_UNDO_PUTS, wanted)
    pieces = -sum(event["pieces"] for event in noted)
    if not noted or _uncount_batch(uuid) < len(noted):
        raise NothingToUndo
    _count_put(first.wave_id, first.sku_id, -pieces)
    return list(PutEvent.objects.filter(batch=uuid).order_by("pk"))


_UNDO_PUTS = """
    INSERT INTO fulfillment_putevent (uuid, batch, wave_id, point_id, sku_id, pieces, undoes_id, actor_id, at)
    SELECT md5(concat_ws(':', %(undoing)s, done.sku_id, done.point_id))::uuid, %(undoing)s::uuid, done.wave_id, done.point_id, done.sku_id,
           -done.pieces, done.id, %(actor)s, %(now)s
    FROM fulfillment_putevent done
    WHERE done.batch = %(batch)s AND done.sku_id = %(sku)s AND done.pieces > 0 AND done.undoes_id IS NULL
      AND NOT EXISTS (SELECT FROM fulfillment_putevent undone WHERE undone.undoes_id = done.id)
    RETURNING pieces
"""


@transaction.atomic
def put_return(*, wave_id: int, point_id: int, sku_id: int, pieces: int, actor_id: int, uuid: UUID) -> PutEvent:
    """
    Count ``pieces`` sale units as taken out of a position again: a re-issue wants fewer there.

    :raises BeyondDemand: fewer than that lie there.
    """
    version = share_wave(wave_id)
    check_pieces(pieces)
    if (earlier := _note_put(wave_id, point_id, sku_id, -pieces, actor_id, uuid)) is not None:
        return earlier
    _count_put(wave_id, sku_id, 0)
    if _uncount_batch(uuid) == 0:
        raise too_few_there(_put_state(wave_id, version, point_id, sku_id), pieces)
    _count_put(wave_id, sku_id, -pieces)
    return PutEvent.objects.get(uuid=uuid)


def _note_put(wave_id: int, point_id: int, sku_id: int, pieces: int, actor_id: int, uuid: UUID) -> PutEvent | None:
    noted = run(
        """
        INSERT INTO fulfillment_putevent (uuid, batch, wave_id, point_id, sku_id, pieces, actor_id, at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (uuid) DO NOTHING
        """,
        [uuid, uuid, wave_id, point_id, sku_id, pieces, actor_id, clock.now()],
    )
    if noted:
        return None
    earlier = PutEvent.objects.get(uuid=uuid)
    same = (earlier.wave_id, earlier.point_id, earlier.sku_id, earlier.pieces) == (wave_id, point_id, sku_id, pieces)
    if not same or earlier.undoes_id:
        raise EventReused
    return earlier


def _count_put(wave_id: int, sku_id: int, pieces: int) -> None:
    """Move the SKU's sum over all positions, and so hold its row: puts of one SKU follow each other."""
    run(
        """
        INSERT INTO fulfillment_pickprogress AS progress (wave_id, sku_id, put)
        SELECT wave_id, sku_id, greatest(%(pieces)s, 0) FROM fulfillment_pickline
        WHERE wave_id = %(wave)s AND sku_id = %(sku)s LIMIT 1
        ON CONFLICT (wave_id, sku_id) DO UPDATE SET put = progress.put + %(pieces)s
        """,
        {"wave": wave_id, "sku": sku_id, "pieces": pieces},
    )


def _uncount_batch(batch: UUID) -> int:
    """Move the counters of a batch's positions down; return at how many there was enough."""
    return run(
        """
        UPDATE fulfillment_putprogress progress SET pieces = progress.pieces + event.pieces
        FROM fulfillment_putevent event
        WHERE event.batch = %s AND progress.wave_id = event.wave_id AND progress.point_id = event.point_id
          AND progress.sku_id = event.sku_id AND progress.pieces + event.pieces >= 0
        """,
        [batch],
    )


def _put_state(wave_id: int, version: int, point_id: int, sku_id: int) -> dict[str, Any] | None:
    found = rows(
        """
        SELECT sku.sale_unit AS unit, line.quantity, coalesce(done.pieces, 0) AS pieces
        FROM fulfillment_sortline line
        JOIN groupbuy_sku sku ON sku.id = line.sku_id
        LEFT JOIN fulfillment_putprogress done
            ON done.wave_id = line.wave_id AND done.point_id = line.point_id AND done.sku_id = line.sku_id
        WHERE line.wave_id = %s AND line.paper_version = %s AND line.point_id = %s AND line.sku_id = %s
        """,
        [wave_id, version, point_id, sku_id],
    )
    return found[0] if found else None
