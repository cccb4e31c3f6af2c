"""Pickups and their lines, as rows; ``parcels.py`` puts the two together for whoever looks at them."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from fulfillment.domain.goods import Goods, goods_state
from fulfillment.domain.states import StopState
from fulfillment.models import Pickup, Stop
from groupbuy.domain.states import OrderState
from groupbuy.models import OrderLine, User
from groupbuy.selectors.posts import point_ids


def own(user: User) -> QuerySet[Pickup]:
    """Return the pickups that ``user`` collects himself: what is still to be collected first, then newest first."""
    pickups = Pickup.objects.filter(shopper=user.pk).select_related("point", "shopper")
    return pickups.order_by("-done_at", "-delivery_date", "-pk")


def served_by(user: User) -> QuerySet[Pickup]:
    """Return the pickups, done ones too, at the points where ``user`` works."""
    return Pickup.objects.filter(point__in=point_ids(user)).select_related("point", "shopper")


def waiting_at(user: User) -> QuerySet[Pickup]:
    """Pickups with something left to hand out, arrived or not, at the points at which the person works."""
    left = OrderLine.objects.filter(
        order__shopper=OuterRef("shopper"),
        order__point=OuterRef("point"),
        order__campaign__delivery_date=OuterRef("delivery_date"),
        order__state=OrderState.ACCEPTED,
        collected__lt=F("quantity") - F("short") - F("refunded"),
    )
    return served_by(user).filter(Exists(left), done_at=None).order_by("delivery_date", "pk")


def with_code(user: User, code: str) -> QuerySet[Pickup]:
    """
    Return the open pickups with this six-digit code or QR token at the points of ``user``.

    More than one only for somebody who works at several points: a code is unique at its point.
    """
    return waiting_at(user).filter(Q(code=code) | Q(token=code))


def lines_of(pickup: Pickup) -> list[OrderLine]:
    """Return the accepted lines of a pickup, as :func:`lines_for` gives them."""
    return lines_for([pickup])[pickup.pk]


def lines_for(pickups: Sequence[Pickup]) -> dict[int, list[OrderLine]]:
    """
    Return the accepted lines of several pickups by pickup id; one statement whatever their number.

    Each line has its order, and ``stop_state``: of the stop that brings it to its point, None while no wave holds it.
    """
    found: dict[int, list[OrderLine]] = {pickup.pk: [] for pickup in pickups}
    if not pickups:
        return found
    wanted = Q()
    for pickup in pickups:
        wanted |= Q(
            order__shopper_id=pickup.shopper_id,
            order__point_id=pickup.point_id,
            order__campaign__delivery_date=pickup.delivery_date,
        )
    owner = {(pickup.shopper_id, pickup.point_id, pickup.delivery_date): pickup.pk for pickup in pickups}
    lines = (
        OrderLine.objects.filter(wanted, order__state=OrderState.ACCEPTED)
        .select_related("order__campaign")
        .annotate(stop_state=_stop_state())
        .order_by("order_id", "pk")
    )
    for line in lines:
        order = line.order
        found[owner[order.shopper_id, order.point_id, order.campaign.delivery_date]].append(line)
    return found


def _stop_state() -> Subquery:
    """A campaign is in one active wave at most, and a wave has one stop at a point."""
    stops = Stop.objects.filter(
        point=OuterRef("order__point"),
        wave__campaigns__campaign=OuterRef("order__campaign"),
        wave__campaigns__active=True,
    )
    return Subquery(stops.order_by().values("state")[:1])


def goods_of(line: OrderLine) -> Goods:
    """Tell where a line of :func:`lines_for` is."""
    return goods_state(stop_state=_state_of(line), due=line.due, collected=line.collected)


def _state_of(line: OrderLine) -> str | None:
    state: str | None = line.stop_state  # type: ignore[attr-defined]  # annotated above
    return state


def line_ids(pickup: Pickup, public_ids: Sequence[UUID]) -> dict[UUID, OrderLine]:
    """Return the named lines of a pickup that have been signed for, collected ones too, by public id."""
    return {
        line.public_id: line
        for line in lines_of(pickup)
        if line.public_id in public_ids and _state_of(line) == StopState.SIGNED
    }
