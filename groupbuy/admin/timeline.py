"""A campaign's way from opening to dispatch, as its page shows it."""

import datetime as dt

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from groupbuy.domain.states import CampaignState
from groupbuy.kernel import clock
from groupbuy.kernel.backoffice.columns import BAD, EMPTY, GOOD, OVER, WAITING, local, tag
from groupbuy.models import Campaign, StateChange

Step = tuple[str, dt.datetime | None, str]


def timeline(campaign: Campaign) -> SafeString:
    """Show each step with day and time: green is done, grey is planned, yellow is held by somebody."""
    cells = format_html_join(
        "",
        '<div class="whitespace-nowrap"><div>{}</div><div class="mt-1">{}</div></div>',
        ((tag(title, colour), local(at)[5:] if at else EMPTY) for title, at, colour in _steps(campaign)),
    )
    return format_html('<div class="flex flex-row flex-wrap gap-4">{}</div>', cells)


def _steps(campaign: Campaign) -> list[Step]:
    steps = [_opening(campaign), *_cutoffs(campaign)]
    if campaign.state == CampaignState.CANCELLED:
        return [*[step for step in steps if step[2] == GOOD], ("已取消", _cancelled_at(campaign), BAD)]
    steps += [_done("停止下单", campaign.closed_at), _done("截单完成", campaign.frozen_at)]
    if campaign.held_at:
        steps.append(("暂停进波次", campaign.held_at, WAITING))
    return [*steps, _wave(campaign), ("计划发车", campaign.dispatch_at, OVER)]


def _wave(campaign: Campaign) -> Step:
    """When it was taken, else when the warehouse's rule will take it, if it waits for a time."""
    if campaign.taken_at or campaign.warehouse.wave_time is None:
        return _done("进波次", campaign.taken_at)
    evening = campaign.delivery_date - dt.timedelta(days=1)
    return ("计划进波次", clock.at_local(evening, campaign.warehouse.wave_time), OVER)


def _opening(campaign: Campaign) -> Step:
    return ("开团", campaign.opens_at, OVER if campaign.state == CampaignState.DRAFT else GOOD)


def _cutoffs(campaign: Campaign) -> list[Step]:
    """The cutoff, and before it the one that was announced first, if it was another."""
    colour = GOOD if campaign.closed_at else OVER
    if campaign.original_cutoff_at in (None, campaign.cutoff_at):
        return [("截单", campaign.cutoff_at, colour)]
    return [("原定截单", campaign.original_cutoff_at, OVER), ("改为截单", campaign.cutoff_at, colour)]


def _done(title: str, at: dt.datetime | None) -> Step:
    return (title, at, GOOD if at else OVER)


def _cancelled_at(campaign: Campaign) -> dt.datetime | None:
    changes = StateChange.objects.filter(machine="campaign", subject_id=campaign.pk, new=CampaignState.CANCELLED)
    return changes.values_list("at", flat=True).first()
