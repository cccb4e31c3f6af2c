"""Pickups as shopper and leader see them."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import BooleanField, Case, Exists, F, OuterRef, Q, QuerySet, Value, When

from fulfillment.domain.states import StopState
from fulfillment.models import Pickup, Stop, WaveCampaign
from groupbuy.domain.states import OrderState
from groupbuy.models import OrderLine, PointStaff, User


def points_of(user: User) -> QuerySet[PointStaff, int]:
    """Return the ids of the points at which a person works now."""
    return PointStaff.objects.filter(user=user, active=True).values_list("point_id", flat=True)


def visible_to(user: User) -> QuerySet[Pickup]:
    """A shopper's own pickups, and those of the points at which the person works."""
    return Pickup.objects.filter(Q(shopper=user) | Q(point__in=points_of(user))).select_related("point", "shopper")


def waiting_at(user: User) -> QuerySet[Pickup]:
    """Pickups with something left to hand out, arrived or not, at the points at which the person works."""
    left = OrderLine.objects.filter(
        order__shopper=OuterRef("shopper"),
        order__point=OuterRef("point"),
        order__campaign__delivery_date=OuterRef("delivery_date"),
        order__state=OrderState.ACCEPTED,
        collected__lt=F("quantity") - F("short") - F("refunded"),
    )
    return (
        Pickup.objects.filter(Exists(left), point__in=points_of(user), done_at=None)
        .select_related("point", "shopper")
        .order_by("delivery_date", "pk")
    )


def find_by_code(*, user: User, code: str, point_id: int | None = None) -> Pickup | None:
    """
    Return the open pickup with this six-digit code or QR token among the points of ``user``.

    Codes are unique at a point; who works at several and sees the same code twice names the point.
    """
    waiting = waiting_at(user).filter(Q(code=code) | Q(token=code))
    return (waiting.filter(point_id=point_id) if point_id else waiting).first()


def lines_of(pickup: Pickup) -> list[OrderLine]:
    """Return the accepted lines of a pickup, each with ``arrived``: its delivery has been signed for at the point."""
    return list(lines_for([pickup])[pickup.pk])


def lines_for(pickups: Sequence[Pickup]) -> dict[int, list[OrderLine]]:
    """Return the lines of several pickups by pickup id; one query whatever their number."""
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
        .annotate(arrived=_arrived())
        .order_by("order_id", "pk")
    )
    for line in lines:
        order = line.order
        found[owner[order.shopper_id, order.point_id, order.campaign.delivery_date]].append(line)
    return found


def _arrived() -> Case:
    """Is the stop of the line's wave at the order's point signed? (As a CASE, so that it can be filtered and shown.)"""
    waves = WaveCampaign.objects.filter(campaign=OuterRef(OuterRef("order__campaign_id")), active=True)
    signed = Stop.objects.filter(
        point=OuterRef("order__point_id"), state=StopState.SIGNED, wave__in=waves.values("wave_id")
    )
    return Case(When(Exists(signed), then=Value(True)), default=Value(False), output_field=BooleanField())


def ready(pickup: Pickup) -> bool:
    """Is there something at the point that can be handed out now?"""
    return any(line.arrived and line.due > line.collected for line in lines_of(pickup))  # type: ignore[attr-defined]


def line_ids(pickup: Pickup, public_ids: Sequence[UUID]) -> dict[UUID, OrderLine]:
    """Return the named lines of a pickup that have arrived, by public id."""
    return {
        line.public_id: line
        for line in lines_of(pickup)
        if line.public_id in public_ids and line.arrived  # type: ignore[attr-defined]
    }
