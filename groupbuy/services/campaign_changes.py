"""
What an operator does to a campaign in which people have ordered: extend it, withdraw an offer, cancel all of it.

Each holds the campaign's gate alone, so that no order is half inside, and its row, so that neither the freeze nor the
next stage takes the demand meanwhile. Each is idempotent, and a fixed number of statements whatever the number of
orders. Demand that is in a wave already is given back first, by voiding the wave.
"""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from groupbuy.domain.states import CAMPAIGN, ORDER, CampaignState, OrderState
from groupbuy.domain.words import RefundReason
from groupbuy.kernel import clock
from groupbuy.kernel.db import run
from groupbuy.kernel.errors import Invalid
from groupbuy.kernel.transition import move, move_where
from groupbuy.models import Campaign, Offer
from groupbuy.selectors.campaign_changes import NOTHING, Effect, effect_of_cancelling, effect_of_withdrawing
from groupbuy.services import journal, refunds, stock
from groupbuy.services.campaign_lock import campaign_lock
from groupbuy.services.campaigns import CutoffPassed
from groupbuy.services.cutoff import hurry_unpaid
from groupbuy.services.withdrawals import refunded, take_out


@transaction.atomic
def campaign_extend(*, campaign_id: int, cutoff_at: dt.datetime, reason: str, actor_id: int) -> None:
    """
    Put the cutoff of an open campaign off, or take that back. The leaders are told. A second call does nothing.

    Orders that wait for money keep the time that they were told, unless the cutoff comes before it.

    :param cutoff_at: not before the cutoff that was announced first; with the grace for payments still before the
        trucks leave.
    :raises StateConflict: it is not open.
    :raises CutoffPassed: the database clock has reached the cutoff; who came later was refused already.
    :raises Invalid: ``cutoff_at`` has passed, is earlier than first announced, or too late for the delivery.
    """
    campaign, now = campaign_lock(campaign_id, CampaignState.OPEN)
    if now >= campaign.cutoff_at:
        raise CutoffPassed
    if cutoff_at == campaign.cutoff_at:
        return
    if cutoff_at <= now or cutoff_at < (campaign.original_cutoff_at or campaign.cutoff_at):
        raise Invalid(_("不能早于最初公布的截单时间；要提前请用“提前截单”。"), attr="cutoff_at")
    if cutoff_at + dt.timedelta(seconds=campaign.grace_s) >= campaign.dispatch_at:
        raise Invalid(_("新的截单时间太晚，来不及备货发车。"), attr="cutoff_at")
    before = campaign.cutoff_at
    campaign.original_cutoff_at = campaign.original_cutoff_at or before
    campaign.cutoff_at = cutoff_at
    campaign.save(update_fields=["cutoff_at", "original_cutoff_at"])
    if cutoff_at < before:
        hurry_unpaid(campaign_id)
    _tell_leaders(campaign, now)
    facts = {"before": before.isoformat(), "after": cutoff_at.isoformat(), "reason": reason}
    journal.audit(
        action="campaign_extend",
        subject_kind="campaign",
        subject_id=campaign.pk,
        now=now,
        actor_id=actor_id,
        **facts,
    )


@transaction.atomic
def offer_withdraw(*, offer_id: int, reason: str, actor_id: int | None) -> Effect:
    """
    Withdraw one offer (下架): paid pieces of it are refunded and go back, unpaid orders with it end, it sells no more.

    An order of which nothing is left ends as refunded. A second call does nothing.

    :raises StateConflict: the campaign is a draft or cancelled.
    :raises DemandTaken: its demand is in a wave.
    """
    campaign_id = Offer.objects.values_list("campaign_id", flat=True).get(pk=offer_id)
    campaign, now = campaign_lock(campaign_id, CampaignState.OPEN, CampaignState.CLOSING, CampaignState.FROZEN)
    if Offer.objects.filter(pk=offer_id, withdrawn_at__isnull=False).exists():
        return NOTHING
    effect = effect_of_withdrawing(offer_id)
    _end_unpaid(
        "t.campaign_id = %s AND EXISTS (SELECT FROM groupbuy_orderline l WHERE l.order_id = t.id AND l.offer_id = %s)",
        [campaign.pk, offer_id],
        reason="offer withdrawn",
        now=now,
        actor_id=actor_id,
    )
    take_out(
        [offer_id],
        reason=RefundReason.OPERATOR,
        topic="offer.withdrawn",
        why="offer withdrawn",
        now=now,
        actor_id=actor_id,
    )
    _audit("offer_withdraw", "offer", offer_id, reason, effect, now, actor_id)
    return effect


@transaction.atomic
def campaign_cancel(*, campaign_id: int, reason: str, actor_id: int) -> Effect:
    """
    Cancel a whole campaign, before its cutoff or after: every order ends, everything paid is refunded.

    A second call does nothing.

    :raises DemandTaken: its demand is in a wave.
    """
    campaign, now = campaign_lock(campaign_id, *CampaignState)
    if campaign.state == CampaignState.CANCELLED:
        return NOTHING
    effect = effect_of_cancelling(campaign_id)
    why = "campaign cancelled"
    _end_unpaid("t.campaign_id = %s", [campaign_id], reason=why, now=now, actor_id=actor_id)
    ended = refunded("t.campaign_id = %s", [campaign_id], reason=why, now=now, actor_id=actor_id)
    journal.tell_orders(topic="campaign.cancelled", order_ids=ended, now=now)
    refunds.refund_whole(ended, reason=RefundReason.OPERATOR, now=now)
    stock.give_back(ended)
    move(
        CAMPAIGN,
        pk=campaign_id,
        old=campaign.state,
        new=CampaignState.CANCELLED,
        now=now,
        actor_id=actor_id,
        reason=reason[:200],
    )
    _rewrite_outcomes(campaign_id, now)
    _audit("campaign_cancel", "campaign", campaign_id, reason, effect, now, actor_id)
    return effect


def _end_unpaid(where: str, params: Sequence[object], *, reason: str, now: dt.datetime, actor_id: int | None) -> None:
    """
    Cancel what waits for money; it is done before the paid orders are looked at, so that none slips through between.
    """
    ended = move_where(
        ORDER,
        old=OrderState.PLACED,
        new=OrderState.CANCELLED,
        where=where,
        params=params,
        now=now,
        actor_id=actor_id,
        reason=reason,
    )
    stock.give_back(ended)
    refunds.ask_about_pending(ended, now=now)
    journal.tell_orders(topic="order.withdrawn", order_ids=ended, now=now)


def _rewrite_outcomes(campaign_id: int, now: dt.datetime) -> None:
    """Give every order of a cancelled campaign its outcome; the one that a freeze had written is out of date."""
    run(
        """
        INSERT INTO groupbuy_orderoutcome (order_id, campaign_id, kind, at)
        SELECT id, campaign_id, state, %s FROM groupbuy_order WHERE campaign_id = %s
        ON CONFLICT (order_id) DO UPDATE SET kind = EXCLUDED.kind, at = EXCLUDED.at
        """,
        [now, campaign_id],
    )


def _tell_leaders(campaign: Campaign, now: dt.datetime) -> None:
    cutoff = campaign.cutoff_at.astimezone(clock.local_zone())
    run(
        """
        INSERT INTO groupbuy_outbox (topic, payload, created_at, next_try_at, tries, last_error)
        SELECT 'campaign.extended', jsonb_build_object('person_id', leader_id, 'title', %s::text, 'cutoff', %s::text),
               %s, %s, 0, ''
        FROM groupbuy_group WHERE campaign_id = %s GROUP BY leader_id
        """,
        [campaign.title, f"{cutoff:%m-%d %H:%M}", now, now, campaign.pk],
    )


def _audit(
    action: str, kind: str, subject_id: int, reason: str, effect: Effect, now: dt.datetime, actor_id: int | None
) -> None:
    journal.audit(
        action=action,
        subject_kind=kind,
        subject_id=subject_id,
        now=now,
        actor_id=actor_id,
        reason=reason,
        orders=effect.orders,
        people=effect.people,
        fen=effect.fen,
    )
