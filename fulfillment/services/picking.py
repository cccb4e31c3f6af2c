"""
Picking (拣货) and putting (播种): what a worker says that he has done, counted once and never beyond the demand.

Two workers on one SKU add up: each press is an event of its own, and its counter moves by one guarded statement. The
wave's row is shared while that happens, so that a re-issue, the dispatch or the voiding comes before or after it.
"""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as now_in_words
from django.utils.translation import gettext_lazy as _

from fulfillment.domain.states import WaveState
from fulfillment.models import PickEvent, PutEvent
from groupbuy.kernel import clock
from groupbuy.kernel.db import rows, run
from groupbuy.kernel.errors import DomainError, Invalid, Missing, StateConflict

MOST_PIECES = 999_999


class NotInWave(Missing):
    code = "not_in_wave"
    message = _("这个波次里没有这个商品，或这个格口不要它。")


class BeyondDemand(DomainError):
    """``left``: how many are still wanted, below 0 where there are too many already."""

    code = "beyond_demand"


class EventReused(DomainError):
    status = 422
    code = "event_reused"
    message = _("这个操作编号已用于另一次操作。")


class NothingToUndo(DomainError):
    code = "nothing_to_undo"
    message = _("这一步已经撤销过，或不能撤销。")


@transaction.atomic
def pick_confirm(*, wave_id: int, sku_id: int, pieces: int, actor_id: int, uuid: UUID) -> PickEvent:
    """
    Count ``pieces`` sale units as picked. The same ``uuid`` again returns the first one's event and counts nothing.

    :raises StateConflict: the wave is dispatched or void.
    :raises NotInWave: the SKU is not in the wave.
    :raises BeyondDemand: fewer are left to pick; nothing is counted.
    :raises EventReused: the uuid belongs to something else.
    """
    version = _share_wave(wave_id)
    _check(pieces)
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
        raise _refusal(_pick_state(wave_id, version, sku_id), pieces)
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
    _share_wave(undone.wave_id)
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
    version = _share_wave(wave_id)
    _check(pieces)
    if (earlier := _note_pick(wave_id, sku_id, -pieces, actor_id, uuid)) is not None:
        return earlier
    if not _uncount_picked(wave_id, sku_id, pieces):
        raise _too_few_there(_pick_state(wave_id, version, sku_id), pieces)
    return PickEvent.objects.get(uuid=uuid)


@transaction.atomic
def put_confirm(*, wave_id: int, point_id: int, sku_id: int, pieces: int, actor_id: int, uuid: UUID) -> PutEvent:
    """
    Count ``pieces`` sale units as put to the position of a point; as ``pick_confirm``.

    :raises StateConflict: the wave is dispatched or void.
    :raises NotInWave: this position gets nothing of the SKU.
    :raises BeyondDemand: fewer are left to put there; nothing is counted.
    :raises EventReused: the uuid belongs to something else.
    """
    version = _share_wave(wave_id)
    _check(pieces)
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
        raise _refusal(_put_state(wave_id, version, point_id, sku_id), pieces)
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
    version = _share_wave(wave_id)
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
    _share_wave(first.wave_id)
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
    version = _share_wave(wave_id)
    _check(pieces)
    if (earlier := _note_put(wave_id, point_id, sku_id, -pieces, actor_id, uuid)) is not None:
        return earlier
    _count_put(wave_id, sku_id, 0)
    if _uncount_batch(uuid) == 0:
        raise _too_few_there(_put_state(wave_id, version, point_id, sku_id), pieces)
    _count_put(wave_id, sku_id, -pieces)
    return PutEvent.objects.get(uuid=uuid)


def _share_wave(wave_id: int) -> int:
    """
    Return the wave's paper version, which stays until the transaction ends. Workers share the row; whoever changes
    the wave has it alone.

    :raises StateConflict: it is dispatched or void.
    """
    found = rows("SELECT state, paper_version FROM fulfillment_wave WHERE id = %s FOR SHARE", [wave_id])
    if not found or found[0]["state"] != WaveState.BUILT:
        raise StateConflict(_("这个波次已发车或已作废，不能再改。"))
    return int(found[0]["paper_version"])


def _check(pieces: int) -> None:
    if not 1 <= pieces <= MOST_PIECES:
        raise Invalid(_("数量应在 1 到 999999 之间。"), attr="pieces")


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


def _uncount_picked(wave_id: int, sku_id: int, pieces: int) -> bool:
    return bool(
        run(
            "UPDATE fulfillment_pickprogress SET pieces = pieces - %s WHERE wave_id = %s AND sku_id = %s"
            " AND pieces >= %s",
            [pieces, wave_id, sku_id, pieces],
        )
    )


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


def _refusal(state: dict[str, Any] | None, asked: int) -> DomainError:
    """Say what is left in the words of the person who typed too many."""
    if state is None:
        return NotInWave()
    left = state["quantity"] - state["pieces"]
    if left > 0:
        said = now_in_words("还差 {left} {unit}，您输入了 {asked}。")
    elif left == 0:
        said = now_in_words("已经齐了，不用再加。")
    else:
        said = now_in_words("已经多了 {surplus} {unit}，请拿回。")
    told = said.format(left=left, surplus=-left, unit=state["unit"], asked=asked)
    return BeyondDemand(told, attr="pieces", left=left)


def _too_few_there(state: dict[str, Any] | None, asked: int) -> DomainError:
    there = state["pieces"] if state else 0
    told = now_in_words("这里只有 {there} 件，您输入了 {asked}。").format(there=there, asked=asked)
    return BeyondDemand(told, attr="pieces", left=there)
