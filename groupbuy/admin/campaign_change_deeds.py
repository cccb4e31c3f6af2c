"""What an operator does once people have ordered: extend a campaign, cancel it, withdraw one of its offers."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from groupbuy.domain.states import CampaignState
from groupbuy.kernel import clock
from groupbuy.kernel.backoffice.columns import as_yuan, local
from groupbuy.kernel.backoffice.deeds import Deed, Done, Facts
from groupbuy.models import Campaign, Offer
from groupbuy.selectors.campaign_changes import Effect, effect_of_cancelling, effect_of_withdrawing
from groupbuy.services.campaign_changes import campaign_cancel, campaign_extend, offer_withdraw

RUNNING = (CampaignState.OPEN, CampaignState.CLOSING, CampaignState.FROZEN)


class ReasonForm(forms.Form):
    reason = forms.CharField(label="原因", max_length=200, widget=UnfoldAdminTextInputWidget)


def _extend_form(campaign: Campaign) -> type[forms.Form]:
    planned = campaign.cutoff_at.astimezone(clock.local_zone())
    cutoff_at = forms.DateTimeField(
        label="新的截单时间",
        initial=f"{planned:%Y-%m-%dT%H:%M}",
        widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}),
    )
    return type("ExtendForm", (ReasonForm,), {"cutoff_at": cutoff_at, "field_order": ["cutoff_at", "reason"]})


def _counted(effect: Effect) -> Facts:
    return [("涉及订单", effect.orders), ("涉及人数", effect.people), ("退款", as_yuan(effect.fen))]


def _said(effect: Effect) -> str:
    return f"涉及 {effect.orders} 单、{effect.people} 人，退款 {as_yuan(effect.fen)}"


def _extend(campaign: Campaign, done: Done) -> str:
    cutoff_at = done.data["cutoff_at"]
    campaign_extend(campaign_id=campaign.pk, cutoff_at=cutoff_at, reason=done.data["reason"], actor_id=done.actor_id)
    return f"截单时间改为 {local(cutoff_at)}"


def _cancel(campaign: Campaign, done: Done) -> str:
    return _said(campaign_cancel(campaign_id=campaign.pk, reason=done.data["reason"], actor_id=done.actor_id))


def _withdraw(offer: Offer, done: Done) -> str:
    return _said(offer_withdraw(offer_id=offer.pk, reason=done.data["reason"], actor_id=done.actor_id))


def _plan(campaign: Campaign) -> Facts:
    first = campaign.original_cutoff_at or campaign.cutoff_at
    return [
        ("现截单时间", local(campaign.cutoff_at)),
        ("最初公布", local(first)),
        ("计划发车", local(campaign.dispatch_at)),
    ]


def _reason_form(row: Any) -> type[forms.Form]:
    return ReasonForm


CAMPAIGN_DEEDS = (
    Deed(
        name="extend",
        title="改截单时间",
        permission="groupbuy.change_campaign",
        do=_extend,
        question="截单前可以延后，延后了也可以改回，但不能早于最初公布的时间。各团团长会收到通知。",
        form=_extend_form,
        facts=_plan,
        applies=lambda campaign: campaign.state == CampaignState.OPEN,
        bulk=False,
        icon="more_time",
    ),
    Deed(
        name="cancel",
        title="取消活动",
        permission="groupbuy.change_campaign",
        do=_cancel,
        question="取消整个活动：所有订单结束，已付金额全部原路退回，顾客会收到通知。此操作不能撤销。已进波次的活动须先作废波次。",
        form=_reason_form,
        facts=lambda campaign: _counted(effect_of_cancelling(campaign.pk)),
        applies=lambda campaign: campaign.state in (CampaignState.DRAFT, *RUNNING),
        bulk=False,
        danger=True,
        icon="cancel",
    ),
)

OFFER_DEEDS = (
    Deed(
        name="withdraw",
        title="下架",
        permission="groupbuy.change_offer",
        do=_withdraw,
        question="下架这个商品：不再出售，已付的退款，含它的未付款订单关闭，顾客会收到通知。此操作不能撤销。已进波次的须先作废波次。",
        form=_reason_form,
        facts=lambda offer: _counted(effect_of_withdrawing(offer.pk)),
        applies=lambda offer: offer.withdrawn_at is None and offer.campaign.state in RUNNING,
        bulk=False,
        danger=True,
        icon="remove_shopping_cart",
    ),
)
