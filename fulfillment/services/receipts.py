"""
Counting what suppliers bring. Several counts of an order add up, each can be undone, and closing the order hands what
is missing to the same path as a shortage found while picking.

Whoever saves, undoes or closes says which ``edition`` of the order he looked at; the row's UPDATE is guarded by it. So
two people who count the same pallet do not count it twice: the second is told, and looks again.
"""

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple, NoReturn
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from fulfillment.domain.states import PURCHASE, PurchaseState
from fulfillment.models import PurchaseLine, PurchaseOrder, Receipt, ReceiptLine, Wave
from fulfillment.selectors.purchases import Missing, missing_of, takes_shortages
from fulfillment.services.pick_records import RecordReused
from fulfillment.services.shortages import shortage_record
from groupbuy.kernel import clock
from groupbuy.kernel.errors import DomainError, Invalid
from groupbuy.kernel.transition import moved

MOST_PIECES = 1_000_000
"""Of one line in one count; more is a slip of the finger or a scanned bar code."""


class PurchaseClosed(DomainError):
    code = "purchase_closed"
    message = _("这张采购单已收货完成或已取消，不能再改。")


class CountedMeanwhile(DomainError):
    code = "counted_meanwhile"
    message = _("别人刚点过这张单，请看一下最新数量，再保存或关单。")


class CountWrong(Invalid):
    code = "count_wrong"
    message = _("每行实到在 1 到 1,000,000 之间，破损不能多于实到，且商品须在这张单上。")


class Arrived(NamedTuple):
    """``counted`` sale units came, of which ``damaged`` cannot be sold."""

    counted: int
    damaged: int = 0


@transaction.atomic
def receipt_record(
    *, order_id: int, arrived: Mapping[UUID, Arrived], edition: int, actor_id: int, uuid: UUID, note: str = ""
) -> Receipt:
    """
    Save one count of an order; the same ``uuid`` again returns the first one's.

    :param arrived: public id of a line -> what came of it; more than was ordered is a count like any other.
    :param edition: of the order, as the counter saw it.
    :raises CountWrong: no line, a line of another order, or pieces out of range.
    :raises PurchaseClosed: the order is closed or cancelled.
    :raises CountedMeanwhile: somebody has saved or undone a count since ``edition``.
    :raises RecordReused: the ``uuid`` belongs to a count of another order.
    """
    if earlier := Receipt.objects.filter(uuid=uuid).first():
        if earlier.order_id != order_id:
            raise RecordReused
        return earlier
    lines = dict(PurchaseLine.objects.filter(order=order_id, public_id__in=arrived).values_list("public_id", "pk"))
    if not arrived or len(lines) < len(arrived) or not all(map(_plausible, arrived.values())):
        raise CountWrong(attr="lines")
    if not _next_edition(order_id, edition):
        # It may be ours, saved by a request that ran beside this one.
        return Receipt.objects.filter(uuid=uuid, order=order_id).first() or _refuse(order_id)
    receipt = Receipt.objects.create(uuid=uuid, order_id=order_id, actor_id=actor_id, at=clock.now(), note=note)
    ReceiptLine.objects.bulk_create(
        ReceiptLine(receipt=receipt, line_id=lines[line], counted=came.counted, damaged=came.damaged)
        for line, came in arrived.items()
    )
    return receipt


@transaction.atomic
def receipt_undo(*, receipt_id: int, edition: int, actor_id: int) -> None:
    """
    Take a count back; a second time changes nothing.

    :raises PurchaseClosed: the order is closed or cancelled.
    :raises CountedMeanwhile: somebody has saved or undone a count since ``edition``.
    """
    receipt = Receipt.objects.get(pk=receipt_id)
    if receipt.undone_at is not None:
        return
    if not _next_edition(receipt.order_id, edition):
        _refuse(receipt.order_id)
    # The order's row is ours: nobody else can have undone it since that edition.
    Receipt.objects.filter(pk=receipt_id, undone_at=None).update(undone_at=clock.now(), undone_by=actor_id)


@transaction.atomic
def receipt_close(*, order_id: int, edition: int, actor_id: int) -> list[Missing]:
    """
    Close an order for which nothing more will come, and enter what is missing for the wave as shortages, once.

    Return what was missing. Nothing is, once the wave's pick is closed or it has left: whoever picked has said so.

    :param edition: of the order, as it was when the person saw what will be short.
    :raises PurchaseClosed: it is closed or cancelled already.
    :raises CountedMeanwhile: somebody has saved or undone a count since ``edition``.
    """
    order = PurchaseOrder.objects.get(pk=order_id)
    # Whoever voids a wave holds its row before its orders'; so do we.
    wave = Wave.objects.select_for_update(no_key=True).get(pk=order.wave_id)
    now = clock.now()
    if not _close(order, edition, actor_id, now):
        _refuse(order_id)
    missing = missing_of(order) if takes_shortages(wave) else []
    for each in missing:
        PurchaseLine.objects.filter(pk=each.line.pk).update(missing=each.pieces)
        shortage_record(
            wave_id=wave.pk,
            sku_id=each.line.sku_id,
            pieces=each.pieces,
            actor_id=actor_id,
            uuid=each.line.public_id,
            note=f"{order.number} 到货短少",
        )
    return missing


def _plausible(came: Arrived) -> bool:
    return 1 <= came.counted <= MOST_PIECES and 0 <= came.damaged <= came.counted


def _next_edition(order_id: int, edition: int) -> bool:
    """Take the next edition of an open order, and hold its row; False when somebody else has, or it is not open."""
    seen = PurchaseOrder.objects.filter(pk=order_id, state=PurchaseState.ISSUED, edition=edition)
    return bool(seen.update(edition=F("edition") + 1))


def _close(order: PurchaseOrder, edition: int, actor_id: int, now: dt.datetime) -> bool:
    return moved(
        PURCHASE,
        pk=order.pk,
        old=PurchaseState.ISSUED,
        new=PurchaseState.RECEIVED,
        now=now,
        actor_id=actor_id,
        only="t.edition = %s",
        params=[edition],
    )


def _refuse(order_id: int) -> NoReturn:
    """:raises PurchaseClosed, CountedMeanwhile: why the guard did not let us through."""
    state = PurchaseOrder.objects.values_list("state", flat=True).get(pk=order_id)
    raise CountedMeanwhile if state == PurchaseState.ISSUED else PurchaseClosed
