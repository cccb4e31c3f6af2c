"""Late joiners (加入波次): a campaign that froze after its day's wave was built joins it as a new version, by hand."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from fulfillment.domain.states import StopState, WaveState
from fulfillment.models import Wave, WaveCampaign
from fulfillment.services.paper_issues import crates_count, demand_insert, issue_insert, notes_insert, wave_lock
from fulfillment.services.pickup_codes import pickups_prepare
from fulfillment.services.purchases import purchases_insert
from fulfillment.services.routes import routes_prepare
from fulfillment.services.wave_stops import routes_insert, stops_insert
from groupbuy.kernel import clock
from groupbuy.kernel.db import GATE_WAREHOUSE_WAVES, close_gate
from groupbuy.kernel.errors import DomainError, Invalid
from groupbuy.services import journal
from groupbuy.services.cutoff import campaigns_take_named


class WaveTooFar(DomainError):
    code = "wave_too_far"
    message = _("波次已发车、已作废或已结束拣货，不能再加入；请让活动进入下一个波次。")


@transaction.atomic
def wave_join(
    *, wave_id: int, campaign_ids: Sequence[int], reason: str, actor_id: int | None = None, release: bool = False
) -> int:
    """
    Put frozen campaigns of the wave's warehouse and day into a wave that is built; return the new paper version.

    What is there keeps its positions and routes; new points stand behind the last one. Purchase orders of the
    difference, notes and pickups come along. The planned dispatch stays.

    :param campaign_ids: at least one, distinct.
    :param reason: for whoever finds two versions on his table; not empty.
    :param release: also campaigns that an operator holds, so that no sweep built a wave of their own; they are released.
    :raises WaveTooFar: it is voided or dispatched, a stop has left, or its pick is closed.
    :raises StateConflict: a campaign is not frozen, is held or taken, or is of another warehouse or day.
    """
    if not campaign_ids or not reason:
        raise Invalid(_("请选择活动并填写原因。"))
    # With the gate, so that no builder takes the same campaigns in another order.
    close_gate(GATE_WAREHOUSE_WAVES, Wave.objects.values_list("warehouse_id", flat=True).get(pk=wave_id))
    wave = wave_lock(wave_id)
    if not _may_grow(wave):
        raise WaveTooFar
    campaigns_take_named(
        campaign_ids=campaign_ids,
        warehouse_id=wave.warehouse_id,
        delivery_date=wave.delivery_date,
        now=clock.now(),
        release=release,
    )
    _grow(wave, campaign_ids, reason, actor_id)
    return wave.paper_version


def _may_grow(wave: Wave) -> bool:
    gone = wave.stops.exclude(state=StopState.PLANNED).exists()
    return wave.state == WaveState.BUILT and wave.pick_closed_at is None and not gone


def _grow(wave: Wave, campaign_ids: Sequence[int], reason: str, actor_id: int | None) -> None:
    """Issue the next version with the demand of ``campaign_ids``, which are taken."""
    wave.paper_version += 1
    wave.save(update_fields=["paper_version"])
    WaveCampaign.objects.bulk_create(
        WaveCampaign(wave=wave, campaign_id=pk, since_version=wave.paper_version) for pk in campaign_ids
    )
    now = issue_insert(wave, reason=reason, actor_id=actor_id)
    demand_insert(wave)
    routes_insert(wave)
    stops_insert(wave, now)
    routes_prepare(wave)
    crates_count(wave)
    notes_insert(wave, now)
    pickups_prepare(wave=wave, campaign_ids=campaign_ids, now=now)
    purchases_insert(wave)
    journal.audit(
        action="wave_join",
        subject_kind="wave",
        subject_id=wave.pk,
        now=now,
        actor_id=actor_id,
        campaigns=list(campaign_ids),
        paper_version=wave.paper_version,
        reason=reason,
    )
