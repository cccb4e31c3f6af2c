"""Pickups with their lines and where the goods are; a fixed number of statements for any number of pickups."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from fulfillment.domain.goods import Goods, goods_state
from fulfillment.models import Pickup, Stop, WaveCampaign
from fulfillment.selectors import stops
from fulfillment.selectors.pickups import lines_for, points_of, waiting_at
from groupbuy.models import OrderLine, User


@dataclass(frozen=True)
class ParcelLine:
    """``line`` with its order; ``left`` sale units that are still to be handed out."""

    line: OrderLine
    goods: Goods

    @property
    def left(self) -> int:
        return self.line.due - self.line.collected


@dataclass(frozen=True)
class Parcel:
    """``ready``: something can be handed out now."""

    pickup: Pickup
    lines: list[ParcelLine]

    @property
    def ready(self) -> bool:
        return any(line.goods == Goods.ARRIVED for line in self.lines)


def own(user: User) -> QuerySet[Pickup]:
    """Return the pickups that ``user`` collects himself."""
    return Pickup.objects.filter(shopper=user.pk).select_related("point", "shopper")


def served_by(user: User) -> QuerySet[Pickup]:
    """Return the pickups, done ones too, at the points where ``user`` works."""
    return Pickup.objects.filter(point__in=points_of(user)).select_related("point", "shopper")


def with_code(user: User, code: str) -> list[int]:
    """
    Return the ids of the open pickups with this six-digit code or QR token at the points of ``user``.

    More than one only for somebody who works at several points: a code is unique at its point.
    """
    return list(waiting_at(user).filter(Q(code=code) | Q(token=code)).values_list("pk", flat=True))


def stops_served_by(user: User) -> QuerySet[Stop]:
    """Return the deliveries of the points where ``user`` works."""
    return stops.visible_to(user).filter(point__in=points_of(user))


def parcels(pickups: Sequence[Pickup]) -> list[Parcel]:
    """Return each pickup with its lines, in the same order; two statements."""
    lines = lines_for(pickups)
    states = _stop_states([line for found in lines.values() for line in found])
    return [Parcel(pickup, [_parcel_line(line, states) for line in lines[pickup.pk]]) for pickup in pickups]


def _parcel_line(line: OrderLine, states: dict[tuple[int, int], str]) -> ParcelLine:
    stop_state = states.get((line.campaign_id, line.order.point_id))
    return ParcelLine(line, goods_state(stop_state=stop_state, due=line.due, collected=line.collected))


def _stop_states(lines: Sequence[OrderLine]) -> dict[tuple[int, int], str]:
    """Return (campaign, point) -> state of the stop that brings its goods there."""
    in_waves = WaveCampaign.objects.filter(
        active=True,
        campaign__in={line.campaign_id for line in lines},
        wave__stops__point__in={line.order.point_id for line in lines},
    )
    found = in_waves.values_list("campaign_id", "wave__stops__point_id", "wave__stops__state")
    return {(campaign_id, point_id): state for campaign_id, point_id, state in found}
