"""Promotions as an operator makes and stops them. What orders get of them: ``services.discounts``."""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from groupbuy.domain.promotions import MAX_PROMOTIONS, PromotionKind
from groupbuy.kernel import clock
from groupbuy.kernel.db import GATE_PROMOTIONS, close_gate, rows
from groupbuy.kernel.errors import DomainError, Invalid
from groupbuy.kernel.money import BP
from groupbuy.models import Campaign, Category, Offer, Promotion
from groupbuy.services import journal


class TooManyPromotions(DomainError):
    code = "too_many_promotions"
    message = _("一个活动同时最多 %(most)s 个满减满折（含全平台的），请先停止一个。") % {"most": MAX_PROMOTIONS}


@transaction.atomic
def promotion_create(
    *,
    name: str,
    kind: PromotionKind,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    campaign: Campaign | None = None,
    category: Category | None = None,
    offers: Sequence[Offer] = (),
    spend_fen: int = 0,
    off_fen: int = 0,
    repeats: bool = False,
    cap_fen: int | None = None,
    pieces: int = 0,
    rate_bp: int = BP,
    with_coupon: bool = True,
    actor_id: int | None,
) -> Promotion:
    """
    Put a promotion into force, from ``starts_at`` on; numbers as ``Promotion`` tells.

    :param campaign: None: in every campaign.
    :raises Invalid: numbers or scope that make no promotion.
    :raises TooManyPromotions: a campaign would have more than can be compared with every order.
    """
    check_numbers(kind=kind, spend_fen=spend_fen, off_fen=off_fen, pieces=pieces, rate_bp=rate_bp)
    check_scope(campaign=campaign, category=category, offers=offers)
    if ends_at <= starts_at:
        raise Invalid(_("结束时间必须晚于开始时间。"), attr="ends_at")
    close_gate(GATE_PROMOTIONS, 0)
    now = clock.now()
    if _most_in_one_campaign(campaign, now) >= MAX_PROMOTIONS:
        raise TooManyPromotions
    by_amount = kind == PromotionKind.AMOUNT_OFF
    promotion = Promotion.objects.create(
        name=name,
        kind=kind,
        campaign=campaign,
        category=category,
        spend_fen=spend_fen if by_amount else 0,
        off_fen=off_fen if by_amount else 0,
        repeats=by_amount and repeats,
        cap_fen=cap_fen if by_amount else None,
        pieces=0 if by_amount else pieces,
        rate_bp=BP if by_amount else rate_bp,
        with_coupon=with_coupon,
        starts_at=starts_at,
        ends_at=ends_at,
    )
    promotion.offers.set(offers)
    journal.audit(
        action="promotion_create", subject_kind="promotion", subject_id=promotion.pk, now=now, actor_id=actor_id
    )
    return promotion


def check_numbers(*, kind: str, spend_fen: int, off_fen: int, pieces: int, rate_bp: int) -> None:
    """:raises Invalid: numbers that make no promotion of this kind."""
    if kind == PromotionKind.AMOUNT_OFF and not 1 <= off_fen <= spend_fen:
        raise Invalid(_("满减须有门槛，且减的不超过门槛。"), attr="off_fen")
    if kind == PromotionKind.RATE and not (pieces >= 1 and 0 <= rate_bp < BP):
        raise Invalid(_("满件折须有件数，折后须在 0 到 9999 之间。"), attr="rate_bp")


def check_scope(*, campaign: Campaign | None, category: Category | None, offers: Sequence[Offer]) -> None:
    """:raises Invalid: a category and offers, or offers of another campaign."""
    if category and offers:
        raise Invalid(_("限品类与限商品只能选一个。"), attr="offers")
    if any(campaign is None or offer.campaign_id != campaign.pk for offer in offers):
        raise Invalid(_("限定的商品必须在所选活动里。"), attr="offers")


def _most_in_one_campaign(campaign: Campaign | None, now: dt.datetime) -> int:
    """Return how many promotions a campaign has that has not ended or stopped; the greatest number for a common one."""
    (found,) = rows(
        """
        WITH live AS (
            SELECT campaign_id, count(*) AS number FROM groupbuy_promotion
            WHERE stopped_at IS NULL AND ends_at > %(now)s GROUP BY campaign_id
        )
        SELECT coalesce((SELECT number FROM live WHERE campaign_id IS NULL), 0)
             + coalesce((SELECT max(number) FROM live WHERE campaign_id IS NOT NULL
                         AND (%(campaign)s::bigint IS NULL OR campaign_id = %(campaign)s)), 0) AS number
        """,
        {"now": now, "campaign": campaign.pk if campaign else None},
    )
    return int(found["number"])


@transaction.atomic
def promotion_stop(*, promotion_id: int, actor_id: int | None) -> None:
    """End a promotion now; orders that were placed keep it. A second call does nothing."""
    now = clock.now()
    if Promotion.objects.filter(pk=promotion_id, stopped_at=None).update(stopped_at=now):
        journal.audit(
            action="promotion_stop", subject_kind="promotion", subject_id=promotion_id, now=now, actor_id=actor_id
        )
