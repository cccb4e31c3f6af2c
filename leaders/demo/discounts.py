"""What there is to save in the campaigns that stay open: a 满减 for everybody, a coupon in the groups one can try."""

import datetime as dt

from groupbuy.domain.promotions import PromotionKind
from groupbuy.kernel import clock
from groupbuy.models import Campaign
from groupbuy.services.coupons import coupon_kind_create
from groupbuy.services.promotions import promotion_create
from leaders.demo.logins import LEADERS

SPEND_FEN, OFF_FEN = 3_900, 500
FACE_FEN, THRESHOLD_FEN = 300, 2_000


def add_discounts(campaign: Campaign) -> None:
    """Give an open campaign its promotion, and the groups of the leaders to try a group-only coupon each."""
    now = clock.now()
    promotion_create(
        name="满 39 减 5",
        kind=PromotionKind.AMOUNT_OFF,
        campaign=campaign,
        spend_fen=SPEND_FEN,
        off_fen=OFF_FEN,
        starts_at=now,
        ends_at=campaign.cutoff_at,
        actor_id=None,
    )
    for group in campaign.groups.filter(leader__username__in=LEADERS).select_related("leader"):
        coupon_kind_create(
            name=f"{group.leader.display_name}的团专享券",
            face_fen=FACE_FEN,
            threshold_fen=THRESHOLD_FEN,
            total=50,
            group=group,
            claim_starts_at=now,
            claim_ends_at=campaign.cutoff_at,
            use_ends_at=campaign.cutoff_at + dt.timedelta(seconds=campaign.grace_s),
            actor_id=None,
        )
