"""Taking pieces away from an order before the cutoff. More pieces are another order."""

import datetime as dt
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from groupbuy.domain.states import OrderState
from groupbuy.domain.words import RefundReason
from groupbuy.kernel.errors import DomainError, Invalid, Missing, StateConflict
from groupbuy.models import Order, OrderLine, User
from groupbuy.services import journal, refunds, stock
from groupbuy.services.order_terms import QuantityWrong, enter_open_campaign
from groupbuy.services.orders import order_cancel


class OrderUnpaid(DomainError):
    code = "order_unpaid"
    message = _("还没有付款的订单不能减件，请取消后重新下单。")


@transaction.atomic
def order_amend(*, order: Order, keep: Mapping[UUID, int], actor: User) -> None:
    """
    Take pieces away from a paid order before the cutoff: their net share is refunded, they can be sold again.

    :param keep: order line's public id -> sale units that stay, 0 to what the line has now; lines that are not named
        stay as they are. Nothing stays: the order is cancelled. Asking again changes nothing.
    :raises CampaignClosed: the database clock has reached the cutoff.
    :raises OrderUnpaid: nothing is paid yet. Its payment has a fixed amount and may be in the payer's hand; a new
        order costs him nothing.
    :raises StateConflict: it is cancelled or refunded already.
    :raises Missing: a line is not the order's.
    :raises Invalid: more pieces than the line has.
    :raises QuantityWrong: what stays is below the minimum of the offer or off its step.
    """
    now = enter_open_campaign(order.campaign_id)
    _lock_paid(order)
    lines = list(order.lines.select_related("offer").order_by("offer_id"))
    away = _away(lines, keep)
    if not away:
        return
    if all(line.due == away.get(line.pk) for line in lines if line.due):
        order_cancel(order=order, actor=actor)
        return
    _give_money_back(order, [line for line in lines if line.pk in away], away, now)
    stock.give_back_pieces(away)
    pieces = {str(line): quantity for line, quantity in away.items()}
    journal.audit(
        action="order_amend", subject_kind="order", subject_id=order.pk, now=now, actor_id=actor.pk, pieces=pieces
    )
    journal.tell(
        topic="order.amended", person_id=order.payer_id, also_id=order.shopper_id, now=now, number=order.number
    )


def _lock_paid(order: Order) -> None:
    """Hold the order's row, so that two amendments of it follow each other."""
    state = Order.objects.select_for_update(no_key=True).values_list("state", flat=True).get(pk=order.pk)
    if state == OrderState.PLACED:
        raise OrderUnpaid
    if state != OrderState.PAID:
        raise StateConflict


def _away(lines: Sequence[OrderLine], keep: Mapping[UUID, int]) -> dict[int, int]:
    """Return what goes: order line id -> sale units, lines that stay as they are left out."""
    if keep.keys() - {line.public_id for line in lines}:
        raise Missing(attr="lines")
    away = {}
    for line in lines:
        stays = keep.get(line.public_id, line.due)
        if not 0 <= stays <= line.due:
            raise Invalid(_("只能减少件数；要加购请另下一单。"), attr="lines")
        offer = line.offer
        if 0 < stays < line.due and (stays < offer.minimum or (stays - offer.minimum) % offer.step):
            raise QuantityWrong(attr="lines", offer=offer.public_id, minimum=offer.minimum, step=offer.step)
        if stays < line.due:
            away[line.pk] = line.due - stays
    return away


def _give_money_back(order: Order, lines: Sequence[OrderLine], away: Mapping[int, int], now: dt.datetime) -> None:
    """Refund the pieces; where they cost nothing, or less than a fen after the discounts, only count them."""
    if any(refunds.share_of(line, away[line.pk]) for line in lines):
        refunds.refund_pieces(order, away, reason=RefundReason.SHOPPER_CANCELLED, now=now)
        return
    for line in lines:
        line.refunded += away[line.pk]
    OrderLine.objects.bulk_update(lines, ["refunded"])
