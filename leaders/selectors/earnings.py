"""A leader's earnings, down to the line they came from."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from groupbuy.kernel import clock
from groupbuy.models import User
from leaders.models import CommissionEntry


@dataclass(frozen=True)
class Earnings:
    """Fen. ``pending`` waits for the after-sales window, ``available`` can be withdrawn, ``today`` was earned today."""

    pending_fen: int
    available_fen: int
    total_fen: int
    today_fen: int


def entries(leader: User) -> QuerySet[CommissionEntry]:
    """Return his commission entries, newest first, with line and order."""
    return CommissionEntry.objects.filter(leader=leader).select_related("line__order").order_by("-pk")


def totals(*, leader: User, now: dt.datetime) -> Earnings:
    midnight = clock.at_local(clock.local_date(now), dt.time())
    found = CommissionEntry.objects.filter(leader=leader).aggregate(
        pending=Coalesce(Sum("amount_fen", filter=Q(available_at__gt=now)), 0),
        total=Coalesce(Sum("amount_fen"), 0),
        today=Coalesce(Sum("amount_fen", filter=Q(earned_at__gte=midnight)), 0),
    )
    return Earnings(
        pending_fen=found["pending"],
        available_fen=found["total"] - found["pending"],
        total_fen=found["total"],
        today_fen=found["today"],
    )
