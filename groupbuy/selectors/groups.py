"""Groups and their offers, as anybody who holds the share code or the group's opaque id may see them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from groupbuy.domain.prices import PriceStep, price_at
from groupbuy.domain.states import PAID_FOR, CampaignState
from groupbuy.kernel.errors import Missing
from groupbuy.models import Campaign, Group, Offer, OfferCommunity, Order, OrderLine, ShareCode, User
from groupbuy.selectors.posts import may_serve

# How long after its cutoff a group is still shown under its share code, so that a late link explains itself.
RECENT = dt.timedelta(days=3)
SHOWN = (CampaignState.OPEN, CampaignState.CLOSING, CampaignState.FROZEN)


@dataclass(frozen=True)
class Shelf:
    """
    What ``/g/<share code>`` shows: groups that take orders now, those that closed a short while ago, and those of
    running campaigns that were moved to another point or leader; these know where to (``moved_to``, ``new_code``).
    """

    share: ShareCode
    open: list[Group]
    closed: list[Group]
    moved: list[Group]


def published() -> QuerySet[Group]:
    """Return the groups of campaigns that have been opened, with campaign, point and leader."""
    return Group.objects.filter(campaign__state__in=SHOWN).select_related("campaign", "point__community", "leader")


def shelf(*, code: str, now: dt.datetime) -> Shelf:
    """
    Return the groups under a share code, soonest cutoff first; the closed ones last closed first.

    :raises Missing: there is no such code.
    """
    share = ShareCode.objects.select_related("point__community", "leader").filter(code=code).first()
    if share is None:
        raise Missing
    groups = published().filter(point=share.point_id, leader=share.leader_id, campaign__cutoff_at__gt=now - RECENT)
    new = ShareCode.objects.filter(point=OuterRef("moved_to__point"), leader=OuterRef("moved_to__leader"))
    groups = groups.select_related("moved_to__point", "moved_to__leader").annotate(
        new_code=Subquery(new.values("code"))
    )
    found = list(groups.order_by("campaign__cutoff_at", "id"))
    here = [group for group in found if group.moved_to is None]
    return Shelf(
        share=share,
        open=[group for group in found if takes_orders(group, now)],
        closed=[group for group in reversed(here) if group.campaign.cutoff_at <= now or group.campaign.closed_at],
        moved=[group for group in found if group.moved_to],
    )


def takes_orders(group: Group, now: dt.datetime) -> bool:
    """Return whether the group takes orders at ``now``; ordering judges again, under the gate."""
    return group.moved_to_id is None and is_open(group.campaign, now)


def is_open(campaign: Campaign, now: dt.datetime) -> bool:
    """Return whether the campaign takes orders at ``now``; ordering judges again, under the gate."""
    return campaign.state == CampaignState.OPEN and campaign.opens_at <= now < campaign.cutoff_at


def offers_of(campaign_id: int) -> QuerySet[Offer]:
    """Return the offers of a campaign with their SKUs, categories and price steps, in the order of the shelf."""
    offers = Offer.objects.filter(campaign=campaign_id).select_related("sku__category")
    return offers.prefetch_related("price_steps").order_by("position", "id")


def price_plan(offer: Offer) -> list[PriceStep]:
    """Return the price steps of an offer, first one first."""
    return [PriceStep(step.starts_at, step.price_fen) for step in offer.price_steps.all()]


def price_now(offer: Offer, now: dt.datetime) -> int:
    """Return what a sale unit costs at ``now``, in fen; ordering judges again, under the gate."""
    return price_at(offer.price_fen, price_plan(offer), now)


def left(offer: Offer) -> int | None:
    """Return how many sale units can still be sold; None is unlimited."""
    return None if offer.stock is None else offer.stock - offer.sold


def left_in(community_id: int, offers: Sequence[Offer]) -> dict[int, int]:
    """Return how many sale units of the offers with a cap per community this one can still have: offer id -> pieces."""
    caps = {offer.pk: offer.per_community for offer in offers if offer.per_community is not None}
    counted = OfferCommunity.objects.filter(community=community_id, offer__in=caps) if caps else ()
    held = {each.offer_id: each.quantity for each in counted}
    return {offer_id: max(cap - held.get(offer_id, 0), 0) for offer_id, cap in caps.items()}


def served_by(user: User) -> QuerySet[Group]:
    """
    Return the groups that ``user`` looks after as a leader or helper of their pickup point; drafts and groups that
    were moved away are left out.
    """
    return published().filter(may_serve(user), moved_to=None)


def open_now(groups: QuerySet[Group], now: dt.datetime) -> QuerySet[Group]:
    """Keep the groups that take orders at ``now``."""
    takes_orders = Q(
        campaign__state=CampaignState.OPEN,
        campaign__opens_at__lte=now,
        campaign__cutoff_at__gt=now,
        failed_at=None,
        moved_to=None,
    )
    return groups.filter(takes_orders)


def with_tally(groups: QuerySet[Group]) -> QuerySet[Group]:
    """
    Annotate ``order_count``, ``piece_count`` (sale units) and ``amount_fen`` of paid and accepted orders, less what was
    given back.
    """
    orders = Order.objects.filter(state__in=PAID_FOR, group=OuterRef("pk")).order_by().values("group")
    lines = (
        OrderLine.objects.filter(order__group=OuterRef("pk"), order__state__in=PAID_FOR)
        .order_by()
        .values("order__group")
    )
    due, kept = F("quantity") - F("short") - F("refunded"), F("net_fen") - F("refunded_fen")
    return groups.annotate(
        order_count=Coalesce(Subquery(orders.annotate(n=Count("pk")).values("n")), 0),
        amount_fen=Coalesce(Subquery(lines.annotate(n=Sum(kept)).values("n")), 0),
        piece_count=Coalesce(Subquery(lines.annotate(n=Sum(due)).values("n")), 0),
    )
