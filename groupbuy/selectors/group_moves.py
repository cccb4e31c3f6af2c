"""What moving a group will carry along, and where it may go."""

from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from groupbuy.domain.states import LIVE, CampaignState
from groupbuy.domain.words import PointRole
from groupbuy.kernel.db import rows
from groupbuy.models import Group, Order, PickupPoint, PointStaff
from groupbuy.selectors.points import by_distance

NEAREST = 50
RUNNING = (CampaignState.OPEN, CampaignState.CLOSING, CampaignState.FROZEN)


@dataclass(frozen=True)
class Load:
    """``orders`` that live, paid or not; ``people`` who collect them; their ``pieces``; ``fen`` paid and not given back."""

    orders: int
    people: int
    pieces: int
    fen: int


NO_LOAD = Load(orders=0, people=0, pieces=0, fen=0)


def load_of(*group_ids: int) -> Load:
    """Count what groups would carry along; a person is counted once."""
    (found,) = rows(
        """
        SELECT count(DISTINCT o.id) AS orders, count(DISTINCT o.shopper_id) AS people,
               coalesce(sum(line.quantity - line.short - line.refunded), 0)::bigint AS pieces,
               coalesce(sum(line.net_fen - line.refunded_fen) FILTER (WHERE o.state <> 'placed'), 0)::bigint AS fen
        FROM groupbuy_order o JOIN groupbuy_orderline line ON line.order_id = o.id
        WHERE o.group_id = ANY(%s) AND o.state IN ('placed', 'paid', 'accepted')
        """,
        [list(group_ids)],
    )
    return Load(**found)


def movable_of(leader_id: int) -> QuerySet[Group]:
    """Return the groups of a leader that can be moved, those whose cutoff comes first at the front."""
    groups = _movable(Group.objects.filter(leader=leader_id))
    return groups.select_related("campaign", "point", "leader").order_by("campaign__cutoff_at", "pk")


def left_alone(groups: QuerySet[Group]) -> QuerySet[Group]:
    """Keep the groups that can be moved and whose leader has lost his post at their point."""
    post = PointStaff.objects.filter(point=OuterRef("point"), user=OuterRef("leader"), active=True)
    return _movable(groups).filter(~Exists(post))


def _movable(groups: QuerySet[Group]) -> QuerySet[Group]:
    """Keep what has live orders or is in an open campaign, and is in no wave."""
    waits = groups.filter(moved_to=None, campaign__taken_at=None, campaign__state__in=RUNNING)
    live = Order.objects.filter(group=OuterRef("pk"), state__in=LIVE)
    return waits.filter(Q(campaign__state=CampaignState.OPEN) | Exists(live))


def posts_for(group: Group) -> QuerySet[PointStaff]:
    """Return the posts of leaders who could take the group over: at active points of its campaign's warehouse."""
    posts = PointStaff.objects.filter(
        active=True, role=PointRole.LEADER, point__active=True, point__warehouse=group.campaign.warehouse_id
    )
    return posts.exclude(point=group.point_id, user=group.leader_id).select_related("point", "user")


def posts_nearby(group: Group) -> list[tuple[PointStaff, int | None]]:
    """
    Return the fifty nearest of ``posts_for`` with their distance in metres, those at the group's own point first.

    Where the point's position is unknown, in the order of points' codes and without distances.
    """
    here, posts = group.point, posts_for(group)
    if here.lng is None or here.lat is None:
        return [(post, None) for post in posts.order_by("point__code", "pk")[:NEAREST]]
    points = PickupPoint.objects.filter(Exists(posts.filter(point=OuterRef("pk"))))
    near = by_distance(points, lng=here.lng, lat=here.lat).order_by(F("distance_m"), "code")[:NEAREST]
    metres: dict[int, int] = dict(near.values_list("pk", "distance_m"))  # type: ignore[misc]  # annotated
    located = list(posts.filter(point__in=list(metres)))
    located.sort(key=lambda post: (metres[post.point_id], post.point.code, post.pk))
    unplaced = posts.filter(Q(point__lng=None) | Q(point__lat=None)).order_by("point__code", "pk")[:NEAREST]
    return [(post, metres.get(post.point_id)) for post in [*located, *unplaced][:NEAREST]]
