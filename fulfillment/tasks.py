"""The sweeps of stages 4 and 5: waves from frozen demand, routes that were asked for, dispatch at the planned time."""

from celery import shared_task

from fulfillment.selectors import due
from fulfillment.services.dispatch import dispatch_send
from fulfillment.services.route_plans import route_plan_run
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


@shared_task(name="fulfillment.plan_asked_routes")
def plan_asked_routes() -> None:
    """Work out the routes that somebody has asked for, one wave at a time: it takes as long as its budget says."""
    sweep("fulfillment.plan_asked_routes", due=due.route_plans, take=lambda pk: route_plan_run(plan_id=pk))


_AT_CUTOFF = (build_due_waves, dispatch_due_waves)
_LONG = (plan_asked_routes,)
SWEEPS = (*_AT_CUTOFF, *_LONG)
BEAT = beat_entries("cutoff", _AT_CUTOFF) | beat_entries("exports", _LONG)
