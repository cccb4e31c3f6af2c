"""Correcting a campaign that is still a draft. Once it is open, what shoppers have seen stays as it is."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from groupbuy.domain.states import CampaignState
from groupbuy.kernel import clock
from groupbuy.kernel.errors import DomainError
from groupbuy.models import Campaign, Offer
from groupbuy.services import journal
from groupbuy.services.campaigns import OfferWanted, offers_add


class NoDraft(DomainError):
    code = "no_draft"
    message = _("活动已开团，不能再修改。")


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
    actor_id: int,
) -> None:
    """
    Add, change and remove offers of a drafted campaign.

    :param change: offer id -> column -> value.
    :param remove: offer ids; a draft has no orders, so nothing refers to them.
    :raises NoDraft: it has been opened meanwhile.
    """
    campaign = _lock(campaign_id)
    removed, _rows = Offer.objects.filter(campaign=campaign, pk__in=list(remove)).delete()
    for offer_id, columns in change.items():
        Offer.objects.filter(campaign=campaign, pk=offer_id).update(**columns)
    offers_add(campaign=campaign, offers=add)
    _audit("offers_change", campaign_id, actor_id, added=len(add), changed=sorted(change), removed=removed)


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
