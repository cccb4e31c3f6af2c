"""Weights (称重): what goods sold by nominal weight really weigh. Undone until the pick is closed."""

from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils.translation import gettext_lazy as _

from fulfillment.domain.weighing import MOST_TIMES_NOMINAL
from fulfillment.models import Wave, WeightEntry
from fulfillment.services.pick_records import RecordReused, hold, must_be_open
from fulfillment.services.picking import NotInWave
from groupbuy.domain.states import OrderState
from groupbuy.kernel import clock
from groupbuy.kernel.errors import DomainError, Invalid
from groupbuy.models import OrderLine, Sku


class NotWeighed(Invalid):
    code = "not_weighed"
    message = _("这个商品不按实重结算。")


class WeightAbsurd(Invalid):
    code = "weight_absurd"
    message = _("实重应大于 0，且不超过应重的三倍。请检查单位是克还是千克。")


class WeighedAlready(DomainError):
    code = "weighed_already"
    message = _("已经称过重，请先撤销原来的记录。")


@transaction.atomic
def weight_record(
    *, wave_id: int, sku_id: int, point_id: int, real_base: int, actor_id: int, uuid: UUID, line_id: int | None = None
) -> WeightEntry:
    """
    Record what leaves for a point weighs in all. The same ``uuid`` again returns the first one's record.

    It is compared with the pieces that are due when the pick is closed, short ones out; whoever takes a piece away
    after the weighing weighs again.

    :param real_base: base units (g, or pieces) of all pieces of the SKU for the point, or for one order line.
    :raises PickClosed: the pick is closed, or the wave dispatched or void.
    :raises NotWeighed: the SKU is not settled by weight.
    :raises NotInWave: nothing of it is due there.
    :raises WeightAbsurd: it is not above 0, or more than three times what it should be.
    :raises WeighedAlready: it was weighed, whole or by line; what is wrong is undone first.
    :raises RecordReused: the ``uuid`` belongs to another record.
    """
    wanted = (wave_id, sku_id, point_id, line_id, real_base)
    wave = hold(wave_id)
    earlier = WeightEntry.objects.filter(uuid=uuid).first()
    if earlier:
        return _same(earlier, wanted)
    must_be_open(wave)
    if not Sku.objects.filter(pk=sku_id, weighed=True).exists():
        raise NotWeighed(attr="sku")
    nominal = _nominal(wave, sku_id, point_id, line_id)
    if not 1 <= real_base <= MOST_TIMES_NOMINAL * nominal:
        raise WeightAbsurd(attr="real_base", nominal=nominal)
    _only_once(wave, sku_id, point_id, line_id)
    row = WeightEntry(
        uuid=uuid,
        wave=wave,
        sku_id=sku_id,
        point_id=point_id,
        line_id=line_id,
        real_base=real_base,
        actor_id=actor_id,
        at=clock.now(),
    )
    # The same uuid may have been used for another wave, which does not wait for this one.
    WeightEntry.objects.bulk_create([row], ignore_conflicts=True)
    return _same(WeightEntry.objects.get(uuid=uuid), wanted)


def _same(row: WeightEntry, wanted: tuple[int, int, int, int | None, int]) -> WeightEntry:
    if (row.wave_id, row.sku_id, row.point_id, row.line_id, row.real_base) != wanted:
        raise RecordReused
    return row


def _nominal(wave: Wave, sku_id: int, point_id: int, line_id: int | None) -> int:
    """Return how many base units the pieces named should hold; by the offers, for which lines have an index."""
    lines = OrderLine.objects.filter(
        offer__campaign__in=wave.campaigns.filter(active=True).values("campaign"),
        offer__sku=sku_id,
        order__state=OrderState.ACCEPTED,
        point=point_id,
    )
    if line_id is not None:
        lines = lines.filter(pk=line_id)
    due = F("quantity") - F("short") - F("refunded")
    nominal: int = lines.aggregate(base=Sum(due * F("base_per_sale"), default=0))["base"]
    if not nominal:
        raise NotInWave(attr="sku")
    return nominal


def _only_once(wave: Wave, sku_id: int, point_id: int, line_id: int | None) -> None:
    """Refuse a second weighing of the same goods: of the whole place, or of the same line."""
    live = WeightEntry.objects.filter(wave=wave, sku=sku_id, point=point_id, undone_at=None)
    rivals = live if line_id is None else live.filter(Q(line=None) | Q(line=line_id))
    if rivals.exists():
        raise WeighedAlready


@transaction.atomic
def weight_undo(*, weight_id: int, actor_id: int) -> None:
    """
    Take a weighing back. A second call does nothing.

    :raises PickClosed: the pick is closed, so that it may have been refunded.
    """
    must_be_open(hold(WeightEntry.objects.values_list("wave_id", flat=True).get(pk=weight_id)))
    live = WeightEntry.objects.filter(pk=weight_id, undone_at=None)
    live.update(undone_at=clock.now(), undone_by=actor_id)
