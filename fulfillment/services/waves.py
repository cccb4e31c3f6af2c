"""
From frozen campaigns to a wave: the first issue of its papers, routes, stops, pickups.

Set-based: the number of statements depends neither on orders nor on points.
"""

import datetime as dt
from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from fulfillment.domain.states import WAVE, StopState, WaveState
from fulfillment.models import Stop, Wave, WaveCampaign
from fulfillment.services.paper_issues import demand_insert, issue_insert, notes_insert
from fulfillment.services.pickup_codes import pickups_prepare
from fulfillment.services.purchases import purchases_cancel, purchases_insert
from fulfillment.services.routes import routes_prepare
from fulfillment.services.wave_stops import routes_insert, stops_insert
from groupbuy.kernel import clock
from groupbuy.kernel.db import GATE_WAREHOUSE_WAVES, close_gate, rows
from groupbuy.kernel.errors import Invalid, StateConflict
from groupbuy.kernel.transition import born, move
from groupbuy.models import Campaign
from groupbuy.services.campaign_holds import campaigns_hold
from groupbuy.services.cutoff import campaigns_take, campaigns_untake

FIRST_VERSION = 1


@transaction.atomic
def wave_build(*, warehouse_id: int, delivery_date: dt.date, actor_id: int | None = None) -> Wave | None:
    """
    Build one wave of everything that is frozen and not yet taken for this warehouse and delivery date.

    Returns None when there is nothing to take, or nothing was accepted. A campaign is taken exactly once; one that
    freezes later makes a further wave.
    """
    close_gate(GATE_WAREHOUSE_WAVES, warehouse_id)
    campaign_ids = campaigns_take(warehouse_id=warehouse_id, delivery_date=delivery_date, now=clock.now())
    if not campaign_ids or not _anything_accepted(campaign_ids):
        return None
    wave = _insert_wave(warehouse_id, delivery_date, campaign_ids, actor_id)
    # The take has waited for refunds under way: what they gave back is older than this first issue.
    now = issue_insert(wave, actor_id=actor_id)
    demand_insert(wave)
    routes_insert(wave)
    stops_insert(wave, now)
    routes_prepare(wave)
    notes_insert(wave, now)
    pickups_prepare(wave=wave, campaign_ids=campaign_ids, now=now)
    purchases_insert(wave)
    return wave


def _anything_accepted(campaign_ids: list[int]) -> bool:
    found = rows(
        """
        SELECT EXISTS (SELECT FROM groupbuy_orderline line JOIN groupbuy_order o ON o.id = line.order_id
                       WHERE o.campaign_id = ANY(%s) AND o.state = 'accepted'
                         AND line.quantity > line.short + line.refunded) AS anything
        """,
        [campaign_ids],
    )
    return bool(found[0]["anything"])


def _insert_wave(warehouse_id: int, delivery_date: dt.date, campaign_ids: list[int], actor_id: int | None) -> Wave:
    """Number the wave within its warehouse and day; the warehouse's gate makes the number ours."""
    now = clock.now()
    number = Wave.objects.filter(warehouse_id=warehouse_id, delivery_date=delivery_date).count() + 1
    plans = Campaign.objects.filter(pk__in=campaign_ids).values_list("dispatch_at", flat=True)
    wave = Wave.objects.create(
        warehouse_id=warehouse_id,
        delivery_date=delivery_date,
        number=number,
        paper_version=FIRST_VERSION,
        built_at=now,
        dispatch_at=max(plans),
    )
    WaveCampaign.objects.bulk_create(WaveCampaign(wave=wave, campaign_id=pk) for pk in campaign_ids)
    born(WAVE, ids=[wave.pk], state=WaveState.BUILT, now=now, actor_id=actor_id)
    return wave


@transaction.atomic
def wave_void(*, wave_id: int, reason: str, actor_id: int | None = None, hold: Collection[int] = ()) -> None:
    """
    Void a wave that has not been dispatched; its campaigns go into the next wave, but for those held.

    :param reason: shown wherever the wave is; not empty.
    :param hold: ids of campaigns to keep out of waves in the same step, so that no sweep is faster than the operator.
    :raises StateConflict: it is dispatched or void already, or one of its stops has left.
    """
    if not reason:
        raise Invalid(_("请填写作废的原因。"))
    now = clock.now()
    sets = {"void_reason": reason[:200]}
    move(
        WAVE,
        pk=wave_id,
        old=WaveState.BUILT,
        new=WaveState.VOIDED,
        now=now,
        actor_id=actor_id,
        reason=reason,
        sets=sets,
    )
    # Whoever sends a single route off locks the wave first, so that no stop leaves from here on.
    if Stop.objects.filter(wave_id=wave_id).exclude(state=StopState.PLANNED).exists():
        raise StateConflict(_("已有线路发车，不能作废。"))
    purchases_cancel(wave_id=wave_id, now=now, actor_id=actor_id, reason=reason)
    members = WaveCampaign.objects.filter(wave_id=wave_id, active=True)
    campaign_ids = list(members.values_list("campaign_id", flat=True))
    members.update(active=False)
    campaigns_untake(campaign_ids=campaign_ids)
    held = [campaign_id for campaign_id in campaign_ids if campaign_id in hold]
    campaigns_hold(campaign_ids=held, reason=reason, now=now, actor_id=actor_id)
