"""Placing and cancelling orders. The order of steps is the order of locks: key, gate, rows, counters last."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from groupbuy.domain.states import ORDER, OrderState
from groupbuy.domain.words import RefundReason
from groupbuy.kernel import privacy
from groupbuy.kernel.db import before_commit, joins_transaction
from groupbuy.kernel.errors import DomainError, StateConflict
from groupbuy.kernel.transition import move
from groupbuy.models import Campaign, Group, Offer, Order, OrderLine, PickupPoint, User
from groupbuy.services import discounts, journal, order_rows, refunds, stock
from groupbuy.services.order_terms import LineWanted, PricedLine, Terms, enter_open_campaign, order_terms

M = TypeVar("M", bound=Model)


class OfferSoldOut(DomainError):
    """``left``: public offer id -> sale units that are left."""

    code = "offer_sold_out"
    message = _("商品库存不足。")


class LimitReached(DomainError):
    code = "limit_reached"
    message = _("超过每人限购数量。")


class CommunityLimitReached(DomainError):
    """``left``: public offer id -> sale units that are left for the community."""

    code = "community_limit_reached"
    message = _("超过每小区限量。")


@dataclass(frozen=True)
class Receiver:
    """Who collects. Empty fields are filled from the shopper's account."""

    name: str = ""
    phone: str = ""
    room: str = ""


@joins_transaction
def order_place(
    *,
    shopper: User,
    group_id: UUID,
    lines: Sequence[LineWanted],
    expected_fen: int | None = None,
    receiver: Receiver = Receiver(),
    remark: str = "",
    coupon: UUID | None = None,
    placed_by: User | None = None,
    payer: User | None = None,
) -> Order:
    """
    Place one order in an open campaign and take its pieces from stock.

    :param group_id: the group's public id.
    :param lines: lines with the same offer are added up.
    :param expected_fen: what the shopper saw as the total; None skips the check.
    :param coupon: public id of the coupon to use, ``discounts.NO_COUPON``, or None: whichever saves most.
    :param placed_by: who orders for the shopper and must not use what belongs to him: coupons, the newcomer's price.
    :param payer: None: the shopper.
    :raises Missing: no such group, or a line's offer is not in its campaign.
    :raises LeaderAway: the group's leader is suspended.
    :raises CampaignClosed: the database clock has reached the cutoff, or the campaign is not open.
    :raises QuantityWrong: below the minimum of the offer or off its step.
    :raises CouponUnusable: the named coupon does not fit this order; nothing is taken.
    :raises PriceChanged: the total differs from ``expected_fen``; nothing is taken.
    :raises DiscountGone: another order of the shopper was faster to use the coupon or the newcomer price.
    :raises LimitReached: more than one shopper may hold; nothing is taken.
    :raises CommunityLimitReached: more than is left for the point's community; nothing is taken.
    :raises OfferSoldOut: a line asks for more than is left; nothing is taken.

    Call it through ``run_once`` so that a retry cannot order twice. Rules: DOMAIN "Price", "Limits", "Cutoff".
    """
    terms = order_terms(
        shopper=shopper,
        group_id=group_id,
        lines=lines,
        expected_fen=expected_fen,
        coupon=coupon,
        personal=placed_by is None,
    )
    order = _order(terms, shopper, payer or shopper, receiver, remark)
    order_rows.insert(order, [_line(order, line) for line in terms.lines], actor_id=(placed_by or shopper).pk)
    discounts.take(order, terms.discounts)
    if terms.total_fen == 0:
        _accept_free(order)
    # Counters come last, behind the stored answer even: a hot offer's row is locked from here to the commit.
    before_commit(partial(_take, shopper.pk, terms))
    return order


def _order(
    terms: Terms,
    shopper: User,
    payer: User,
    receiver: Receiver,
    remark: str,
) -> Order:
    group = terms.group
    now: dt.datetime = group["now"]
    latest = group["cutoff_at"] + dt.timedelta(seconds=group["grace_s"])
    return Order(
        campaign=_known(Campaign, group, "campaign_", "id", "public_id", "title", "cutoff_at", "delivery_date"),
        group=_known(Group, group, "group_", "id", "public_id"),
        warehouse_id=group["warehouse_id"],
        point=_known(PickupPoint, group, "point_", "id", "name"),
        community_id=group["community_id"],
        leader=_known(User, group, "leader_", "id", "display_name"),
        shopper=shopper,
        payer=payer,
        receiver_name=receiver.name or shopper.display_name,
        receiver_phone_sealed=privacy.seal(receiver.phone) if receiver.phone else shopper.phone_sealed,
        room=receiver.room,
        remark=remark,
        items_fen=terms.items_fen,
        discount_fen=terms.discount_fen,
        total_fen=terms.total_fen,
        placed_at=now,
        pay_by=min(now + dt.timedelta(seconds=group["pay_window_s"]), latest),
    )


def _known(model: type[M], row: Mapping[str, Any], prefix: str, *names: str) -> M:
    """Make a row's object from what was read of it, so that an answer need not read again; the rest is deferred."""
    return model.from_db(None, names, [row[prefix + name] for name in names])


def _line(order: Order, line: PricedLine) -> OrderLine:
    """Copy everything that money depends on; later changes of offer, SKU or rate alter no placed order."""
    offer = line.offer
    return OrderLine(
        offer=_known(Offer, offer, "", "id", "public_id"),
        campaign_id=order.campaign_id,
        warehouse_id=order.warehouse_id,
        point_id=order.point_id,
        sku_id=offer["sku_id"],
        name=offer["name"],
        spec=offer["spec"],
        zone=offer["zone"],
        sale_unit=offer["sale_unit"],
        base_unit=offer["base_unit"],
        base_per_sale=offer["base_per_sale"],
        after_sales_hours=offer["after_sales_hours"],
        quantity=line.quantity,
        price_fen=offer["price_fen"],
        cost_fen=offer["cost_fen"],
        amount_fen=line.amount_fen,
        discount_fen=line.discount_fen,
        net_fen=line.net_fen,
        commission_bp=0 if offer["piece_fee_fen"] is not None else offer["commission_bp"],
        commission_fen_a_piece=offer["piece_fee_fen"],
    )


def _take(shopper_id: int, terms: Terms) -> None:
    """
    Take the pieces, or raise and let the transaction roll everything back.

    :raises LimitReached: a share per shopper is used up.
    :raises CommunityLimitReached: so is the community's.
    :raises OfferSoldOut: an offer has not enough left.
    """
    if over := _over(stock.SHOPPER, shopper_id, terms):
        raise limit_reached(over)
    community_id = terms.group["community_id"]
    if over := _over(stock.COMMUNITY, community_id, terms):
        raise community_limit_reached(over, stock.held(stock.COMMUNITY, community_id, [offer["id"] for offer in over]))
    taken = stock.take(terms.quantities)
    missing = [line.offer for line in terms.lines if line.offer["id"] not in taken]
    if missing:
        raise sold_out(missing, stock.left([offer["id"] for offer in missing]))


def _over(share: stock.Share, holder_id: int, terms: Terms) -> list[Mapping[str, Any]]:
    """Take what is limited; return the offers of which he, or they, may not have so much."""
    limited = terms.limited(share.limit)
    limits = {offer["id"]: offer[share.limit] for offer in limited}
    granted = stock.take_share(share, holder_id, terms.quantities, limits) if limits else set()
    return [offer for offer in limited if offer["id"] not in granted]


def limit_reached(offers: Sequence[Mapping[str, Any]]) -> LimitReached:
    """Make the error that names how many pieces of these offers one shopper may hold."""
    return LimitReached(attr="lines", limits={str(offer["public_id"]): offer["per_shopper"] for offer in offers})


def community_limit_reached(offers: Sequence[Mapping[str, Any]], held: Mapping[int, int]) -> CommunityLimitReached:
    """Make the error that says what the community can still have of these offers, which it holds so many of."""
    names = "、".join(offer["name"] for offer in offers)
    return CommunityLimitReached(
        _("%(names)s 超过每小区限量。") % {"names": names},
        attr="lines",
        left={str(offer["public_id"]): max(offer["per_community"] - held.get(offer["id"], 0), 0) for offer in offers},
    )


def sold_out(offers: Sequence[Mapping[str, Any]], left: Mapping[int, int | None]) -> OfferSoldOut:
    """Make the error that says what is left of these offers."""
    names = "、".join(offer["name"] for offer in offers)
    return OfferSoldOut(
        _("%(names)s 库存不足。") % {"names": names},
        attr="lines",
        left={str(offer["public_id"]): left[offer["id"]] for offer in offers},
    )


def _accept_free(order: Order) -> None:
    """An order that costs nothing is paid by being placed."""
    move(
        ORDER,
        pk=order.pk,
        old=OrderState.PLACED,
        new=OrderState.PAID,
        now=order.placed_at,
        reason="free",
        sets={"paid_at": order.placed_at},
    )
    order.state, order.paid_at = OrderState.PAID, order.placed_at


@transaction.atomic
def order_cancel(*, order: Order, actor: User) -> None:
    """
    Cancel an order before the cutoff: an unpaid one ends, a paid one is refunded in full; its pieces go back.

    :raises CampaignClosed: the database clock has reached the cutoff.
    :raises StateConflict: it is cancelled or refunded already.
    """
    now = enter_open_campaign(order.campaign_id)
    state = Order.objects.select_for_update(no_key=True).values_list("state", flat=True).get(pk=order.pk)
    if state == OrderState.PLACED:
        move(ORDER, pk=order.pk, old=OrderState.PLACED, new=OrderState.CANCELLED, now=now, actor_id=actor.pk)
        refunds.ask_about_pending([order.pk], now=now)
    elif state == OrderState.PAID:
        move(ORDER, pk=order.pk, old=OrderState.PAID, new=OrderState.REFUNDED, now=now, actor_id=actor.pk)
        refunds.refund_whole([order.pk], reason=RefundReason.SHOPPER_CANCELLED, now=now)
    else:
        raise StateConflict
    journal.tell(
        topic="order.cancelled",
        person_id=order.payer_id,
        also_id=order.shopper_id,
        now=now,
        number=order.number,
    )
    stock.give_back([order.pk])
