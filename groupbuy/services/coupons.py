"""Coupons: made by an operator, claimed by shoppers, used by one order each, given back when it ends."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from groupbuy.kernel import clock
from groupbuy.kernel.db import rows, run
from groupbuy.kernel.errors import DomainError, Invalid, Missing
from groupbuy.models import Coupon, CouponKind, Group, User
from groupbuy.services import journal

# What a person holds is looked through with every order.
MOST_HELD = 50
MOST_DAYS = 3650


class CouponsGone(DomainError):
    code = "coupons_gone"
    message = _("券已领完。")


class CouponNotClaimable(DomainError):
    code = "coupon_not_claimable"
    message = _("这张券现在不能领取。")


class CouponLimitReached(DomainError):
    """``most``: how many of the kind one shopper may claim."""

    code = "coupon_limit_reached"
    message = _("已达到每人限领数量。")


class TooManyCoupons(DomainError):
    code = "too_many_coupons"
    message = _("未使用的券太多了，请先使用后再领。")


@transaction.atomic
def coupon_kind_create(
    *,
    name: str,
    face_fen: int,
    total: int,
    claim_starts_at: dt.datetime,
    claim_ends_at: dt.datetime,
    threshold_fen: int = 0,
    per_shopper: int = 1,
    group: Group | None = None,
    use_ends_at: dt.datetime | None = None,
    use_days: int | None = None,
    actor_id: int | None,
) -> CouponKind:
    """
    Offer ``total`` coupons to be claimed.

    :param group: only through this group's link, for its orders; None: by everybody, for any order.
    :raises Invalid: no end of use or two, more than ``MOST_DAYS`` days, or a window that ends before it begins.
    """
    check_times(
        claim_starts_at=claim_starts_at, claim_ends_at=claim_ends_at, use_ends_at=use_ends_at, use_days=use_days
    )
    kind = CouponKind.objects.create(
        name=name,
        face_fen=face_fen,
        threshold_fen=threshold_fen,
        total=total,
        per_shopper=per_shopper,
        group=group,
        claim_starts_at=claim_starts_at,
        claim_ends_at=claim_ends_at,
        use_ends_at=use_ends_at,
        use_days=use_days,
    )
    journal.audit(
        action="coupon_kind_create",
        subject_kind="couponkind",
        subject_id=kind.pk,
        now=clock.now(),
        actor_id=actor_id,
        face_fen=face_fen,
        total=total,
    )
    return kind


def check_times(
    *, claim_starts_at: dt.datetime, claim_ends_at: dt.datetime, use_ends_at: dt.datetime | None, use_days: int | None
) -> None:
    """:raises Invalid: no end of use or two, more than ``MOST_DAYS`` days, or a window that ends before it begins."""
    if (use_ends_at is None) == (use_days is None):
        raise Invalid(_("有效期至与领取后有效天数，须填且只填一个。"), attr="use_days")
    if use_days and use_days > MOST_DAYS:
        raise Invalid(_("领取后有效天数最多 3650 天。"), attr="use_days")
    if claim_ends_at <= claim_starts_at or (use_ends_at and use_ends_at <= claim_starts_at):
        raise Invalid(_("结束时间必须晚于开始时间。"), attr="claim_ends_at")


@transaction.atomic
def coupon_kind_stop(*, kind_id: int, actor_id: int | None) -> None:
    """Let nobody claim any more; what is claimed stays valid. A second call does nothing."""
    now = clock.now()
    if CouponKind.objects.filter(pk=kind_id, stopped_at=None).update(stopped_at=now):
        journal.audit(
            action="coupon_kind_stop", subject_kind="couponkind", subject_id=kind_id, now=now, actor_id=actor_id
        )


# Whoever claims holds the kind's row until his commit: coupons of one kind are counted one after another.
_CLAIM = """
    UPDATE groupbuy_couponkind kind SET claimed = kind.claimed + 1
    WHERE kind.public_id = %(kind)s AND kind.claimed < kind.total AND kind.stopped_at IS NULL
      AND kind.claim_starts_at <= %(now)s AND %(now)s < kind.claim_ends_at
    RETURNING kind.id, kind.per_shopper,
              coalesce(kind.use_ends_at, %(now)s + make_interval(days => kind.use_days)) AS ends_at
"""


@transaction.atomic
def coupon_claim(*, shopper: User, kind_id: UUID, group_id: UUID | None = None) -> Coupon:
    """
    Claim one coupon of a kind; its number is counted by the same conditional UPDATE as stock.

    :param group_id: public id of the group through whose link the shopper came.
    :raises Missing: no such kind, or it is another group's.
    :raises CouponNotClaimable: stopped, or outside its time.
    :raises CouponsGone: all are claimed.
    :raises CouponLimitReached: he has claimed as many as one may.
    :raises TooManyCoupons: he holds more unused ones than are looked through with an order.
    """
    kind = CouponKind.objects.filter(public_id=kind_id).select_related("group").first()
    if kind is None or (kind.group and kind.group.public_id != group_id):
        raise Missing(attr="kind")
    now = clock.now()
    taken = rows(_CLAIM, {"kind": kind_id, "now": now})
    if not taken:
        kind.refresh_from_db()
        raise CouponsGone if kind.claimed >= kind.total else CouponNotClaimable
    (claim,) = taken
    mine = Coupon.objects.filter(shopper=shopper)
    nth = mine.filter(kind=kind).count() + 1
    if nth > claim["per_shopper"]:
        raise CouponLimitReached(most=claim["per_shopper"])
    if mine.filter(order=None, ends_at__gt=now).count() >= MOST_HELD:
        raise TooManyCoupons
    return Coupon.objects.create(kind=kind, shopper=shopper, nth=nth, claimed_at=now, ends_at=claim["ends_at"])


def give_back(order_ids: Sequence[int]) -> None:
    """
    Return the coupons and the newcomer's right that orders used which have ended wholly. One statement.

    A coupon keeps its end: one that has passed meanwhile comes back worthless.
    """
    run(
        """
        WITH again AS (DELETE FROM groupbuy_newcomeruse WHERE order_id = ANY(%(orders)s))
        UPDATE groupbuy_coupon SET order_id = NULL WHERE order_id = ANY(%(orders)s)
        """,
        {"orders": list(order_ids)},
    )
