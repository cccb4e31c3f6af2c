"""A pickup with its lines and where they are: what API and pages show, in a fixed number of statements."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from fulfillment.domain.goods import Goods
from fulfillment.models import Pickup, PickupEvent
from fulfillment.selectors.pickups import goods_of, lines_for, served_by, waiting_at
from groupbuy.models import Order, OrderLine, User
from groupbuy.selectors.posts import point_ids


@dataclass(frozen=True)
class ParcelLine:
    """``line`` with its order; pieces are sale units."""

    line: OrderLine
    goods: Goods

    @property
    def left(self) -> int:
        """Pieces that are still to be handed out, wherever they are."""
        return self.line.due - self.line.collected

    @property
    def ready(self) -> bool:
        return self.goods == Goods.ARRIVED


@dataclass(frozen=True)
class Parcel:
    pickup: Pickup
    lines: list[ParcelLine]

    @property
    def left(self) -> int:
        return sum(line.left for line in self.lines)

    @property
    def ready(self) -> bool:
        """Can something be handed out now?"""
        return any(line.ready for line in self.lines)

    @property
    def ready_pieces(self) -> int:
        return sum(line.left for line in self.lines if line.ready)

    @property
    def on_the_way(self) -> bool:
        return any(line.goods == Goods.ON_THE_WAY for line in self.lines)

    @property
    def receiver(self) -> Order | None:
        """The first of its orders: name and room as the shopper gave them."""
        return self.lines[0].line.order if self.lines else None

    @property
    def rooms(self) -> str:
        return "、".join(dict.fromkeys(each.line.order.room for each in self.lines if each.line.order.room))


def parcel(pickup: Pickup) -> Parcel:
    return parcels([pickup])[0]


def parcels(pickups: Sequence[Pickup]) -> list[Parcel]:
    """Return each pickup with its lines, in the same order; one statement."""
    lines = lines_for(pickups)
    return [Parcel(pickup, [ParcelLine(line, goods_of(line)) for line in lines[pickup.pk]]) for pickup in pickups]


def done_with(user: User, code: str) -> Pickup | None:
    """Return the last finished pickup that had this code or token, so that a second showing explains itself."""
    done = served_by(user).filter(Q(code=code) | Q(token=code), done_at__isnull=False)
    return done.order_by("-done_at").first()


def waiting_found(user: User, q: str) -> QuerySet[Pickup]:
    """Narrow the open pickups by the end of the code, or by name or room of an order in it."""
    waiting = waiting_at(user)
    if not q:
        return waiting
    named = Order.objects.filter(Q(receiver_name__icontains=q) | Q(room__icontains=q), point__in=point_ids(user))
    who = Q(shopper__in=named.values("shopper_id")) | Q(shopper__display_name__icontains=q)
    return waiting.filter(who | Q(code__endswith=q) if q.isdigit() else who)


def events_of(pickup: Pickup) -> list[PickupEvent]:
    """Return the hand-overs of a pickup with their pieces, newest first; three statements."""
    return list(pickup.events.select_related("actor").prefetch_related("items__line").order_by("-id"))
