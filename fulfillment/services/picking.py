"""
Picking (拣货): what a worker says that he has fetched, counted once and never beyond the demand.

Two workers on one SKU add up: each press is an event of its own, and its counter moves by one guarded statement.
"""

from typing import Any
from uuid import UUID

from django.db import transaction

from fulfillment.models import PickEvent
from fulfillment.services.presses import (
    BeyondDemand,
    EventReused,
    NothingToUndo,
    NotInWave,
    check_pieces,
    refusal,
    share_wave,
    too_few_there,
)
from fulfillment.services.putting import put_confirm, put_rest, put_return, put_undo
from groupbuy.kernel import clock
from groupbuy.kernel.db import rows, run

__all__ = [
    "BeyondDemand",
    "EventReused",
    "NotInWave",
    "NothingToUndo",
    "pick_confirm",
    "pick_return",
    "pick_undo",
    "put_confirm",
    "put_rest",
    "put_return",
    "put_undo",
]


@transaction.atomic
def pick_confirm(*, wave_id: int, sku_id: int, pieces: int, actor_id: int, uuid: UUID) -> PickEvent:
    """
    Count ``pieces`` sale units as picked. The same ``uuid`` again returns the first one's event and counts nothing.

    :raises StateConflict: the wave is dispatched or void.
    :raises NotInWave: the SKU is not in the wave.
    :raises BeyondDemand: fewer are left to pick; nothing is counted.
    :raises EventReused: the uuid belongs to something else.
    """
    version = share_wave(wave_id)
    check_pieces(pieces)
    if (earlier := _note_pick(wave_id, sku_id, pieces, actor_id, uuid)) is not None:
        return earlier
    counted = run(
        """
        INSERT INTO fulfillment_pickprogress AS progress (wave_id, sku_id, pieces)
        SELECT wave_id, sku_id, %(pieces)s FROM fulfillment_pickline
        WHERE wave_id = %(wave)s AND paper_version = %(version)s AND sku_id = %(sku)s AND quantity >= %(pieces)s
        ON CONFLICT (wave_id, sku_id) DO UPDATE SET pieces = progress.pieces + excluded.pieces
        WHERE progress.pieces + excluded.pieces <= (
            SELECT quantity FROM fulfillment_pickline
            WHERE wave_id = %(wave)s AND paper_version = %(version)s AND sku_id = %(sku)s)
        """,
        {"wave": wave_id, "version": version, "sku": sku_id, "pieces": pieces},
    )
    if not counted:
        raise refusal(_pick_state(wave_id, version, sku_id), pieces)
    return PickEvent.objects.get(uuid=uuid)


@transaction.atomic
def pick_undo(*, event: UUID, actor_id: int, uuid: UUID) -> PickEvent:
    """
    Take one confirmation back by an event of its own; the same ``uuid`` again returns that.

    :raises NothingToUndo: there is no such confirmation, it is undone already, or its pieces were taken back.
    """
    undone = PickEvent.objects.filter(uuid=event, pieces__gt=0, undoes=None).first()
    if undone is None:
        raise NothingToUndo
    share_wave(undone.wave_id)
    noted = rows(
        """
        INSERT INTO fulfillment_pickevent (uuid, wave_id, sku_id, pieces, undoes_id, actor_id, at)
        VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING id
        """,
        [uuid, undone.wave_id, undone.sku_id, -undone.pieces, undone.pk, actor_id, clock.now()],
    )
    if not noted:
        earlier = PickEvent.objects.filter(uuid=uuid, undoes=undone).first()
        if earlier is None:
            raise NothingToUndo
        return earlier
    if not _uncount_picked(undone.wave_id, undone.sku_id, undone.pieces):
        raise NothingToUndo
    return PickEvent.objects.get(uuid=uuid)


@transaction.atomic
def pick_return(*, wave_id: int, sku_id: int, pieces: int, actor_id: int, uuid: UUID) -> PickEvent:
    """
    Count ``pieces`` sale units as brought back to their bin: a re-issue wants fewer, or too many were confirmed.

    :raises BeyondDemand: fewer than that were picked.
    """
    version = share_wave(wave_id)
    check_pieces(pieces)
    if (earlier := _note_pick(wave_id, sku_id, -pieces, actor_id, uuid)) is not None:
        return earlier
    if not _uncount_picked(wave_id, sku_id, pieces):
        raise too_few_there(_pick_state(wave_id, version, sku_id), pieces)
    return PickEvent.objects.get(uuid=uuid)


def _note_pick(wave_id: int, sku_id: int, pieces: int, actor_id: int, uuid: UUID) -> PickEvent | None:
    """Insert the event; if it is there already, return it."""
    noted = run(
        """
        INSERT INTO fulfillment_pickevent (uuid, wave_id, sku_id, pieces, actor_id, at)
        VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (uuid) DO NOTHING
        """,
        [uuid, wave_id, sku_id, pieces, actor_id, clock.now()],
    )
    if noted:
        return None
    earlier = PickEvent.objects.get(uuid=uuid)
    if (earlier.wave_id, earlier.sku_id, earlier.pieces) != (wave_id, sku_id, pieces) or earlier.undoes_id:
        raise EventReused
    return earlier


def _uncount_picked(wave_id: int, sku_id: int, pieces: int) -> bool:
    return bool(
        run(
            "UPDATE fulfillment_pickprogress SET pieces = pieces - %s WHERE wave_id = %s AND sku_id = %s"
            " AND pieces >= %s",
            [pieces, wave_id, sku_id, pieces],
        )
    )


def _pick_state(wave_id: int, version: int, sku_id: int) -> dict[str, Any] | None:
    found = rows(
        """
        SELECT line.sale_unit AS unit, line.quantity, coalesce(done.pieces, 0) AS pieces
        FROM fulfillment_pickline line
        LEFT JOIN fulfillment_pickprogress done ON done.wave_id = line.wave_id AND done.sku_id = line.sku_id
        WHERE line.wave_id = %s AND line.paper_version = %s AND line.sku_id = %s
        """,
        [wave_id, version, sku_id],
    )
    return found[0] if found else None
