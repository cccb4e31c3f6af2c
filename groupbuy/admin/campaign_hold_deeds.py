"""Holding a campaign out of waves, and letting it go on."""

from groupbuy.admin.campaign_change_deeds import RUNNING, ReasonForm
from groupbuy.kernel.backoffice.columns import local
from groupbuy.kernel.backoffice.deeds import Deed, Done, Facts
from groupbuy.models import Campaign
from groupbuy.services.campaign_holds import campaign_hold, campaign_release


def _hold(campaign: Campaign, done: Done) -> None:
    campaign_hold(campaign_id=campaign.pk, reason=done.data["reason"], actor_id=done.actor_id)


def _release(campaign: Campaign, done: Done) -> None:
    campaign_release(campaign_id=campaign.pk, actor_id=done.actor_id)


def _plan(campaign: Campaign) -> Facts:
    facts = [("计划发车", local(campaign.dispatch_at))]
    if campaign.held_at:
        facts += [("暂停于", local(campaign.held_at)), ("原因", campaign.held_reason)]
    return facts


DEEDS = (
    Deed(
        name="hold",
        title="暂停进波次",
        permission="groupbuy.change_campaign",
        do=_hold,
        question=(
            "下单和截单照常，但截单后不进波次，直到有人恢复。用来在备货前下架、取消或换点。"
            "计划发车前两小时还没恢复会报警。"
        ),
        form=lambda _: ReasonForm,
        facts=_plan,
        applies=lambda campaign: campaign.state in RUNNING and not campaign.held_at and not campaign.taken_at,
        icon="pause_circle",
    ),
    Deed(
        name="release",
        title="恢复进波次",
        permission="groupbuy.change_campaign",
        do=_release,
        question="恢复后，已截单的活动马上进入下一个波次。",
        facts=_plan,
        applies=lambda campaign: campaign.held_at is not None and campaign.state in RUNNING,
        icon="play_circle",
    ),
)
