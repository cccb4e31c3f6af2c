"""Correcting a campaign that is still a draft. Once it is open, what shoppers have seen stays as it is."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from groupbuy.domain.prices import PriceStep
from groupbuy.domain.states import CampaignState
from groupbuy.kernel import clock
from groupbuy.kernel.errors import DomainError
from groupbuy.models import Campaign, Offer, Promotion
from groupbuy.services import journal
from groupbuy.services.campaigns import OfferWanted, offers_add
from groupbuy.services.offer_prices import price_steps_replace


class NoDraft(DomainError):
    code = "no_draft"
    message = _("活动已开团，不能再修改。")


class OfferPromoted(DomainError):
    code = "offer_promoted"
    message = _("要删的商品在满减满折的范围里，请先停止那个优惠。")


@transaction.atomic
def draft_change(*, campaign_id: int, changes: Mapping[str, Any], actor_id: int) -> None:
    """
    Change columns of a drafted campaign.

    :param changes: column -> value, validated by the form.
    :raises NoDraft: it has been opened meanwhile.
    """
    _lock(campaign_id)
    if changes:
        Campaign.objects.filter(pk=campaign_id).update(**changes)
        _audit("campaign_change", campaign_id, actor_id, columns=sorted(changes))


@transaction.atomic
def draft_offers(
    *,
    campaign_id: int,
    add: Sequence[OfferWanted],
    change: Mapping[int, Mapping[str, Any]],
    remove: Iterable[int],
    price_steps: Mapping[int, Sequence[PriceStep]],
    actor_id: int,
) -> None:
    """
    Add, change and remove offers of a drafted campaign.

    :param change: offer id -> column -> value.
    :param price_steps: offer id -> all its steps, for those where they change.
    :param remove: offer ids; a draft has no orders, so nothing refers to them.
    :raises NoDraft: it has been opened meanwhile.
    :raises OfferPromoted: a promotion is limited to an offer that is to be removed.
    """
    campaign = _lock(campaign_id)
    unwanted = Offer.objects.filter(campaign=campaign, pk__in=list(remove))
    # Its last offer gone, a promotion would be of the whole campaign.
    if Promotion.objects.filter(offers__in=unwanted, stopped_at=None).exists():
        raise OfferPromoted
    _rows, kinds = unwanted.delete()
    removed = kinds.get(Offer._meta.label, 0)
    for offer_id, columns in change.items():
        Offer.objects.filter(campaign=campaign, pk=offer_id).update(**columns)
    kept = set(campaign.offers.filter(pk__in=price_steps).values_list("pk", flat=True))
    price_steps_replace({offer_id: steps for offer_id, steps in price_steps.items() if offer_id in kept})
    offers_add(campaign=campaign, offers=add)
    changed = sorted(change.keys() | price_steps.keys())
    _audit("offers_change", campaign_id, actor_id, added=len(add), changed=changed, removed=removed)


def _lock(campaign_id: int) -> Campaign:
    """Lock the row, so that nobody opens it in between."""
    campaign = Campaign.objects.select_for_update(no_key=True).get(pk=campaign_id)
    if campaign.state != CampaignState.DRAFT:
        raise NoDraft
    return campaign


def _audit(action: str, campaign_id: int, actor_id: int, **facts: Any) -> None:
    journal.audit(
        action=action, subject_kind="campaign", subject_id=campaign_id, now=clock.now(), actor_id=actor_id, **facts
    )
