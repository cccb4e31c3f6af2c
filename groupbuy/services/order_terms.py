"""
What an order costs and whether its group takes orders: the one place where ordering enters the gate and prices.

The order of steps is the order of locks: the gate first, then everything that an operator may change under it.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from groupbuy.domain.promotions import Discounts
from groupbuy.domain.states import CampaignState
from groupbuy.kernel.db import GATE_CAMPAIGN, enter_gate, prepared
from groupbuy.kernel.errors import DomainError, Invalid, Missing
from groupbuy.models import User
from groupbuy.services import discounts

MAX_QUANTITY = 9_999
MAX_LINES = 200


class CampaignClosed(DomainError):
    code = "campaign_closed"
    message = _("活动已截单或未开始，不能下单或取消。")


class LeaderAway(DomainError):
    code = "leader_away"
    message = _("这个团的团长暂停服务，暂时不能下单。")


class GroupMoved(DomainError):
    """``moved_to``: the group (public id) that took over."""

    code = "group_moved"
    message = _("这个团换了自提点或团长，请到新的团下单。")


class PriceChanged(DomainError):
    """``total_fen``: what the order costs now."""

    code = "price_changed"
    message = _("价格有变化，请确认后重新下单。")


class QuantityWrong(Invalid):
    code = "quantity_wrong"
    message = _("购买数量不符合起购量或加购步长。")


@dataclass(frozen=True)
class LineWanted:
    """``quantity`` in sale units, 1 to 9,999."""

    offer_id: UUID
    quantity: int


@dataclass(frozen=True)
class PricedLine:
    """``offer``: the row of its terms. ``quantity`` in sale units. ``discount_fen``: 0 to the whole amount."""

    offer: Mapping[str, Any]
    quantity: int
    discount_fen: int = 0

    @property
    def amount_fen(self) -> int:
        return int(self.offer["price_fen"]) * self.quantity

    @property
    def net_fen(self) -> int:
        return self.amount_fen - self.discount_fen


@dataclass(frozen=True)
class Terms:
    """
    What was asked for, and what it costs now.

    ``group``: the group with its campaign, point and leader, as they are inside the gate. ``lines``: one for each
    offer, in order of its id. ``coupons``: id -> public id of those that ``discounts`` speaks of.
    """

    group: Mapping[str, Any]
    lines: Sequence[PricedLine]
    discounts: Discounts
    coupons: Mapping[int, UUID]

    def limited(self, limit: str) -> list[Mapping[str, Any]]:
        """Return the offers with this limit, ``per_shopper`` or ``per_community``."""
        return [line.offer for line in self.lines if line.offer[limit] is not None]

    @property
    def quantities(self) -> dict[int, int]:
        """Offer id -> sale units."""
        return {line.offer["id"]: line.quantity for line in self.lines}

    @property
    def items_fen(self) -> int:
        return sum(line.amount_fen for line in self.lines)

    @property
    def discount_fen(self) -> int:
        return sum(line.discount_fen for line in self.lines)

    @property
    def total_fen(self) -> int:
        return self.items_fen - self.discount_fen


def order_terms(
    *,
    shopper: User,
    group_id: UUID,
    lines: Sequence[LineWanted],
    expected_fen: int | None = None,
    coupon: UUID | None = None,
    personal: bool = True,
) -> Terms:
    """
    Enter the gate of the group's campaign and price the lines, discounts included; stock and limits are not looked at.

    :param personal: whether the discounts that belong to the shopper may be used, and so be seen by who orders.

    Raises what ``order_place`` does, but for ``LimitReached`` and ``OfferSoldOut``.
    """
    _enter_gate_of(group_id)
    group = _open_group(group_id, shopper)
    wanted = _merged(lines)
    offers = _offers(group, wanted, shopper)
    if not personal:
        coupon, offers = discounts.NO_COUPON, [offer | {"newcomer_fen": None} for offer in offers]
    chosen, coupons = discounts.best_for(group, offers, wanted, coupon)
    off_fen = chosen.by_line()
    priced = [PricedLine(offer, wanted[offer["public_id"]], off_fen.get(offer["id"], 0)) for offer in offers]
    terms = Terms(group, priced, chosen, coupons)
    if expected_fen is not None and expected_fen != terms.total_fen:
        raise PriceChanged(attr="expected_fen", total_fen=terms.total_fen)
    return terms


def enter_open_campaign(campaign_id: int) -> dt.datetime:
    """
    Enter the gate of a campaign that takes orders; return the instant at which it was found open.

    :raises CampaignClosed: it is not open, not yet or no more.
    """
    enter_gate(GATE_CAMPAIGN, campaign_id)
    (campaign,) = prepared(
        "SELECT state, opens_at, cutoff_at, groupbuy_now() AS now FROM groupbuy_campaign WHERE id = %s", [campaign_id]
    )
    _require_open(campaign)
    now: dt.datetime = campaign["now"]
    return now


def _require_open(campaign: Mapping[str, Any]) -> None:
    if campaign["state"] != CampaignState.OPEN or not campaign["opens_at"] <= campaign["now"] < campaign["cutoff_at"]:
        raise CampaignClosed


def _enter_gate_of(group_id: UUID) -> None:
    """Enter the gate of the campaign that the group belongs to for good; nothing else of it may be read before."""
    sql = "SELECT pg_advisory_xact_lock_shared(%s::int, campaign_id::int) FROM groupbuy_group WHERE public_id = %s"
    if not prepared(sql, [GATE_CAMPAIGN, group_id]):
        raise Missing(attr="group")


# ``served``: the leader still has his post at the point.
_GROUP = f"""
    SELECT g.id AS group_id, g.public_id AS group_public_id,
           point.id AS point_id, point.name AS point_name, point.community_id,
           leader.id AS leader_id, leader.display_name AS leader_display_name,
           EXISTS (SELECT FROM groupbuy_pointstaff post
                   WHERE post.point_id = g.point_id AND post.user_id = g.leader_id AND post.active) AS served,
           c.id AS campaign_id, c.public_id AS campaign_public_id, c.title AS campaign_title,
           c.cutoff_at AS campaign_cutoff_at, c.delivery_date AS campaign_delivery_date,
           there.public_id AS moved_to,
           c.warehouse_id, c.state, c.opens_at, c.cutoff_at, c.pay_window_s, c.grace_s, instant.now,
           {discounts.COLUMNS}
    FROM groupbuy_group g
    CROSS JOIN (SELECT groupbuy_now() AS now) AS instant
    JOIN groupbuy_campaign c ON c.id = g.campaign_id
    JOIN groupbuy_pickuppoint point ON point.id = g.point_id
    JOIN groupbuy_user leader ON leader.id = g.leader_id
    LEFT JOIN groupbuy_group there ON there.id = g.moved_to_id
    WHERE g.public_id = %(group)s
"""  # noqa: S608 - constants of our own


def _open_group(group_id: UUID, shopper: User) -> Mapping[str, Any]:
    """
    Read group, campaign, discounts and clock inside the gate: an operator may have changed them while it was waited for.

    :raises GroupMoved: it was moved to another point or leader.
    :raises LeaderAway: its leader has lost his post at the point.
    :raises CampaignClosed: its campaign is not open, not yet or no more.
    """
    (group,) = prepared(_GROUP, {"group": group_id, "shopper": shopper.pk})
    if group["moved_to"]:
        raise GroupMoved(attr="group", moved_to=group["moved_to"])
    if not group["served"]:
        raise LeaderAway(attr="group")
    _require_open(group)
    return group


def _merged(lines: Sequence[LineWanted]) -> dict[UUID, int]:
    """Add up lines with the same offer, so that no counter is locked or checked twice."""
    wanted: dict[UUID, int] = {}
    for line in lines:
        wanted[line.offer_id] = wanted.get(line.offer_id, 0) + line.quantity
    if not wanted or len(wanted) > MAX_LINES:
        raise Invalid(_("订单应有 1 到 200 种商品。"), attr="lines")
    if any(not 1 <= quantity <= MAX_QUANTITY for quantity in wanted.values()):
        raise Invalid(_("数量应在 1 到 9999 之间。"), attr="lines")
    return wanted


_OFFERS = f"""
    SELECT o.id, o.public_id, coalesce(step.price_fen, o.price_fen) AS price_fen, o.cost_fen, o.per_shopper, o.per_community,
           o.minimum, o.step, o.piece_fee_fen,
           coalesce(o.rate_bp, of_category.rate_bp, of_leader.rate_bp, %(default_bp)s::int) AS commission_bp,
           sku.id AS sku_id, sku.name, sku.spec, sku.zone, sku.sale_unit, sku.base_unit, sku.base_per_sale,
           category.after_sales_hours, category.id AS category_id, {discounts.NEWCOMER_PRICE}
    FROM groupbuy_offer o
    JOIN groupbuy_sku sku ON sku.id = o.sku_id
    JOIN groupbuy_category category ON category.id = sku.category_id
    LEFT JOIN LATERAL (
        SELECT price_fen FROM groupbuy_offerpricestep
        WHERE offer_id = o.id AND starts_at <= %(now)s ORDER BY starts_at DESC LIMIT 1
    ) step ON TRUE
    LEFT JOIN groupbuy_servicerate of_category
        ON of_category.leader_id = %(leader)s AND of_category.category_id = sku.category_id
    LEFT JOIN groupbuy_servicerate of_leader ON of_leader.leader_id = %(leader)s AND of_leader.category_id IS NULL
    WHERE o.campaign_id = %(campaign)s AND o.public_id = ANY(%(offers)s)
    ORDER BY o.id
"""  # noqa: S608 - constants of our own


def _offers(group: Mapping[str, Any], wanted: Mapping[UUID, int], shopper: User) -> list[dict[str, Any]]:
    """Read the terms of every wanted offer: its price at this instant, the commission rate of this leader."""
    offers = prepared(
        _OFFERS,
        {
            "default_bp": settings.GROUPBUY_DEFAULT_COMMISSION_BP,
            "now": group["now"],
            "leader": group["leader_id"],
            "campaign": group["campaign_id"],
            "offers": list(wanted),
            "shopper": shopper.pk,
        },
    )
    if len(offers) < len(wanted):
        raise Missing(_("有商品不在这个活动里。"), attr="lines")
    for offer in offers:
        quantity = wanted[offer["public_id"]]
        if quantity < offer["minimum"] or (quantity - offer["minimum"]) % offer["step"]:
            raise QuantityWrong(attr="lines", offer=offer["public_id"], minimum=offer["minimum"], step=offer["step"])
    return offers
