"""
Ordering for a neighbour (代下单): a leader orders, the neighbour collects, and either of them, or anybody with the pay
link, pays.

The neighbour is the account of his phone, made now if there is none; when he logs in with that phone, his orders are
there. The one who orders must not learn whether there was an account, nor what it holds: discounts that belong to a
person (coupons, the newcomer's price) are not used. For the same reason the limit on accounts that he may make counts
the people he orders for, with or without an account.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from groupbuy.domain.words import PayBy
from groupbuy.kernel import clock, privacy
from groupbuy.kernel.db import joins_transaction, rows
from groupbuy.kernel.errors import DomainError, Missing
from groupbuy.models import Group, Order, User
from groupbuy.selectors.posts import may_serve
from groupbuy.services import journal
from groupbuy.services.accounts import PhoneWrong, account_for_phone
from groupbuy.services.order_quote import Quote, order_quote
from groupbuy.services.order_terms import LineWanted
from groupbuy.services.orders import Receiver, order_place

A_DAY = dt.timedelta(days=1)


class TooManyNeighbours(DomainError):
    """``most``: people for whom one may order within 24 hours."""

    code = "too_many_neighbours"
    message = _("您今天代下单的邻居已达上限，请明天再下，或请邻居自己下单。")


@dataclass(frozen=True)
class Neighbour:
    """Who collects. ``phone`` as it was typed."""

    phone: str
    name: str
    room: str = ""


@joins_transaction
def neighbour_order(
    *,
    actor: User,
    group_id: UUID,
    neighbour: Neighbour,
    lines: Sequence[LineWanted],
    pay_by: PayBy,
    expected_fen: int | None = None,
    remark: str = "",
) -> Order:
    """
    Place an order for a neighbour in a group that ``actor`` looks after. Limits per shopper count for the neighbour.

    :param pay_by: LEADER: the actor is its payer from the start. LINK: whoever pays becomes it.
    :raises PhoneWrong: not a mobile number of mainland China.
    :raises Missing: no such group, or not his.
    :raises TooManyNeighbours: he has ordered for as many others today as he may.

    Raises what ``order_place`` does; call it through ``run_once`` too.
    """
    _one_after_another(actor)
    phone = _checked(actor, group_id, neighbour)
    shopper = account_for_phone(phone=phone, display_name=neighbour.name)
    order = order_place(
        shopper=shopper,
        group_id=group_id,
        lines=lines,
        expected_fen=expected_fen,
        receiver=Receiver(name=neighbour.name, phone=phone, room=neighbour.room),
        remark=remark,
        placed_by=actor,
        payer=actor if pay_by == PayBy.LEADER else shopper,
    )
    journal.audit(
        action="neighbour_order",
        subject_kind="order",
        subject_id=order.pk,
        now=order.placed_at,
        actor_id=actor.pk,
        pay_by=pay_by,
    )
    return order


@transaction.atomic
def neighbour_quote(*, actor: User, group_id: UUID, neighbour: Neighbour, lines: Sequence[LineWanted]) -> Quote:
    """Price what ``neighbour_order`` would place, with the same refusals; makes no account."""
    phone = _checked(actor, group_id, neighbour)
    shopper = User.objects.with_phone(phone).first() or User()
    return order_quote(shopper=shopper, group_id=group_id, lines=lines, placed_by=actor)


def _checked(actor: User, group_id: UUID, neighbour: Neighbour) -> str:
    """Return the clean phone."""
    phone = privacy.clean_phone(neighbour.phone)
    if phone is None:
        raise PhoneWrong(attr="phone")
    if not Group.objects.filter(may_serve(actor), public_id=group_id).exists():
        raise Missing(attr="group")
    _require_within_limit(actor, phone)
    return phone


def _one_after_another(actor: User) -> None:
    """Let a leader's orders wait for each other, which would else all count one less than his limit."""
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)


def _require_within_limit(actor: User, phone: str) -> None:
    (today,) = rows(
        """
        SELECT count(DISTINCT o.shopper_id) AS people, coalesce(bool_or(who.phone_hash = %s), FALSE) AS known
        FROM groupbuy_auditevent event
        JOIN groupbuy_order o ON o.id = event.subject_id
        JOIN groupbuy_user who ON who.id = o.shopper_id
        WHERE event.action = 'neighbour_order' AND event.actor_id = %s AND event.at > %s
        """,
        [privacy.blind(phone), actor.pk, clock.now() - A_DAY],
    )
    most = settings.GROUPBUY_NEIGHBOURS_PER_DAY
    if today["people"] >= most and not today["known"]:
        raise TooManyNeighbours(attr="phone", most=most)
