"""
Holding a campaign (暂停进波次): the next stage leaves its frozen demand alone until it is released by hand.

Without it a voided wave would be built again before anybody could withdraw, cancel or move what was in it.
"""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from groupbuy.domain.states import CampaignState
from groupbuy.kernel.db import rows
from groupbuy.models import AuditEvent, Campaign
from groupbuy.services import journal
from groupbuy.services.campaign_lock import campaign_lock

HOLDABLE = (CampaignState.OPEN, CampaignState.CLOSING, CampaignState.FROZEN)


@transaction.atomic
def campaign_hold(*, campaign_id: int, reason: str, actor_id: int) -> None:
    """
    Keep a campaign out of waves; ordering and cutoff go on. A second call does nothing.

    :raises StateConflict: it is a draft or cancelled.
    :raises DemandTaken: it is in a wave; void that and hold in one go (``wave_void``).
    """
    _campaign, now = campaign_lock(campaign_id, *HOLDABLE)
    campaigns_hold(campaign_ids=[campaign_id], reason=reason, now=now, actor_id=actor_id)


def campaigns_hold(*, campaign_ids: Sequence[int], reason: str, now: dt.datetime, actor_id: int | None) -> None:
    """Hold those that no wave holds and that are not held yet; two statements, the caller's transaction."""
    held = rows(
        """
        UPDATE groupbuy_campaign SET held_at = %s, held_reason = %s
        WHERE id = ANY(%s) AND taken_at IS NULL AND held_at IS NULL RETURNING id
        """,
        [now, reason[:200], list(campaign_ids)],
    )
    AuditEvent.objects.bulk_create(
        AuditEvent(
            actor_id=actor_id,
            action="campaign_hold",
            subject_kind="campaign",
            subject_id=row["id"],
            facts={"reason": reason},
            at=now,
        )
        for row in held
    )


@transaction.atomic
def campaign_release(*, campaign_id: int, actor_id: int) -> None:
    """
    Let the next wave take a campaign again. A second call does nothing.

    :raises StateConflict: it is a draft or cancelled.
    """
    campaign, now = campaign_lock(campaign_id, *HOLDABLE)
    if campaign.held_at is None:
        return
    Campaign.objects.filter(pk=campaign_id).update(held_at=None, held_reason="")
    journal.audit(
        action="campaign_release", subject_kind="campaign", subject_id=campaign_id, now=now, actor_id=actor_id
    )
