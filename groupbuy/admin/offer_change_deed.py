"""What an operator does to an offer in which people order: other stock, limits, price."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from groupbuy.admin.price_steps import PriceStepsField
from groupbuy.domain.states import CampaignState
from groupbuy.kernel.backoffice.deeds import Deed, Done, Facts
from groupbuy.kernel.backoffice.fields import YuanField
from groupbuy.models import Offer
from groupbuy.services.offer_changes import OfferTerms, offer_change, terms_of


def _count(label: str, initial: int | None) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, initial=initial, required=False, min_value=0, widget=UnfoldAdminIntegerFieldWidget
    )


def _form(offer: Offer) -> type[forms.Form]:
    terms = terms_of(offer)
    fields: dict[str, Any] = {
        "price_fen": YuanField(
            label="团购价（元，只影响新订单）", initial=terms.price_fen, widget=UnfoldAdminDecimalFieldWidget
        ),
        "price_steps": PriceStepsField(label="阶梯价", initial=terms.price_steps),
        "stock": _count("活动库存（空为不限）", terms.stock),
        "per_shopper": _count("每人限购（空为不限）", terms.per_shopper),
        "per_community": _count("每小区限量（空为不限）", terms.per_community),
        "reason": forms.CharField(label="原因", max_length=200, widget=UnfoldAdminTextInputWidget),
    }
    return type("OfferChangeForm", (forms.Form,), fields)


def _change(offer: Offer, done: Done) -> None:
    terms = {name: value for name, value in done.data.items() if name != "reason"}
    offer_change(offer_id=offer.pk, terms=OfferTerms(**terms), reason=done.data["reason"], actor_id=done.actor_id)


def _sold(offer: Offer) -> Facts:
    return [("已售", offer.sold)]


ADJUST = Deed(
    name="adjust",
    title="调整价格、库存、限量",
    permission="groupbuy.change_offer",
    do=_change,
    question="只影响以后的订单；已下的订单价格不变。库存不能低于已售，限量不能低于已有人买到的件数。",
    form=_form,
    facts=_sold,
    applies=lambda offer: offer.withdrawn_at is None and offer.campaign.state == CampaignState.OPEN,
    bulk=False,
    icon="tune",
)
