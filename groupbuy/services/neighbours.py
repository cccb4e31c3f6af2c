"""
Ordering for a neighbour (代下单): a leader orders, the neighbour collects, and either of them, or anybody with the pay
link, pays.

The neighbour is the account of his phone, made now if there is none; when he logs in with that phone, his orders are
there. The one who orders must not learn whether there was an account, nor what it holds: discounts that belong to a
person (coupons, the newcomer's price) are not used.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from groupbuy.domain.words import PayBy
from groupbuy.kernel import privacy
from groupbuy.kernel.db import joins_transaction
from groupbuy.kernel.errors import Missing
from groupbuy.models import Order, User
from groupbuy.selectors.groups import served_by
from groupbuy.services import journal
from groupbuy.services.accounts import PhoneWrong, account_for_phone
from groupbuy.services.order_quote import Quote, order_quote
from groupbuy.services.order_terms import LineWanted
from groupbuy.services.orders import Receiver, order_place


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

    Raises what ``order_place`` does; call it through ``run_once`` too.
    """
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
    if not served_by(actor).filter(public_id=group_id).exists():
        raise Missing(attr="group")
    return phone
