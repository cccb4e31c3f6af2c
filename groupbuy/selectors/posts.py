"""Who works where: the posts on which every right of leaders, helpers and pickers hangs."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from groupbuy.domain.words import PointRole
from groupbuy.models import PointStaff, User, WarehouseStaff


def points_of(user: User) -> QuerySet[PointStaff]:
    """Return the active posts of ``user`` at pickup points, with the points."""
    return PointStaff.objects.filter(user=user, active=True).select_related("point__community").order_by("point_id")


def point_ids(user: User) -> QuerySet[PointStaff, int]:
    """Return the ids of the points at which ``user`` works now, to filter by."""
    return PointStaff.objects.filter(user=user, active=True).values_list("point_id", flat=True)


def warehouse_ids(user: User) -> QuerySet[WarehouseStaff, int]:
    """Return the ids of the warehouses in which ``user`` works now, to filter by."""
    return WarehouseStaff.objects.filter(user=user, active=True).values_list("warehouse_id", flat=True)


def warehouses_of(user: User) -> QuerySet[WarehouseStaff]:
    """Return the active posts of ``user`` in warehouses, with the warehouses."""
    return WarehouseStaff.objects.filter(user=user, active=True).select_related("warehouse").order_by("warehouse_id")


def may_serve(user: User) -> Q:
    """
    Condition on rows with ``point`` and ``leader`` (orders, groups): may ``user`` look after them?

    A leader looks after his own at his point and a helper after all of the point; never a leader after another
    leader's, even where two share a point. A post that is taken away takes the right with it.
    """
    post = PointStaff.objects.filter(user_id=user.pk, active=True, point=OuterRef("point"))
    helps = Exists(post.filter(role=PointRole.HELPER))
    leads = Exists(post.filter(role=PointRole.LEADER, user=OuterRef("leader")))
    return Q(helps | leads)
