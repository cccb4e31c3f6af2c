"""What the pickup pages show: a shopper's own pickups, and how a leader finds one of his point's."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from fulfillment.domain.states import StopState
from fulfillment.models import Pickup, PickupEvent, Stop
from fulfillment.selectors.pickups import lines_for, points_of, waiting_at
from groupbuy.models import Order, OrderLine, User

CODE_DIGITS = 6


@dataclass(frozen=True)
class Parcel:
    """A pickup with its lines and where its goods are. ``left`` and ``ready`` count sale units."""

    pickup: Pickup
    lines: list[OrderLine]
    on_the_way: bool = False

    @property
    def left(self) -> int:
        return sum(max(line.due - line.collected, 0) for line in self.lines)

    @property
    def ready(self) -> int:
        """Pieces that lie at the point now."""
        return sum(max(line.due - line.collected, 0) for line in self.lines if getattr(line, "arrived", False))

    @property
    def collected(self) -> int:
        return sum(line.collected for line in self.lines)

    @property
    def receiver(self) -> Order | None:
        """The first of its orders: name and room as the shopper gave them."""
        return self.lines[0].order if self.lines else None

    @property
    def rooms(self) -> str:
        return "、".join(dict.fromkeys(line.order.room for line in self.lines if line.order.room))


def own(shopper: User) -> QuerySet[Pickup]:
    """Return a shopper's pickups: what is still to be collected first, then newest first."""
    return Pickup.objects.filter(shopper=shopper).select_related("point").order_by("-done_at", "-delivery_date", "-pk")


def parcels(pickups: list[Pickup]) -> list[Parcel]:
    """Unpack pickups; two statements whatever their number."""
    lines = lines_for(pickups)
    moving = Stop.objects.filter(
        point__in={pickup.point_id for pickup in pickups}, state__in=[StopState.ON_THE_WAY, StopState.ARRIVED]
    )
    rolling = set(moving.values_list("point_id", "wave__delivery_date")) if pickups else set()
    return [
        Parcel(pickup, lines[pickup.pk], on_the_way=(pickup.point_id, pickup.delivery_date) in rolling)
        for pickup in pickups
    ]


def at_points_of(user: User) -> QuerySet[Pickup]:
    """Return every pickup, done or not, of the points at which the person works."""
    return Pickup.objects.filter(point__in=points_of(user)).select_related("point", "shopper")


def matching(user: User, code: str) -> list[Pickup]:
    """Return the open pickups with this code or QR token at the person's points; one a point at most."""
    return list(waiting_at(user).filter(Q(code=code) | Q(token=code)))


def done_with(user: User, code: str) -> Pickup | None:
    """Return the last finished pickup that had this code or token, so that a second showing explains itself."""
    return at_points_of(user).filter(Q(code=code) | Q(token=code), done_at__isnull=False).order_by("-done_at").first()


def waiting_found(user: User, q: str) -> QuerySet[Pickup]:
    """Narrow the open pickups by the end of the code, or by name or room of an order in it."""
    waiting = waiting_at(user)
    if not q:
        return waiting
    named = Order.objects.filter(Q(receiver_name__icontains=q) | Q(room__icontains=q), point__in=points_of(user))
    who = Q(shopper__in=named.values("shopper_id")) | Q(shopper__display_name__icontains=q)
    return waiting.filter(who | Q(code__endswith=q) if q.isdigit() else who)


def events_of(pickup: Pickup) -> list[PickupEvent]:
    """Return the hand-overs of a pickup with their pieces, newest first; two statements."""
    return list(pickup.events.select_related("actor").prefetch_related("items__line").order_by("-id"))
