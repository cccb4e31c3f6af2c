"""Shortages (缺货): recorded at the pick or the sort, undone until the pick is closed."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from fulfillment.models import PickLine, Shortage, SortLine, Wave
from fulfillment.services.pick_close import pick_close
from fulfillment.services.pick_records import RecordReused, hold, must_be_open
from fulfillment.services.picking import NotInWave
from groupbuy.kernel import clock
from groupbuy.kernel.errors import Invalid

__all__ = ["ShortageTooBig", "pick_close", "shortage_record", "shortage_undo"]


class ShortageTooBig(Invalid):
    code = "shortage_too_big"
    message = _("缺货件数超过了单据上的件数。")


@transaction.atomic
def shortage_record(
    *,
    wave_id: int,
    sku_id: int,
    pieces: int,
    actor_id: int,
    uuid: UUID,
    point_id: int | None = None,
    cause: str = "missing",
    note: str = "",
) -> Shortage:
    """
    Record that pieces of a SKU are not there. The same ``uuid`` again returns the first one's record.

    :param pieces: sale units, >= 1; with what was recorded before at most what the papers' current version asks for.
    :param point_id: it was noticed at the position of this point, whose lines alone go without; None: at the pick.
    :param cause: ``missing`` or ``damaged``.
    :raises PickClosed: the pick is closed, or the wave dispatched or void.
    :raises NotInWave: the papers do not ask for the SKU, or not at the point.
    :raises ShortageTooBig: more than they ask for; ``left`` tells how many can still be recorded.
    :raises RecordReused: the ``uuid`` belongs to another record.
    """
    wanted = (wave_id, sku_id, point_id, pieces, cause)
    wave = hold(wave_id)
    earlier = Shortage.objects.filter(uuid=uuid).first()
    if earlier:
        return _same(earlier, wanted)
    must_be_open(wave)
    expected = _expected(wave, sku_id, point_id, pieces)
    row = Shortage(
        uuid=uuid,
        wave=wave,
        sku_id=sku_id,
        point_id=point_id,
        pieces=pieces,
        expected=expected,
        cause=cause,
        note=note,
        actor_id=actor_id,
        at=clock.now(),
    )
    # The same uuid may have been used for another wave, which does not wait for this one.
    Shortage.objects.bulk_create([row], ignore_conflicts=True)
    return _same(Shortage.objects.get(uuid=uuid), wanted)


def _same(row: Shortage, wanted: tuple[int, int, int | None, int, str]) -> Shortage:
    if (row.wave_id, row.sku_id, row.point_id, row.pieces, row.cause) != wanted:
        raise RecordReused
    return row


def _expected(wave: Wave, sku_id: int, point_id: int | None, pieces: int) -> int:
    """Return what the current papers ask for, of the SKU or of it at the point; both must bear what was recorded."""
    papers = {"wave": wave, "paper_version": wave.paper_version, "sku": sku_id}
    missed = Shortage.objects.filter(wave=wave, sku=sku_id, undone_at=None)
    # Of the wave by the pick list: the sort list has a line for each of ten thousand points.
    expected = _sum(PickLine.objects.filter(**papers), "quantity")
    left = expected - _sum(missed, "pieces")
    if point_id is not None:
        expected = _sum(SortLine.objects.filter(**papers, point=point_id), "quantity")
        left = min(left, expected - _sum(missed.filter(point=point_id), "pieces"))
    if not expected:
        raise NotInWave(attr="sku" if point_id is None else "point")
    if not 1 <= pieces <= left:
        raise ShortageTooBig(attr="pieces", left=left)
    return expected


def _sum(rows: QuerySet[Any], field: str) -> int:
    found: int = rows.aggregate(sum=Sum(field, default=0))["sum"]
    return found


@transaction.atomic
def shortage_undo(*, shortage_id: int, actor_id: int) -> None:
    """
    Take a record back: the pieces were found. A second call does nothing.

    :raises PickClosed: the pick is closed, so that it may have been refunded.
    """
    must_be_open(hold(Shortage.objects.values_list("wave_id", flat=True).get(pk=shortage_id)))
    live = Shortage.objects.filter(pk=shortage_id, undone_at=None)
    live.update(undone_at=clock.now(), undone_by=actor_id)
