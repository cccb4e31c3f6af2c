"""What the leader's pages filter and look up."""

from uuid import UUID

from django.db.models import Q, QuerySet

from groupbuy.models import Campaign, Community, Order, ShareCode, User
from groupbuy.selectors import groups
from groupbuy.selectors.orders import matching
from leaders.models import CommissionEntry

SORTS = {"new": ("-id",), "room": ("room", "receiver_name", "id"), "amount": ("-total_fen", "id")}


def campaigns_of(user: User) -> QuerySet[Campaign]:
    """Return the campaigns in which ``user`` looks after a group, newest first."""
    served = groups.served_by(user).values("campaign_id")
    return Campaign.objects.filter(pk__in=served).order_by("-cutoff_at", "-id")


def orders_found(
    orders: QuerySet[Order],
    *,
    q: str = "",
    state: str = "",
    campaign: Campaign | None = None,
    group: UUID | None = None,
    sort: str = "new",
) -> QuerySet[Order]:
    """Narrow a leader's orders. ``q`` is in the number, the receiver's name or the room; ``sort`` is a key of SORTS."""
    if q:
        orders = matching(orders, q)
    if state:
        orders = orders.filter(state=state)
    if campaign:
        orders = orders.filter(campaign=campaign)
    if group:
        orders = orders.filter(group__public_id=group)
    return orders.order_by(*SORTS.get(sort, SORTS["new"]))


def entries_of(
    entries: QuerySet[CommissionEntry], *, day: object = None, campaign: Campaign | None = None
) -> QuerySet[CommissionEntry]:
    """Narrow commission entries to a day (where the platform works) on which they were earned, and to a campaign."""
    if day:
        entries = entries.filter(earned_at__date=day)
    if campaign:
        entries = entries.filter(line__campaign=campaign)
    return entries.select_related("line__order__campaign")


def communities_found(q: str, limit: int = 30) -> list[Community]:
    """Return communities whose name, street, district or city holds every word of ``q``."""
    words = Q()
    for word in q.split():
        words &= (
            Q(name__icontains=word) | Q(street__icontains=word) | Q(district__icontains=word) | Q(city__icontains=word)
        )
    return list(Community.objects.filter(words).order_by("city", "district", "name")[:limit])


def share_codes_of(user: User) -> dict[int, ShareCode]:
    """Return a leader's share codes by point."""
    return {share.point_id: share for share in ShareCode.objects.filter(leader=user)}
