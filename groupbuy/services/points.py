"""Who works at a pickup point, and the share code by which neighbours find it."""

import datetime as dt

from django.db import transaction

from groupbuy.domain.words import PointRole
from groupbuy.models import Category, PickupPoint, PointStaff, ServiceRate, ShareCode, User
from groupbuy.services import journal


@transaction.atomic
def post_grant(
    *, point: PickupPoint, user: User, role: PointRole, now: dt.datetime, actor_id: int | None = None
) -> ShareCode | None:
    """Let a person work at a point. A leader also gets the share code of that point, made once."""
    PointStaff.objects.update_or_create(point=point, user=user, defaults={"role": role, "active": True})
    journal.audit(
        action="post_grant",
        subject_kind="point",
        subject_id=point.pk,
        now=now,
        actor_id=actor_id,
        user=user.pk,
        role=role,
    )
    if role != PointRole.LEADER:
        return None
    return ShareCode.objects.get_or_create(point=point, leader=user)[0]


@transaction.atomic
def posts_suspend(*, user: User, now: dt.datetime, actor_id: int | None = None, reason: str = "") -> None:
    """Take all posts of a person; his rights end with the commit."""
    PointStaff.objects.filter(user=user, active=True).update(active=False)
    journal.audit(
        action="posts_suspend", subject_kind="user", subject_id=user.pk, now=now, actor_id=actor_id, reason=reason
    )


@transaction.atomic
def posts_resume(*, user: User, now: dt.datetime, actor_id: int | None = None) -> None:
    PointStaff.objects.filter(user=user, active=False).update(active=True)
    journal.audit(action="posts_resume", subject_kind="user", subject_id=user.pk, now=now, actor_id=actor_id)


def rate_publish(*, leader: User, rate_bp: int, category: Category | None = None) -> None:
    """Publish a leader's resolved commission rate (0 to 10,000 bp) for ordering to copy."""
    ServiceRate.objects.update_or_create(leader=leader, category=category, defaults={"rate_bp": rate_bp})
