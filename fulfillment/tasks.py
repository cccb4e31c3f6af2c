"""The sweeps of stages 4 and 5: waves from frozen demand, dispatch at the planned time."""

from celery import shared_task

from fulfillment.selectors import due
from fulfillment.services.dispatch import dispatch_send
from fulfillment.services.waves import wave_build
from groupbuy.kernel.beat import beat_entries
from groupbuy.models import Campaign
from groupbuy.services.sweeping import sweep


def _build_for(campaign_id: int) -> None:
    campaign = Campaign.objects.get(pk=campaign_id)
    wave_build(warehouse_id=campaign.warehouse_id, delivery_date=campaign.delivery_date)


@shared_task(name="fulfillment.build_due_waves")
def build_due_waves() -> None:
    """Turn frozen demand into waves with their papers."""
    sweep("fulfillment.build_due_waves", due=due.campaigns_for_waves, take=_build_for)


@shared_task(name="fulfillment.dispatch_due_waves")
def dispatch_due_waves() -> None:
    """Send off waves whose planned time has come."""
    sweep("fulfillment.dispatch_due_waves", due=due.waves_to_dispatch, take=lambda pk: dispatch_send(wave_id=pk))


SWEEPS = (build_due_waves, dispatch_due_waves)
BEAT = beat_entries("cutoff", SWEEPS)
