"""Coupons and newcomer prices: each is used once, however a shopper's orders and claims meet."""

from functools import partial

import pytest

from groupbuy.models import Coupon, CouponKind, NewcomerUse, Order
from groupbuy.services import coupons, discounts, orders, refunds
from groupbuy.services.coupons import CouponLimitReached, CouponsGone
from groupbuy.services.discounts import DiscountGone
from groupbuy.services.orders import order_cancel
from tests.books import assert_books, broken_books
from tests.concurrency.races import at_once, before, count
from tests.promotions import claimed, coupon_kind, newcomer_price
from tests.world import World, person, place, world

pytestmark = pytest.mark.django_db(transaction=True)

# The twins: the coupon is taken without asking whether it is held, the newcomer's right without looking who has it.
CARELESS_COUPON = discounts._TAKE_AND_WRITE.replace(" AND order_id IS NULL", "")
CARELESS_NEWCOMER = discounts._TAKE_AND_WRITE.replace("DO NOTHING", "DO UPDATE SET order_id = EXCLUDED.order_id")
LOOK_THEN_COUNT = coupons._CLAIM.replace(
    "kind.claimed < kind.total",
    "(SELECT looked.claimed < looked.total FROM groupbuy_couponkind looked WHERE looked.id = kind.id)",
)


def buy(w: World) -> Order:
    return place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})


def test_two_orders_at_once_cannot_use_one_coupon(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    coupon = claimed(coupon_kind(100), w.shopper)
    seam = before(monkeypatch, orders, "_take", lambda: buy(w))

    first = buy(w)

    assert isinstance(seam.join(), DiscountGone)
    assert seam.blocked
    assert Coupon.objects.get() == coupon
    assert Coupon.objects.get().order_id == first.pk
    assert Order.objects.count() == 1
    assert_books()


def test_twin_taking_a_coupon_unasked_lets_two_orders_use_it(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    claimed(coupon_kind(100), w.shopper)
    monkeypatch.setattr(discounts, "_TAKE_AND_WRITE", CARELESS_COUPON)
    seam = before(monkeypatch, orders, "_take", lambda: buy(w))

    buy(w)

    assert isinstance(seam.join(), Order)
    assert Order.objects.filter(discount_fen=100).count() == 2
    assert broken_books() == ["I18-coupon"]


def test_of_two_first_orders_at_once_one_is_a_newcomers(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    newcomer_price(w.tomato, 99)
    seam = before(monkeypatch, orders, "_take", lambda: buy(w))

    first = buy(w)

    assert isinstance(seam.join(), DiscountGone)
    assert seam.blocked
    assert NewcomerUse.objects.get().order_id == first.pk
    assert Order.objects.count() == 1
    assert_books()


def test_twin_not_looking_who_has_it_makes_both_a_newcomers(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    newcomer_price(w.tomato, 99)
    monkeypatch.setattr(discounts, "_TAKE_AND_WRITE", CARELESS_NEWCOMER)
    seam = before(monkeypatch, orders, "_take", lambda: buy(w))

    buy(w)

    assert isinstance(seam.join(), Order)
    assert Order.objects.filter(discount_fen=300).count() == 2
    assert broken_books() == ["I18-newcomer"]


def test_a_coupon_on_its_way_back_is_not_used_before_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    claimed(coupon_kind(100), w.shopper)
    old = buy(w)
    seam = before(monkeypatch, refunds, "ask_about_pending", lambda: buy(w))

    order_cancel(order=old, actor=w.shopper)

    new = seam.join()
    assert isinstance(new, Order)
    assert new.discount_fen == 0
    assert buy(w).discount_fen == 100
    assert_books()


def test_eight_claims_of_five_coupons_give_exactly_five() -> None:
    kind = coupon_kind(100, total=5)
    people = [person(name=f"顾客{i}", phone=f"139000000{i:02d}") for i in range(8)]

    outcomes = at_once([partial(claimed, kind, each) for each in people])

    assert (count(outcomes, Coupon), count(outcomes, CouponsGone)) == (5, 3)
    assert CouponKind.objects.get().claimed == 5
    assert_books()


def test_one_shopper_claiming_twice_at_once_gets_what_one_may(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = coupon_kind(100)
    shopper = person(name="林小满", phone="13800000001")
    seam = before(monkeypatch, Coupon.objects, "create", lambda: claimed(kind, shopper))

    claimed(kind, shopper)

    assert isinstance(seam.join(), CouponLimitReached)
    assert seam.blocked
    assert Coupon.objects.count() == CouponKind.objects.get().claimed == 1
    assert_books()


def test_twin_looking_first_and_counting_then_claims_more_than_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = coupon_kind(100, total=1)
    mine, yours = person(name="林小满", phone="13800000001"), person(name="赵邻居", phone="13800000002")
    monkeypatch.setattr(coupons, "_CLAIM", LOOK_THEN_COUNT)
    seam = before(monkeypatch, Coupon.objects, "create", lambda: claimed(kind, yours))

    claimed(kind, mine)

    # The look was not repeated after the wait; only the table itself still refused.
    assert "couponkind_not_overclaimed" in str(seam.join())
    assert seam.blocked
