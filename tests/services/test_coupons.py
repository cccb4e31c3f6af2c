"""Coupons are claimed within their number, their time and a shopper's share; promotions within what can be compared."""

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from groupbuy.domain.promotions import MAX_PROMOTIONS
from groupbuy.kernel import clock
from groupbuy.kernel.errors import DomainError, Invalid, Missing
from groupbuy.models import AuditEvent, CouponKind, Promotion
from groupbuy.services import coupons
from groupbuy.services.campaigns import OfferWanted
from groupbuy.services.coupons import (
    CouponLimitReached,
    CouponNotClaimable,
    CouponsGone,
    TooManyCoupons,
    coupon_claim,
    coupon_kind_stop,
)
from groupbuy.services.promotions import TooManyPromotions, promotion_stop
from tests.books import assert_books
from tests.clocks import stop_clock
from tests.promotions import claimed, coupon_kind, pieces_at_rate, spend_and_save
from tests.world import open_campaign, person, world

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
TICK = dt.timedelta(microseconds=1)


def refused(kind: CouponKind, *people: Any) -> type[DomainError] | None:
    try:
        for each in people:
            claimed(kind, each)
    except DomainError as error:
        return type(error)
    return None


def test_a_coupon_is_valid_for_its_days_from_the_claim_on_or_until_its_end() -> None:
    shopper = person(name="林小满", phone="13800000001")
    end = clock.now() + 48 * HOUR

    by_days = claimed(coupon_kind(100, use_days=7), shopper)
    by_end = claimed(coupon_kind(100, use_days=None, use_ends_at=end), shopper)

    assert by_days.ends_at - by_days.claimed_at == dt.timedelta(days=7)
    assert by_end.ends_at == end
    assert_books()


def test_no_more_are_claimed_than_there_are_and_than_one_may() -> None:
    one, two = person(name="林小满", phone="13800000001"), person(name="赵邻居", phone="13800000002")

    assert refused(coupon_kind(100, total=1), one, two) is CouponsGone
    assert refused(coupon_kind(100, per_shopper=2), one, one, one) is CouponLimitReached
    assert list(CouponKind.objects.order_by("pk").values_list("claimed", flat=True)) == [1, 2]
    assert_books()


def test_a_refused_claim_is_not_counted() -> None:
    shopper = person(name="林小满", phone="13800000001")
    kind = coupon_kind(100)

    assert refused(kind, shopper, shopper) is CouponLimitReached

    kind.refresh_from_db()
    assert kind.claimed == 1


def test_claims_begin_and_end_to_the_instant_and_when_they_are_stopped() -> None:
    people = [person(name=f"顾客{i}", phone=f"1390000000{i}") for i in range(4)]
    now = clock.now()
    kind = coupon_kind(100, claim_starts_at=now + HOUR, claim_ends_at=now + 2 * HOUR)

    def at(instant: dt.datetime, shopper: Any) -> type[DomainError] | None:
        stop_clock(at=instant)
        return refused(kind, shopper)

    assert at(now + HOUR - TICK, people[0]) is CouponNotClaimable
    assert at(now + HOUR, people[0]) is None
    assert at(now + 2 * HOUR - TICK, people[1]) is None
    assert at(now + 2 * HOUR, people[2]) is CouponNotClaimable
    stop_clock(at=now + HOUR)
    coupon_kind_stop(kind_id=kind.pk, actor_id=None)
    coupon_kind_stop(kind_id=kind.pk, actor_id=None)
    assert refused(kind, people[3]) is CouponNotClaimable
    assert list(AuditEvent.objects.filter(action="coupon_kind_stop").values_list("subject_id", flat=True)) == [kind.pk]


def test_a_group_only_coupon_is_there_only_for_those_who_come_through_its_link() -> None:
    w = world()
    kind = coupon_kind(100, group=w.group)

    for group_id in (None, w.other_group.public_id, uuid4()):
        with pytest.raises(Missing):
            coupon_claim(shopper=w.shopper, kind_id=kind.public_id, group_id=group_id)
    with pytest.raises(Missing):
        coupon_claim(shopper=w.shopper, kind_id=uuid4())

    assert claimed(kind, w.shopper, w.group).kind == kind


def test_nobody_holds_more_unused_coupons_than_are_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coupons, "MOST_HELD", 2)
    shopper = person(name="林小满", phone="13800000001")

    assert refused(coupon_kind(100, per_shopper=9), shopper, shopper, shopper) is TooManyCoupons


@pytest.mark.parametrize(
    "wrong",
    [
        {"use_days": None},
        {"use_days": 3651},
        {"use_ends_at": dt.datetime.max.replace(tzinfo=dt.UTC)},
        {"claim_ends_at": dt.datetime.min.replace(tzinfo=dt.UTC)},
    ],
)
def test_a_kind_needs_one_end_and_times_in_their_order(wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        coupon_kind(100, **wrong)

    assert not CouponKind.objects.exists()


def test_promotions_that_make_no_sense_are_refused() -> None:
    w = world()
    elsewhere = open_campaign(
        warehouse=w.warehouse, points=[w.far], offers=[OfferWanted(sku=w.eggs.sku, price_fen=1500)], title="明日团"
    )

    makers: list[Callable[[], Promotion]] = [
        lambda: spend_and_save(100, 101),
        lambda: spend_and_save(0, 0),
        lambda: pieces_at_rate(0, 8000),
        lambda: pieces_at_rate(2, 10_000),
        lambda: spend_and_save(100, 10, offers=[w.tomato]),
        lambda: spend_and_save(100, 10, campaign=elsewhere, offers=[w.tomato]),
        lambda: spend_and_save(100, 10, campaign=w.campaign, offers=[w.tomato], category=w.tomato.sku.category),
        lambda: spend_and_save(100, 10, ends_at=clock.now() - 2 * HOUR),
    ]
    for make in makers:
        with pytest.raises(Invalid):
            make()
    assert not Promotion.objects.exists()


def test_a_campaign_has_at_most_so_many_promotions_those_of_the_platform_counted() -> None:
    w = world()
    for _ in range(MAX_PROMOTIONS - 2):
        spend_and_save(100, 10, campaign=w.campaign)
    spend_and_save(100, 10, ends_at=clock.now() + TICK)  # over by the time the next is made
    common = spend_and_save(100, 10)
    last = spend_and_save(100, 10, campaign=w.campaign)

    for campaign in (w.campaign, None):
        with pytest.raises(TooManyPromotions):
            spend_and_save(100, 10, campaign=campaign)
    promotion_stop(promotion_id=last.pk, actor_id=None)
    promotion_stop(promotion_id=last.pk, actor_id=None)
    assert spend_and_save(100, 10).pk > common.pk
    assert AuditEvent.objects.filter(action="promotion_stop").count() == 1
