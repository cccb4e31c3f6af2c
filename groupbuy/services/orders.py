"""Placing and cancelling orders. The order of steps is the order of locks: key, gate, rows, counters last."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from groupbuy.domain.states import ORDER, CampaignState, OrderState
from groupbuy.domain.words import RefundReason
from groupbuy.kernel import privacy
from groupbuy.kernel.db import GATE_CAMPAIGN, enter_gate, joins_transaction, prepared
from groupbuy.kernel.errors import DomainError, Invalid, Missing, StateConflict
from groupbuy.kernel.transition import born, move
from groupbuy.models import Campaign, Group, Offer, Order, OrderLine, PickupPoint, User
from groupbuy.services import journal, order_rows, refunds, stock

M = TypeVar("M", bound=Model)

MAX_QUANTITY = 9_999
MAX_LINES = 200


class CampaignClosed(DomainError):
    code = "campaign_closed"
    message = _("活动已截单或未开始，不能下单或取消。")


class LeaderAway(DomainError):
    code = "leader_away"
    message = _("这个团的团长暂停服务，暂时不能下单。")


class OfferSoldOut(DomainError):
    """``left``: public offer id -> sale units that are left."""

    code = "offer_sold_out"
    message = _("商品库存不足。")


class LimitReached(DomainError):
    code = "limit_reached"
    message = _("超过每人限购数量。")


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
class Receiver:
    """Who collects. Empty fields are filled from the shopper's account."""

    name: str = ""
    phone: str = ""
    room: str = ""


@dataclass(frozen=True)
class Terms:
    """
    What was asked for, and what it costs now: the one place where an order is priced.

    ``offers``: a row of terms for each offer, in order of id. ``wanted``: offer's public id -> sale units.
    """

    group: Mapping[str, Any]
    campaign: Mapping[str, Any]
    offers: Sequence[Mapping[str, Any]]
    wanted: Mapping[UUID, int]

    @property
    def total_fen(self) -> int:
        return sum(offer["price_fen"] * self.wanted[offer["public_id"]] for offer in self.offers)


@joins_transaction
def order_place(
    *,
    shopper: User,
    group_id: UUID,
    lines: Sequence[LineWanted],
    expected_fen: int | None = None,
    receiver: Receiver = Receiver(),
    remark: str = "",
) -> Order:
    """
    Place one order in an open campaign and take its pieces from stock.

    :param group_id: the group's public id.
    :param lines: lines with the same offer are added up.
    :param expected_fen: what the shopper saw as the total; None skips the check.
    :raises Missing: no such group, or a line's offer is not in its campaign.
    :raises LeaderAway: the group's leader is suspended.
    :raises CampaignClosed: the database clock has reached the cutoff, or the campaign is not open.
    :raises QuantityWrong: below the minimum of the offer or off its step.
    :raises PriceChanged: the total differs from ``expected_fen``; nothing is taken.
    :raises LimitReached: more than one shopper may hold; nothing is taken.
    :raises OfferSoldOut: a line asks for more than is left; nothing is taken.

    Call it through ``run_once`` so that a retry cannot order twice. Rules: DOMAIN "Price", "Limits", "Cutoff".
    """
    terms = order_terms(group_id=group_id, lines=lines, expected_fen=expected_fen)
    order = _written(terms, shopper, receiver, remark)
    born(ORDER, ids=[order.pk], state=OrderState.PLACED, now=order.placed_at, actor_id=shopper.pk)
    # Counters come last: a hot offer's row stays locked only until the commit that follows.
    _take(shopper.pk, terms.offers, terms.wanted)
    if terms.total_fen == 0:
        _accept_free(order)
    return order


def order_terms(*, group_id: UUID, lines: Sequence[LineWanted], expected_fen: int | None) -> Terms:
    """
    Enter the gate of the group's campaign and price the lines; stock and limits are not looked at.

    Raises what ``order_place`` does, but for ``LimitReached`` and ``OfferSoldOut``.
    """
    group = _enter_group(group_id)
    campaign = _open_campaign(group["campaign_id"])
    wanted = _merged(lines)
    terms = Terms(group, campaign, _offers(group, wanted), wanted)
    if expected_fen is not None and expected_fen != terms.total_fen:
        raise PriceChanged(attr="expected_fen", total_fen=terms.total_fen)
    return terms


def _enter_group(group_id: UUID) -> Mapping[str, Any]:
    """
    Find the group (its columns never change) and enter its campaign's gate in the same statement.

    :raises LeaderAway: its leader has lost his post at the point.
    """
    found = prepared(
        """
        SELECT g.id, g.public_id, g.campaign_id, g.point_id, g.leader_id,
               point.name AS point_name, leader.display_name AS leader_name,
               pg_advisory_xact_lock_shared(%s::int, g.campaign_id::int),
               EXISTS (SELECT FROM groupbuy_pointstaff post
                       WHERE post.point_id = g.point_id AND post.user_id = g.leader_id AND post.active) AS served
        FROM groupbuy_group g
        JOIN groupbuy_pickuppoint point ON point.id = g.point_id
        JOIN groupbuy_user leader ON leader.id = g.leader_id
        WHERE g.public_id = %s
        """,
        [GATE_CAMPAIGN, group_id],
    )
    if not found:
        raise Missing(attr="group")
    if not found[0]["served"]:
        raise LeaderAway(attr="group")
    return found[0]


def _open_campaign(campaign_id: int) -> Mapping[str, Any]:
    """
    Read state and clock inside the gate: what was read before it may be stale.

    :raises CampaignClosed: it is not open, not yet or no more.
    """
    (campaign,) = prepared(
        """
        SELECT id, public_id, title, delivery_date, warehouse_id, state, opens_at, cutoff_at, pay_window_s, grace_s,
               groupbuy_now() AS now
        FROM groupbuy_campaign WHERE id = %s
        """,
        [campaign_id],
    )
    if campaign["state"] != CampaignState.OPEN or not campaign["opens_at"] <= campaign["now"] < campaign["cutoff_at"]:
        raise CampaignClosed
    return campaign


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


_OFFERS = """
    SELECT o.id, o.public_id, o.price_fen, o.cost_fen, o.per_shopper, o.minimum, o.step, o.piece_fee_fen,
           coalesce(o.rate_bp, of_category.rate_bp, of_leader.rate_bp, %(default_bp)s::int) AS commission_bp,
           sku.id AS sku_id, sku.name, sku.spec, sku.zone, sku.sale_unit, sku.base_unit, sku.base_per_sale,
           category.after_sales_hours
    FROM groupbuy_offer o
    JOIN groupbuy_sku sku ON sku.id = o.sku_id
    JOIN groupbuy_category category ON category.id = sku.category_id
    LEFT JOIN groupbuy_servicerate of_category
        ON of_category.leader_id = %(leader)s AND of_category.category_id = sku.category_id
    LEFT JOIN groupbuy_servicerate of_leader ON of_leader.leader_id = %(leader)s AND of_leader.category_id IS NULL
    WHERE o.campaign_id = %(campaign)s AND o.public_id = ANY(%(offers)s)
    ORDER BY o.id
"""


def _offers(group: Mapping[str, Any], wanted: Mapping[UUID, int]) -> list[dict[str, Any]]:
    """Read the terms of every wanted offer, with the commission rate that applies to this leader."""
    offers = prepared(
        _OFFERS,
        {
            "default_bp": settings.GROUPBUY_DEFAULT_COMMISSION_BP,
            "leader": group["leader_id"],
            "campaign": group["campaign_id"],
            "offers": list(wanted),
        },
    )
    if len(offers) < len(wanted):
        raise Missing(_("有商品不在这个活动里。"), attr="lines")
    for offer in offers:
        quantity = wanted[offer["public_id"]]
        if quantity < offer["minimum"] or (quantity - offer["minimum"]) % offer["step"]:
            raise QuantityWrong(attr="lines", offer=offer["public_id"], minimum=offer["minimum"], step=offer["step"])
    return offers


def _written(
    terms: Terms,
    shopper: User,
    receiver: Receiver,
    remark: str,
) -> Order:
    """Insert the order and its lines."""
    group, campaign = terms.group, terms.campaign
    now: dt.datetime = campaign["now"]
    latest = campaign["cutoff_at"] + dt.timedelta(seconds=campaign["grace_s"])
    order = Order(
        campaign=_known(Campaign, campaign, "id", "public_id", "title", "cutoff_at", "delivery_date"),
        group=_known(Group, group, "id", "public_id"),
        warehouse_id=campaign["warehouse_id"],
        point=_known(PickupPoint, {"id": group["point_id"], "name": group["point_name"]}, "id", "name"),
        leader=_known(User, {"id": group["leader_id"], "display_name": group["leader_name"]}, "id", "display_name"),
        shopper=shopper,
        payer=shopper,
        receiver_name=receiver.name or shopper.display_name,
        receiver_phone_sealed=privacy.seal(receiver.phone) if receiver.phone else shopper.phone_sealed,
        room=receiver.room,
        remark=remark,
        items_fen=terms.total_fen,
        total_fen=terms.total_fen,
        placed_at=now,
        pay_by=min(now + dt.timedelta(seconds=campaign["pay_window_s"]), latest),
    )
    order_rows.insert(order, [_line(order, offer, terms.wanted[offer["public_id"]]) for offer in terms.offers])
    return order


def _known(model: type[M], row: Mapping[str, Any], *names: str) -> M:
    """Make a row's object from what was read of it, so that an answer need not read again; the rest is deferred."""
    return model.from_db(None, names, [row[name] for name in names])


def _line(order: Order, offer: Mapping[str, Any], quantity: int) -> OrderLine:
    """Copy everything that money depends on; later changes of offer, SKU or rate alter no placed order."""
    amount_fen = offer["price_fen"] * quantity
    return OrderLine(
        offer=_known(Offer, offer, "id", "public_id"),
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
        quantity=quantity,
        price_fen=offer["price_fen"],
        cost_fen=offer["cost_fen"],
        amount_fen=amount_fen,
        net_fen=amount_fen,
        commission_bp=0 if offer["piece_fee_fen"] is not None else offer["commission_bp"],
        commission_fen_a_piece=offer["piece_fee_fen"],
    )


def _take(shopper_id: int, offers: Sequence[Mapping[str, Any]], wanted: Mapping[UUID, int]) -> None:
    """
    Take the pieces, or raise and let the transaction roll everything back.

    :raises LimitReached: a share per shopper is used up.
    :raises OfferSoldOut: an offer has not enough left.
    """
    quantities = {offer["id"]: wanted[offer["public_id"]] for offer in offers}
    limits = {offer["id"]: offer["per_shopper"] for offer in offers if offer["per_shopper"] is not None}
    if limits:
        granted = stock.take_share(shopper_id=shopper_id, quantities=quantities, limits=limits)
        over = [offer for offer in offers if offer["id"] in limits.keys() - granted]
        if over:
            raise limit_reached(over)
    taken = stock.take(quantities)
    missing = [offer for offer in offers if offer["id"] not in taken]
    if missing:
        raise sold_out(missing, stock.left([offer["id"] for offer in missing]))


def limit_reached(offers: Sequence[Mapping[str, Any]]) -> LimitReached:
    """Make the error that names how many pieces of these offers one shopper may hold."""
    return LimitReached(attr="lines", limits={str(offer["public_id"]): offer["per_shopper"] for offer in offers})


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
    enter_gate(GATE_CAMPAIGN, order.campaign_id)
    now = _open_campaign(order.campaign_id)["now"]
    state = Order.objects.select_for_update(no_key=True).values_list("state", flat=True).get(pk=order.pk)
    if state == OrderState.PLACED:
        move(ORDER, pk=order.pk, old=OrderState.PLACED, new=OrderState.CANCELLED, now=now, actor_id=actor.pk)
        stock.give_back([order.pk])
        refunds.ask_about_pending([order.pk], now=now)
    elif state == OrderState.PAID:
        move(ORDER, pk=order.pk, old=OrderState.PAID, new=OrderState.REFUNDED, now=now, actor_id=actor.pk)
        stock.give_back([order.pk])
        refunds.refund_whole([order.pk], reason=RefundReason.SHOPPER_CANCELLED, now=now)
    else:
        raise StateConflict
    journal.tell(topic="order.cancelled", person_id=order.payer_id, now=now, number=order.number)
