"""The sweeps of stages 4 and 5: waves from frozen demand, routes that were asked for, dispatch at the planned time."""

from celery import shared_task

from fulfillment.exports.paper_jobs import paper_job_run
from fulfillment.selectors import due
from fulfillment.services.dispatch import dispatch_send
from fulfillment.services.paper_jobs import paper_job_clear
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


@shared_task(name="fulfillment.make_papers")
def make_papers() -> None:
    """Make one long paper that somebody has asked for; several workers make several at a time."""
    sweep("fulfillment.make_papers", due=due.paper_jobs, take=lambda pk: paper_job_run(job_id=pk))


@shared_task(name="fulfillment.clear_papers")
def clear_papers() -> None:
    """Remove the files of long papers that have expired or were cancelled."""
    sweep("fulfillment.clear_papers", due=due.papers_to_clear, take=lambda pk: paper_job_clear(job_id=pk))


_AT_CUTOFF = (build_due_waves, dispatch_due_waves)
_LONG = (plan_asked_routes, make_papers, clear_papers)
SWEEPS = (*_AT_CUTOFF, *_LONG)
BEAT = beat_entries("cutoff", _AT_CUTOFF) | beat_entries("exports", _LONG)
