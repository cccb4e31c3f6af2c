"""Setting up a campaign: its offers, its groups, opening it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from groupbuy.domain.prices import PriceStep
from groupbuy.domain.states import CAMPAIGN, CampaignState
from groupbuy.domain.words import PointRole
from groupbuy.kernel import clock
from groupbuy.kernel.db import rows, run
from groupbuy.kernel.errors import DomainError, Invalid
from groupbuy.kernel.transition import born, move
from groupbuy.models import Campaign, Offer, Sku, User, Warehouse
from groupbuy.services.offer_prices import price_steps_replace


class CampaignEmpty(DomainError):
    code = "campaign_empty"
    message = _("活动还没有商品或社区团，不能开团。")


class CutoffPassed(DomainError):
    code = "cutoff_passed"
    message = _("截单时间已过。")


@dataclass(frozen=True)
class OfferWanted:
    """
    A SKU to sell. ``price_fen`` None: the list price. ``stock``, ``per_shopper`` and ``per_community`` None:
    unlimited.

    ``price_steps`` replace the price from their instants on.

    ``minimum_total``: sale units that must be paid for by the cutoff, for whole cases of the supplier; 0 is none.
    """

    sku: Sku
    price_fen: int | None = None
    stock: int | None = None
    per_shopper: int | None = None
    per_community: int | None = None
    minimum: int = 1
    step: int = 1
    minimum_total: int = 0
    rate_bp: int | None = None
    newcomer_fen: int | None = None
    newcomer_pieces: int = 1
    price_steps: Sequence[PriceStep] = ()


@transaction.atomic
def campaign_create(
    *,
    title: str,
    warehouse: Warehouse,
    opens_at: dt.datetime,
    cutoff_at: dt.datetime,
    delivery_date: dt.date,
    actor: User | None,
    dispatch_at: dt.datetime | None = None,
    pay_window_s: int | None = None,
    grace_s: int | None = None,
    minimum_kind: str = "",
    minimum_value: int = 0,
) -> Campaign:
    """
    Draft a campaign. What is not given comes from the settings (DOMAIN "The day").

    :raises Invalid: it would close before it opens.
    """
    if cutoff_at <= opens_at:
        raise Invalid(_("截单时间必须晚于开团时间。"), attr="cutoff_at")
    now = clock.now()
    campaign = Campaign.objects.create(
        title=title,
        warehouse=warehouse,
        opens_at=opens_at,
        cutoff_at=cutoff_at,
        delivery_date=delivery_date,
        dispatch_at=dispatch_at or default_dispatch(delivery_date),
        pay_window_s=settings.GROUPBUY_PAY_WINDOW_SECONDS if pay_window_s is None else pay_window_s,
        grace_s=settings.GROUPBUY_PAYMENT_GRACE_SECONDS if grace_s is None else grace_s,
        minimum_kind=minimum_kind,
        minimum_value=minimum_value,
    )
    born(CAMPAIGN, ids=[campaign.pk], state=CampaignState.DRAFT, now=now, actor_id=actor.pk if actor else None)
    return campaign


def default_dispatch(delivery_date: dt.date) -> dt.datetime:
    """Return when the trucks of ``delivery_date`` leave: 05:00 where the platform works, unless set otherwise."""
    return clock.at_local(delivery_date, dt.time.fromisoformat(settings.GROUPBUY_DISPATCH_TIME))


@transaction.atomic
def offers_add(*, campaign: Campaign, offers: Sequence[OfferWanted]) -> list[Offer]:
    """Add offers to a campaign; list price and cost are copied from the SKU's card."""
    start = campaign.offers.count()
    added = Offer.objects.bulk_create(
        Offer(
            campaign=campaign,
            sku=wanted.sku,
            position=start + i,
            price_fen=wanted.sku.list_price_fen if wanted.price_fen is None else wanted.price_fen,
            list_price_fen=wanted.sku.list_price_fen,
            cost_fen=wanted.sku.cost_fen,
            stock=wanted.stock,
            per_shopper=wanted.per_shopper,
            per_community=wanted.per_community,
            minimum=wanted.minimum,
            step=wanted.step,
            minimum_total=wanted.minimum_total,
            rate_bp=wanted.rate_bp,
            newcomer_fen=wanted.newcomer_fen,
            newcomer_pieces=wanted.newcomer_pieces,
        )
        for i, wanted in enumerate(offers, start=1)
    )
    price_steps_replace({offer.pk: wanted.price_steps for offer, wanted in zip(added, offers, strict=True)})
    return added


def groups_add(*, campaign: Campaign, point_ids: Sequence[int]) -> int:
    """
    Give every active leader of these points (of the campaign's warehouse) a group in the campaign; return how many
    are new.

    One statement, whatever the number of points.
    """
    return run(
        """
        INSERT INTO groupbuy_group (public_id, campaign_id, point_id, leader_id)
        SELECT gen_random_uuid(), %s, point.id, staff.user_id
        FROM groupbuy_pointstaff staff JOIN groupbuy_pickuppoint point ON point.id = staff.point_id
        WHERE staff.active AND staff.role = %s AND point.active AND point.warehouse_id = %s AND point.id = ANY(%s)
        ON CONFLICT (campaign_id, point_id, leader_id) DO NOTHING
        """,
        [campaign.pk, PointRole.LEADER, campaign.warehouse_id, list(point_ids)],
    )


@transaction.atomic
def campaign_open(*, campaign_id: int, actor_id: int | None = None) -> None:
    """
    Open a drafted campaign for its groups.

    :raises CampaignEmpty: it has no offer or no group.
    :raises CutoffPassed: its cutoff lies in the past.
    :raises StateConflict: it is not a draft.
    """
    now = clock.now()
    (facts,) = rows(
        """
        SELECT c.cutoff_at, EXISTS (SELECT FROM groupbuy_offer WHERE campaign_id = c.id) AS offers,
               EXISTS (SELECT FROM groupbuy_group WHERE campaign_id = c.id) AS groups
        FROM groupbuy_campaign c WHERE c.id = %s
        """,
        [campaign_id],
    )
    if not (facts["offers"] and facts["groups"]):
        raise CampaignEmpty
    if facts["cutoff_at"] <= now:
        raise CutoffPassed
    move(CAMPAIGN, pk=campaign_id, old=CampaignState.DRAFT, new=CampaignState.OPEN, now=now, actor_id=actor_id)
