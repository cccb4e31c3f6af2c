"""
The cutoff (截单): open -> closing -> frozen, each step a guarded UPDATE, each a bounded number of statements.

An order is in if it committed before the gate closed; at the freeze every order gets exactly one outcome.
"""

import datetime as dt
import time
from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from groupbuy.domain.states import CAMPAIGN, ORDER, CampaignState, OrderState, OutcomeKind, PaymentState
from groupbuy.domain.words import MinimumKind, RefundReason
from groupbuy.kernel import clock
from groupbuy.kernel.db import GATE_CAMPAIGN, close_gate, rows, run
from groupbuy.kernel.errors import DomainError, StateConflict
from groupbuy.kernel.transition import move, move_where
from groupbuy.models import Campaign, Order
from groupbuy.services import journal, refunds, stock
from groupbuy.services.order_expiry import order_expire
from groupbuy.services.sweeping import survive
from groupbuy.services.withdrawals import take_out


class CutoffAhead(DomainError):
    code = "cutoff_ahead"
    message = _("还没有到截单时间。")


@transaction.atomic
def campaign_close(*, campaign_id: int, actor_id: int | None = None, early: bool = False) -> None:
    """
    Stop the intake of orders: waits for those inside the gate, lets nobody in after.

    :param early: an operator closes before the cutoff; the cutoff moves to now, its old time is kept. What is closed
        already stays as it is.
    :raises CutoffAhead: the database clock has not reached the cutoff and it is not ``early``.
    :raises StateConflict: it is not open.
    """
    close_gate(GATE_CAMPAIGN, campaign_id)
    now = clock.now()
    cutoff_at, state = Campaign.objects.values_list("cutoff_at", "state").get(pk=campaign_id)
    if early and state in (CampaignState.CLOSING, CampaignState.FROZEN):
        return
    if now < cutoff_at and not early:
        raise CutoffAhead
    if now < cutoff_at:
        _bring_forward(campaign_id, cutoff_at, now)
    move(
        CAMPAIGN,
        pk=campaign_id,
        old=CampaignState.OPEN,
        new=CampaignState.CLOSING,
        now=now,
        actor_id=actor_id,
        reason="closed early" if now < cutoff_at else "",
        sets={"closed_at": now},
    )


def _bring_forward(campaign_id: int, cutoff_at: dt.datetime, now: dt.datetime) -> None:
    """Move the cutoff to now, and keep its old time."""
    run(
        "UPDATE groupbuy_campaign SET cutoff_at = %s, original_cutoff_at = coalesce(original_cutoff_at, %s)"
        " WHERE id = %s",
        [now, cutoff_at, campaign_id],
    )
    hurry_unpaid(campaign_id)


def hurry_unpaid(campaign_id: int) -> None:
    """Let no unpaid order be paid later than the grace after the cutoff, once that has come nearer; one statement."""
    run(
        """
        UPDATE groupbuy_order o SET pay_by = least(o.pay_by, c.cutoff_at + make_interval(secs => c.grace_s))
        FROM groupbuy_campaign c WHERE c.id = o.campaign_id AND o.campaign_id = %s AND o.state = 'placed'
        """,
        [campaign_id],
    )


def campaign_freeze(*, campaign_id: int) -> None:
    """
    Give every order of a closing campaign its one outcome and freeze the demand.

    The provider is asked once more about pending payments, for a bounded time; the freeze never waits for its answer.
    Then, on its own, what is still unpaid is cancelled: after that commit no payment can count any more, because the
    move placed -> paid finds no row. Then offers and after them groups under their minimum are refunded, the rest is accepted. A run that
    dies in between is finished by the next one.

    :raises CutoffAhead: the grace for payments is not over.
    :raises StateConflict: it is not closing.
    """
    _ask_last_time(campaign_id)
    _cancel_unpaid(campaign_id)
    _settle(campaign_id)


def _ask_last_time(campaign_id: int) -> None:
    """Close pending payments at the provider, or find them paid, outside any transaction; none holds up the rest."""
    deadline = time.monotonic() + settings.GROUPBUY_LAST_QUERY_SECONDS
    pending = Order.objects.filter(
        campaign_id=campaign_id,
        campaign__state=CampaignState.CLOSING,
        state=OrderState.PLACED,
        payments__state=PaymentState.CREATED,
        pay_by__lte=clock.now(),
    )
    for order_id in pending.order_by("pay_by").values_list("pk", flat=True):
        if time.monotonic() > deadline:
            return
        with survive("groupbuy.ask_last_time", order_id):
            order_expire(order_id=order_id)


@transaction.atomic
def _cancel_unpaid(campaign_id: int) -> None:
    now = clock.now()
    campaign = Campaign.objects.get(pk=campaign_id)
    if campaign.state != CampaignState.CLOSING:
        raise StateConflict
    if now < campaign.cutoff_at + dt.timedelta(seconds=campaign.grace_s):
        raise CutoffAhead
    cancelled = move_where(
        ORDER,
        old=OrderState.PLACED,
        new=OrderState.CANCELLED,
        where="t.campaign_id = %s",
        params=[campaign_id],
        now=now,
        reason="cutoff",
    )
    if cancelled:
        stock.give_back(cancelled)
        refunds.ask_about_pending(cancelled, now=now)
        journal.tell_orders(topic="order.expired", order_ids=cancelled, now=now)


@transaction.atomic
def _settle(campaign_id: int) -> None:
    now = clock.now()
    campaign = Campaign.objects.select_for_update(no_key=True).get(pk=campaign_id)
    if campaign.state != CampaignState.CLOSING:
        raise StateConflict  # a rival run has frozen it while we waited for the row
    _refund_failed_offers(campaign, now)
    if campaign.minimum_kind:
        _refund_failed_groups(campaign, now)
    move_where(
        ORDER,
        old=OrderState.PAID,
        new=OrderState.ACCEPTED,
        where="t.campaign_id = %s",
        params=[campaign_id],
        now=now,
        reason="cutoff",
    )
    _write_outcomes(campaign_id, now)
    # "Every order has its outcome" is part of the finishing UPDATE itself: nothing may slip in between.
    frozen = move_where(
        CAMPAIGN,
        old=CampaignState.CLOSING,
        new=CampaignState.FROZEN,
        where="""t.id = %s AND NOT EXISTS (
            SELECT FROM groupbuy_order o LEFT JOIN groupbuy_orderoutcome x ON x.order_id = o.id
            WHERE o.campaign_id = t.id AND x.order_id IS NULL)""",
        params=[campaign_id],
        now=now,
        sets={"frozen_at": now},
    )
    if not frozen:
        raise CutoffAhead(_("还有订单没有截单结果，稍后自动重试。"))


def _write_outcomes(campaign_id: int, now: dt.datetime) -> None:
    run(
        """
        INSERT INTO groupbuy_orderoutcome (order_id, campaign_id, kind, at)
        SELECT id, campaign_id,
               CASE state WHEN 'accepted' THEN %s WHEN 'refunded' THEN %s ELSE %s END, %s
        FROM groupbuy_order WHERE campaign_id = %s AND state IN ('accepted', 'refunded', 'cancelled')
        """,
        [OutcomeKind.ACCEPTED, OutcomeKind.REFUNDED, OutcomeKind.CANCELLED, now, campaign_id],
    )


_COUNTED = {
    MinimumKind.ORDERS: "count(DISTINCT o.id)",
    MinimumKind.PIECES: "coalesce(sum(line.quantity - line.refunded), 0)",
    MinimumKind.AMOUNT: "coalesce(sum(line.net_fen - line.refunded_fen), 0)",
}


def _refund_failed_offers(campaign: Campaign, now: dt.datetime) -> None:
    """
    Take every offer under its minimum out of the paid orders, judged once, before the groups are.

    What is unpaid has ended, so that an offer's sold counter is what is paid for.
    """
    failed = campaign.offers.filter(withdrawn_at=None, sold__lt=F("minimum_total")).order_by("pk")
    if offer_ids := list(failed.values_list("pk", flat=True)):
        take_out(
            offer_ids,
            reason=RefundReason.OFFER_MINIMUM,
            topic="offer.failed",
            why="offers under their minimum",
            now=now,
            actor_id=None,
        )


def _refund_failed_groups(campaign: Campaign, now: dt.datetime) -> None:
    """Cancel every group under the campaign's minimum, judged once, over its paid orders; refund them in full."""
    counted = _COUNTED[MinimumKind(campaign.minimum_kind)]
    failed = rows(
        f"""
        UPDATE groupbuy_group g SET failed_at = %s
        FROM (SELECT g.id, {counted} AS reached
              FROM groupbuy_group g
              LEFT JOIN groupbuy_order o ON o.group_id = g.id AND o.state = 'paid'
              LEFT JOIN groupbuy_orderline line ON line.order_id = o.id
              WHERE g.campaign_id = %s AND g.moved_to_id IS NULL GROUP BY g.id) AS tally
        WHERE tally.id = g.id AND tally.reached < %s RETURNING g.id
        """,  # noqa: S608 - one of the three expressions above
        [now, campaign.pk, campaign.minimum_value],
    )
    refunded = move_where(
        ORDER,
        old=OrderState.PAID,
        new=OrderState.REFUNDED,
        where="t.campaign_id = %s AND t.group_id = ANY(%s)",
        params=[campaign.pk, [row["id"] for row in failed]],
        now=now,
        reason="group under its minimum",
    )
    if refunded:
        stock.give_back(refunded)
        journal.tell_orders(topic="group.failed", order_ids=refunded, now=now)
        refunds.refund_whole(refunded, reason=RefundReason.GROUP_MINIMUM, now=now)


def campaigns_take(*, warehouse_id: int, delivery_date: dt.date, now: dt.datetime) -> list[int]:
    """
    Hand the frozen demand of a warehouse and day to the next stage, each campaign once; return the campaigns' ids.

    What an operator holds stays where it is.
    """
    taken = rows(
        """
        UPDATE groupbuy_campaign SET taken_at = %s
        WHERE state = 'frozen' AND taken_at IS NULL AND held_at IS NULL AND warehouse_id = %s AND delivery_date = %s
        RETURNING id
        """,
        [now, warehouse_id, delivery_date],
    )
    return [row["id"] for row in taken]


def campaigns_take_named(
    *,
    campaign_ids: Sequence[int],
    warehouse_id: int,
    delivery_date: dt.date,
    now: dt.datetime,
    release: bool = False,
) -> None:
    """
    Hand the frozen demand of just these campaigns (distinct ids) to the next stage, all or none.

    :param release: take also what is held, and release it.
    :raises StateConflict: one of them is not frozen, is held or taken already, or is of another warehouse or day.
    """
    taken = run(
        """
        UPDATE groupbuy_campaign SET taken_at = %s, held_at = NULL, held_reason = ''
        WHERE id = ANY(%s) AND state = 'frozen' AND taken_at IS NULL AND (held_at IS NULL OR %s) AND warehouse_id = %s
          AND delivery_date = %s
        """,
        [now, list(campaign_ids), release, warehouse_id, delivery_date],
    )
    if taken != len(campaign_ids):
        raise StateConflict(_("所选活动已进入波次、被暂停或还没有截单，请刷新后再选。"))


def demand_lock(*, campaign_ids: Sequence[int]) -> None:
    """
    Wait for refunds under way in these campaigns and let none begin before the transaction ends; in order of id.

    Read the clock after it: what was given back is older than that, what will be given back is later.
    """
    rows(
        "SELECT id FROM groupbuy_campaign WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
        [list(campaign_ids)],
    )


def campaigns_untake(*, campaign_ids: list[int]) -> None:
    """Give campaigns of a voided wave back, so that the next wave takes them."""
    run("UPDATE groupbuy_campaign SET taken_at = NULL WHERE id = ANY(%s)", [campaign_ids])
