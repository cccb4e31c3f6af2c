"""Discounts of orders: quoted and placed alike, kept with the lines, given back with what they belong to."""

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fulfillment.models import Pickup
from groupbuy.domain.promotions import Hint, Source, Why
from groupbuy.domain.words import MinimumKind, RefundReason
from groupbuy.kernel import clock
from groupbuy.models import Campaign, Coupon, LineDiscount, NewcomerUse, Order, Refund
from groupbuy.services.campaign_changes import campaign_cancel, offer_withdraw
from groupbuy.services.campaigns import OfferWanted
from groupbuy.services.discounts import NO_COUPON, CouponUnusable
from groupbuy.services.order_amend import order_amend
from groupbuy.services.order_expiry import order_expire
from groupbuy.services.order_quote import QuotedDiscount, UnusedCoupon, order_quote
from groupbuy.services.order_terms import LineWanted, PriceChanged
from groupbuy.services.orders import order_cancel, order_place
from groupbuy.services.promotions import promotion_stop
from groupbuy.services.refunds import refund_request
from leaders.models import CommissionEntry
from leaders.tasks import settle_commissions
from tests.books import assert_books
from tests.clocks import stop_clock
from tests.promotions import claimed, coupon_kind, newcomer_price, pieces_at_rate, spend_and_save
from tests.services.steps import deliver, hand_out
from tests.world import World, close_and_freeze, open_campaign, pay, world

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


def lines(w: World, **quantities: int) -> list[LineWanted]:
    return [LineWanted(offer_id=getattr(w, name).public_id, quantity=pieces) for name, pieces in quantities.items()]


def order(w: World, wanted: list[LineWanted], **more: Any) -> Order:
    terms: dict[str, Any] = {"shopper": w.shopper, "group_id": w.group.public_id} | more
    return order_place(lines=wanted, **terms)


def money(order: Order) -> list[tuple[str, int, int]]:
    """Name, discount and net of each line, in order of their offers."""
    return [(line.name, line.discount_fen, line.net_fen) for line in order.lines.order_by("offer_id")]


def kept(order: Order) -> list[tuple[str, str, int]]:
    parts = LineDiscount.objects.filter(line__order=order).order_by("pk")
    return list(parts.values_list("line__name", "source", "off_fen"))


# --- placing ---------------------------------------------------------------------------------------------


def test_promotion_newcomer_price_and_coupon_are_taken_off_and_kept_with_the_lines() -> None:
    w = world()
    newcomer_price(w.tomato, 99)
    spend_and_save(2000, 300)
    coupon = claimed(coupon_kind(150, 1000), w.shopper)

    placed = order(w, lines(w, tomato=2, eggs=1))  # 798 + 1590 = 2388, less 300 = 2088, less 300 = 1788, less 150

    assert (placed.items_fen, placed.discount_fen, placed.total_fen) == (2388, 750, 1638)
    # 498 : 1590 share 300 as 71.55 : 228.45, then 426 : 1362 share 150 as 35.74 : 114.26
    assert money(placed) == [("番茄", 408, 390), ("鲜鸡蛋", 342, 1248)]
    assert kept(placed) == [
        ("番茄", "newcomer", 300),
        ("番茄", "promotion", 72),
        ("鲜鸡蛋", "promotion", 228),
        ("番茄", "coupon", 36),
        ("鲜鸡蛋", "coupon", 114),
    ]
    coupon.refresh_from_db()
    assert coupon.order_id == placed.pk
    assert NewcomerUse.objects.get().order_id == placed.pk
    pay(order=placed)
    assert_books()


def test_an_order_with_all_discounts_takes_one_statement_more_and_one_without_takes_none() -> None:
    w = world()

    def statements(**quantities: int) -> int:
        with CaptureQueriesContext(connection) as seen:
            order(w, lines(w, **quantities))
        return len([query for query in seen if "SAVEPOINT" not in query["sql"]])

    plain = statements(tomato=1)
    spend_and_save(300, 100)
    claimed(coupon_kind(50), w.shopper)

    assert (plain, statements(tomato=1)) == (5, 6)


def test_an_order_that_costs_nothing_by_its_coupon_is_paid_by_being_placed() -> None:
    w = world()
    claimed(coupon_kind(500), w.shopper)

    placed = order(w, lines(w, tomato=1))

    assert (placed.total_fen, placed.state) == (0, "paid")
    close_and_freeze(campaign=w.campaign)
    assert_books()


def test_what_the_shopper_saw_is_compared_with_the_price_after_discounts() -> None:
    w = world()
    promotion = spend_and_save(300, 100)
    assert order(w, lines(w, tomato=1), expected_fen=299).total_fen == 299
    promotion_stop(promotion_id=promotion.pk, actor_id=None)

    with pytest.raises(PriceChanged) as refused:
        order(w, lines(w, tomato=1), expected_fen=299)

    assert refused.value.facts == {"total_fen": 399}


def test_a_promotion_is_in_force_from_its_first_instant_until_its_last() -> None:
    w = world()
    now = clock.now()
    spend_and_save(1, 1, starts_at=now + HOUR, ends_at=now + 2 * HOUR)
    tick = dt.timedelta(microseconds=1)

    def discount(at: dt.datetime) -> int:
        stop_clock(at=at)
        return order_quote(shopper=w.shopper, group_id=w.group.public_id, lines=lines(w, tomato=1)).discount_fen

    instants = [now + HOUR - tick, now + HOUR, now + 2 * HOUR - tick, now + 2 * HOUR]
    assert [discount(at) for at in instants] == [0, 1, 1, 0]


def test_scopes_are_the_campaign_the_category_and_the_chosen_offers() -> None:
    w = world()
    elsewhere = open_campaign(
        warehouse=w.warehouse, points=[w.far], offers=[OfferWanted(sku=w.eggs.sku, price_fen=1500)], title="明日团"
    )
    spend_and_save(100, 90, campaign=elsewhere)
    pieces_at_rate(2, 5000, campaign=w.campaign, offers=[w.tomato])
    spend_and_save(1500, 7, category=w.eggs.sku.category)

    assert money(order(w, lines(w, tomato=2, eggs=1))) == [("番茄", 399, 399), ("鲜鸡蛋", 0, 1590)]
    assert money(order(w, lines(w, eggs=1))) == [("鲜鸡蛋", 7, 1583)]


# --- coupons ---------------------------------------------------------------------------------------------


def test_the_best_coupon_is_used_unless_another_or_none_is_named() -> None:
    w = world()
    small, great = claimed(coupon_kind(50), w.shopper), claimed(coupon_kind(90), w.shopper)

    assert order(w, lines(w, tomato=1), coupon=NO_COUPON).discount_fen == 0
    assert order(w, lines(w, tomato=1), coupon=small.public_id).discount_fen == 50
    assert order(w, lines(w, tomato=1)).discount_fen == 90
    assert set(Coupon.objects.exclude(order=None)) == {small, great}
    assert order(w, lines(w, tomato=1)).discount_fen == 0


def test_a_named_coupon_that_does_not_fit_says_why_and_nothing_is_ordered() -> None:
    w = world()
    dear = claimed(coupon_kind(50, 1000), w.shopper)
    theirs = claimed(coupon_kind(50), w.neighbour)
    group_only = claimed(coupon_kind(50, group=w.other_group), w.shopper, w.other_group)

    def refusal(coupon: Any) -> Any:
        with pytest.raises(CouponUnusable) as refused:
            order(w, lines(w, tomato=1), coupon=coupon)
        return refused.value.facts

    assert refusal(dear.public_id) == {"why": Why.THRESHOLD, "missing_fen": 601}
    assert refusal(theirs.public_id) == {"why": "gone"}
    assert refusal(group_only.public_id) == {"why": Why.ELSEWHERE}
    assert refusal(uuid4()) == {"why": "gone"}
    assert not Order.objects.exists()


def test_a_group_only_coupon_is_used_in_its_group_alone() -> None:
    w = world()
    claimed(coupon_kind(50, group=w.group), w.shopper, w.group)

    assert order(w, lines(w, tomato=1), group_id=w.other_group.public_id).discount_fen == 0
    assert order(w, lines(w, tomato=1)).discount_fen == 50


def test_a_coupon_is_worth_nothing_from_its_end_on() -> None:
    w = world()
    coupon = claimed(coupon_kind(50, use_days=None, use_ends_at=clock.now() + HOUR), w.shopper)

    stop_clock(at=coupon.ends_at)
    assert order(w, lines(w, tomato=1)).discount_fen == 0
    stop_clock(at=coupon.ends_at - dt.timedelta(microseconds=1))
    assert order(w, lines(w, tomato=1)).discount_fen == 50


# --- the quote -------------------------------------------------------------------------------------------


def test_a_quote_explains_line_by_line_what_is_taken_off_and_what_is_near() -> None:
    w = world()
    near = spend_and_save(3000, 500)
    spend_and_save(2000, 200, with_coupon=False)
    coupon = claimed(coupon_kind(100), w.shopper)

    quote = order_quote(shopper=w.shopper, group_id=w.group.public_id, lines=lines(w, tomato=2, eggs=1))

    assert (quote.items_fen, quote.discount_fen, quote.total_fen) == (2388, 200, 2188)
    shares = {w.tomato.public_id: 67, w.eggs.public_id: 133}
    assert quote.discounts == (QuotedDiscount(Source.PROMOTION, None, "满 2000 减 200", 200, shares),)
    assert quote.hints == (Hint(near.pk, "满 3000 减 500", 612, 0, 500, 10_000),)
    assert quote.unused == (UnusedCoupon(coupon.public_id, "100 分券", Why.NOT_STACKABLE, 0),)
    assert [line.discount_fen for line in quote.lines] == [67, 133]


@pytest.mark.parametrize("wanted", [{"tomato": 3}, {"eggs": 2}, {"tomato": 2, "eggs": 1}, {"dumplings": 4}])
def test_quote_and_order_agree_with_discounts(wanted: dict[str, int]) -> None:
    w = world()
    newcomer_price(w.tomato, 1, pieces=2)
    spend_and_save(1000, 33, repeats=True, cap_fen=99)
    pieces_at_rate(3, 8800)
    claimed(coupon_kind(120, 1100), w.shopper)
    asked: dict[str, Any] = {"shopper": w.shopper, "group_id": w.group.public_id, "lines": lines(w, **wanted)}

    quote = order_quote(**asked)
    placed = order_place(**asked)

    assert (quote.discount_fen, quote.total_fen) == (placed.discount_fen, placed.total_fen)
    assert [line.net_fen for line in quote.lines] == [line.net_fen for line in placed.lines.order_by("offer_id")]
    assert quote.discount_fen > 0


# --- newcomers -------------------------------------------------------------------------------------------


def test_only_the_first_live_order_is_a_newcomers() -> None:
    w = world()
    newcomer_price(w.tomato, 99)

    first, second = order(w, lines(w, tomato=2)), order(w, lines(w, tomato=2))
    assert (first.discount_fen, second.discount_fen) == (300, 0)
    order_cancel(order=first, actor=w.shopper)
    assert order(w, lines(w, tomato=2)).discount_fen == 0
    order_cancel(order=second, actor=w.shopper)

    third = Order.objects.latest("pk")
    order_cancel(order=third, actor=w.shopper)
    assert order(w, lines(w, tomato=2)).discount_fen == 300


def test_somebody_who_bought_without_a_newcomer_price_is_no_newcomer() -> None:
    w = world()
    order(w, lines(w, eggs=1))
    newcomer_price(w.tomato, 99)

    assert order(w, lines(w, tomato=1)).discount_fen == 0


# --- going back ------------------------------------------------------------------------------------------


def with_coupon(w: World) -> tuple[Order, Coupon]:
    """An order of 3 tomatoes with a newcomer price and a coupon, whose total is 1197 - 300 - 100."""
    newcomer_price(w.tomato, 99)
    coupon = claimed(coupon_kind(100), w.shopper)
    return order(w, lines(w, tomato=3)), coupon


def free(coupon: Coupon) -> bool:
    coupon.refresh_from_db()
    return coupon.order_id is None and not NewcomerUse.objects.exists()


def expire(w: World, order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(pay_by=clock.now())
    order_expire(order_id=order.pk)


def fail_group(w: World, order: Order) -> None:
    Campaign.objects.filter(pk=w.campaign.pk).update(minimum_kind=MinimumKind.ORDERS, minimum_value=9)
    pay(order=order)
    close_and_freeze(campaign=w.campaign)


def fail_offer(w: World, order: Order) -> None:
    w.campaign.offers.filter(pk=w.tomato.pk).update(minimum_total=9)
    pay(order=order)
    close_and_freeze(campaign=w.campaign)


def withdraw(w: World, order: Order) -> None:
    pay(order=order)
    offer_withdraw(offer_id=w.tomato.pk, reason="坏了", actor_id=None)


def cancel_paid(w: World, order: Order) -> None:
    pay(order=order)
    order_cancel(order=order, actor=w.shopper)


def amend_to_nothing(w: World, order: Order) -> None:
    pay(order=order)
    order_amend(order=order, keep={order.lines.get().public_id: 0}, actor=w.shopper)


@pytest.mark.parametrize(
    "end",
    [
        lambda w, order: order_cancel(order=order, actor=w.shopper),
        expire,
        cancel_paid,
        amend_to_nothing,
        lambda w, _: close_and_freeze(campaign=w.campaign),
        fail_group,
        fail_offer,
        withdraw,
        lambda w, _: campaign_cancel(campaign_id=w.campaign.pk, reason="停电", actor_id=w.staff.pk),
    ],
    ids=["cancelled", "expired", "cancelled-paid", "amended", "cutoff", "group", "offer", "withdrawn", "campaign"],
)
def test_an_order_that_ends_wholly_gives_coupon_and_newcomer_price_back(end: Any) -> None:
    w = world()
    placed, coupon = with_coupon(w)
    assert not free(coupon)
    ends_at = coupon.ends_at

    end(w, placed)

    assert free(coupon)
    assert coupon.ends_at == ends_at
    assert len(kept(placed)) == 2  # what was taken off stays told
    assert_books()


def test_pieces_that_are_refunded_return_their_net_share_and_keep_the_coupon_used() -> None:
    w = world()
    placed, coupon = with_coupon(w)
    pay(order=placed)
    close_and_freeze(campaign=w.campaign)
    line = placed.lines.get()

    for _ in range(3):
        refund_request(order_id=placed.pk, pieces={line.pk: 1}, reason=RefundReason.SHORTAGE, actor_id=None)

    assert placed.total_fen == 797
    assert list(Refund.objects.order_by("pk").values_list("amount_fen", flat=True)) == [265, 266, 266]
    assert not free(coupon)
    assert_books()


def test_a_group_minimum_in_money_counts_what_was_paid() -> None:
    w = world()
    Campaign.objects.filter(pk=w.campaign.pk).update(minimum_kind=MinimumKind.AMOUNT, minimum_value=798)
    placed, coupon = with_coupon(w)  # costs 797
    pay(order=placed)

    close_and_freeze(campaign=w.campaign)

    placed.refresh_from_db()
    assert placed.state == "refunded"
    assert Refund.objects.get().amount_fen == 797
    assert free(coupon)
    assert_books()


def test_a_leaders_commission_is_of_what_was_paid_after_discounts() -> None:
    w = world()
    placed, _coupon = with_coupon(w)  # 3 tomatoes for 797
    pay(order=placed)
    deliver(w)
    pickup = Pickup.objects.get(shopper=w.shopper)

    hand_out(pickup, actor=w.leader, pieces={"TOMATO": 2})
    settle_commissions()
    refund_request(order_id=placed.pk, pieces={placed.lines.get().pk: 1}, reason=RefundReason.OPERATOR, actor_id=None)
    settle_commissions()

    entries = CommissionEntry.objects.order_by("pk")
    assert sum(entry.base_fen for entry in entries) == 532  # 797 less 265 for the refunded piece
    assert sum(entry.amount_fen for entry in entries) == 53  # 10 %
    assert_books()
