"""Placing an order: in or out by the database's clock, what is copied, what is refused, and that a refusal takes nothing."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from groupbuy.domain.states import OrderState
from groupbuy.domain.words import Zone
from groupbuy.kernel import clock
from groupbuy.kernel.errors import Invalid, Missing
from groupbuy.models import Campaign, Category, Offer, OfferShopper, Order, OrderLine, Payment, Sku
from groupbuy.services.campaigns import OfferWanted, campaign_create
from groupbuy.services.order_terms import CampaignClosed, LeaderAway, LineWanted, PriceChanged, QuantityWrong
from groupbuy.services.orders import LimitReached, OfferSoldOut, Receiver, order_cancel, order_place
from groupbuy.services.points import posts_resume, posts_suspend, rate_publish
from tests.books import assert_books
from tests.clocks import MICROSECOND, SECOND, stop_clock
from tests.world import World, open_campaign, place, place_and_pay, sku, world

pytestmark = pytest.mark.django_db


def sold(offer: Offer) -> int:
    return Offer.objects.values_list("sold", flat=True).get(pk=offer.pk)


def nothing_happened(*offers: Offer) -> bool:
    return not Order.objects.exists() and not OfferShopper.objects.exists() and not any(map(sold, offers))


def test_an_order_a_microsecond_before_the_cutoff_is_in() -> None:
    w = world()
    stop_clock(at=w.campaign.cutoff_at - MICROSECOND)

    order = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})

    assert order.placed_at == w.campaign.cutoff_at - MICROSECOND
    assert_books()


def test_an_order_at_the_instant_of_the_cutoff_is_out() -> None:
    w = world()
    stop_clock(at=w.campaign.cutoff_at)

    with pytest.raises(CampaignClosed):
        place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})

    assert nothing_happened(w.tomato)


def test_an_order_before_the_opening_is_out_and_at_the_opening_is_in() -> None:
    w = world()

    stop_clock(at=w.campaign.opens_at - MICROSECOND)
    with pytest.raises(CampaignClosed):
        place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    assert nothing_happened(w.tomato)

    stop_clock(at=w.campaign.opens_at)
    assert place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1}).state == "placed"


def test_a_campaign_that_is_not_open_takes_no_order() -> None:
    w = world()
    draft = campaign_create(
        title="草稿",
        warehouse=w.warehouse,
        opens_at=w.campaign.opens_at,
        cutoff_at=w.campaign.cutoff_at,
        delivery_date=w.campaign.delivery_date,
        actor=None,
    )
    group = draft.groups.create(point=w.near, leader=w.leader)
    offer = draft.offers.create(sku=w.tomato.sku, price_fen=399, list_price_fen=599, cost_fen=200)

    with pytest.raises(CampaignClosed):
        place(shopper=w.shopper, group=group, quantities={offer: 1})

    assert nothing_happened(offer)


def test_too_much_takes_nothing_of_anything_and_says_what_is_left() -> None:
    w = world()
    place(shopper=w.neighbour, group=w.group, quantities={w.tomato: 7})

    with pytest.raises(OfferSoldOut) as refusal:
        place(shopper=w.shopper, group=w.group, quantities={w.tomato: 4, w.eggs: 1, w.dumplings: 2})

    assert refusal.value.facts == {"left": {str(w.tomato.public_id): 3}}
    assert refusal.value.attr == "lines"
    assert "番茄" in refusal.value.detail
    assert (sold(w.tomato), sold(w.eggs), sold(w.dumplings)) == (7, 0, 0)
    assert not Order.objects.filter(shopper=w.shopper).exists()
    assert not OfferShopper.objects.exists()
    place(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    assert sold(w.tomato) == 10
    assert_books()


def test_lines_with_the_same_offer_are_one_line() -> None:
    w = world()
    lines = [LineWanted(w.tomato.public_id, 2), LineWanted(w.eggs.public_id, 1), LineWanted(w.tomato.public_id, 3)]

    order = order_place(shopper=w.shopper, group_id=w.group.public_id, lines=lines)

    found = order.lines.order_by("offer_id").values_list("sku__code", "quantity", "amount_fen", "net_fen")
    assert list(found) == [("TOMATO", 5, 1995, 1995), ("EGGS", 1, 1590, 1590)]
    assert (order.items_fen, order.discount_fen, order.total_fen) == (3585, 0, 3585)


def test_merged_lines_cannot_pass_the_stock_together() -> None:
    w = world()
    lines = [LineWanted(w.tomato.public_id, 6), LineWanted(w.tomato.public_id, 6)]

    with pytest.raises(OfferSoldOut):
        order_place(shopper=w.shopper, group_id=w.group.public_id, lines=lines)

    assert nothing_happened(w.tomato)


@pytest.mark.parametrize("quantities", [[], [0], [-1], [10_000], [9_999, 1], [3, -3]])
def test_quantities_out_of_range_are_refused(quantities: list[int]) -> None:
    w = world()
    lines = [LineWanted(w.eggs.public_id, quantity) for quantity in quantities]

    with pytest.raises(Invalid):
        order_place(shopper=w.shopper, group_id=w.group.public_id, lines=lines)

    assert nothing_happened(w.eggs)


def test_two_hundred_and_one_different_offers_are_too_many() -> None:
    w = world()

    with pytest.raises(Invalid):
        order_place(shopper=w.shopper, group_id=w.group.public_id, lines=[LineWanted(uuid4(), 1) for _ in range(201)])


@pytest.mark.parametrize(("quantity", "fits"), [(1, False), (2, True), (3, False), (4, True)])
def test_dumplings_sell_from_two_in_steps_of_two(quantity: int, fits: bool) -> None:
    w = world()

    if fits:
        place(shopper=w.shopper, group=w.group, quantities={w.dumplings: quantity})
    else:
        with pytest.raises(QuantityWrong) as refusal:
            place(shopper=w.shopper, group=w.group, quantities={w.dumplings: quantity})
        assert refusal.value.facts == {"offer": w.dumplings.public_id, "minimum": 2, "step": 2}

    assert sold(w.dumplings) == (quantity if fits else 0)


def test_the_limit_of_a_shopper_holds_over_all_of_his_orders() -> None:
    w = world()
    first = place(shopper=w.shopper, group=w.group, quantities={w.eggs: 1})
    place(shopper=w.shopper, group=w.group, quantities={w.eggs: 1})

    with pytest.raises(LimitReached) as refusal:
        place(shopper=w.shopper, group=w.group, quantities={w.eggs: 1, w.tomato: 1})

    assert refusal.value.facts == {"limits": {str(w.eggs.public_id): 2}}
    assert sold(w.tomato) == 0
    place(shopper=w.neighbour, group=w.group, quantities={w.eggs: 2})
    order_cancel(order=first, actor=w.shopper)
    place(shopper=w.shopper, group=w.group, quantities={w.eggs: 1})
    assert sold(w.eggs) == 4
    assert_books()


def test_the_first_order_alone_cannot_pass_the_limit() -> None:
    w = world()

    with pytest.raises(LimitReached):
        place(shopper=w.shopper, group=w.group, quantities={w.eggs: 3})

    assert nothing_happened(w.eggs)


def test_another_total_than_the_shopper_saw_is_refused_with_the_new_one() -> None:
    w = world()
    lines = [LineWanted(w.tomato.public_id, 2)]

    with pytest.raises(PriceChanged) as refusal:
        order_place(shopper=w.shopper, group_id=w.group.public_id, lines=lines, expected_fen=799)

    assert refusal.value.facts == {"total_fen": 798}
    assert nothing_happened(w.tomato)
    assert order_place(shopper=w.shopper, group_id=w.group.public_id, lines=lines, expected_fen=798).total_fen == 798


def test_a_placed_order_keeps_every_term_that_changes_later() -> None:
    w = world()
    order = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 2})
    before = OrderLine.objects.values().get(order=order)

    Offer.objects.filter(pk=w.tomato.pk).update(price_fen=9999, cost_fen=9999, rate_bp=5000)
    Sku.objects.filter(pk=w.tomato.sku_id).update(
        name="别的", spec="别的", sale_unit="箱", base_per_sale=12, zone="frozen"
    )
    Category.objects.update(after_sales_hours=1)
    rate_publish(leader=w.leader, rate_bp=1)

    assert OrderLine.objects.values().get(order=order) == before
    shown = {name: before[name] for name in ("name", "spec", "sale_unit", "zone", "base_per_sale", "after_sales_hours")}
    assert shown == {
        "name": "番茄",
        "spec": "500 g",
        "sale_unit": "份",
        "zone": "ambient",
        "base_per_sale": 1,
        "after_sales_hours": 24,
    }
    assert (before["price_fen"], before["cost_fen"], before["commission_bp"]) == (399, 299, 1000)


def commission_of_a_new_order(w: World) -> tuple[int, int | None]:
    order = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    return order.lines.values_list("commission_bp", "commission_fen_a_piece").get()


def test_the_nearest_commission_rule_is_copied(settings: Any) -> None:
    w = world()
    settings.GROUPBUY_DEFAULT_COMMISSION_BP = 700
    w.leader.service_rates.all().delete()
    assert commission_of_a_new_order(w) == (700, None)

    rate_publish(leader=w.other_leader, rate_bp=4000, category=w.tomato.sku.category)
    rate_publish(leader=w.leader, rate_bp=800)
    assert commission_of_a_new_order(w) == (800, None)

    rate_publish(leader=w.leader, rate_bp=900, category=w.tomato.sku.category)
    assert commission_of_a_new_order(w) == (900, None)

    Offer.objects.filter(pk=w.tomato.pk).update(rate_bp=0)
    assert commission_of_a_new_order(w) == (0, None)

    Offer.objects.filter(pk=w.tomato.pk).update(rate_bp=None, piece_fee_fen=35)
    assert commission_of_a_new_order(w) == (0, 35)


def test_an_order_that_costs_nothing_is_paid_by_being_placed() -> None:
    w = world()
    gift = w.campaign.offers.create(
        sku=sku(code="GIFT", name="试吃", spec="1 份", unit="份", zone=Zone.AMBIENT, list_fen=0),
        price_fen=0,
        list_price_fen=0,
        cost_fen=0,
        stock=1,
    )

    order = place(shopper=w.shopper, group=w.group, quantities={gift: 1})

    assert (order.state, order.paid_at) == ("paid", order.placed_at)
    assert not Payment.objects.exists()
    order_cancel(order=order, actor=w.shopper)
    order.refresh_from_db()
    assert order.state == "refunded"
    assert not order.refunds.exists()
    assert sold(gift) == 0
    assert_books()


def test_an_offer_of_another_campaign_is_missing() -> None:
    w = world()
    other = open_campaign(warehouse=w.warehouse, points=[w.near], offers=[OfferWanted(sku=w.tomato.sku)])

    with pytest.raises(Missing) as refusal:
        place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1, other.offers.get(): 1})

    assert (refusal.value.status, refusal.value.attr) == (404, "lines")
    assert nothing_happened(w.tomato)


def test_an_unknown_group_is_missing() -> None:
    w = world()

    with pytest.raises(Missing) as refusal:
        order_place(shopper=w.shopper, group_id=uuid4(), lines=[LineWanted(w.tomato.public_id, 1)])

    assert refusal.value.attr == "group"


def test_a_suspended_leaders_group_takes_no_order_until_he_is_back() -> None:
    w = world()
    now = clock.now()
    posts_suspend(user=w.leader, now=now)

    with pytest.raises(LeaderAway):
        place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})

    assert not Order.objects.exists()
    posts_resume(user=w.leader, now=now)
    assert place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1}).state == OrderState.PLACED


def test_time_to_pay_is_the_window_but_never_past_the_cutoff_and_its_grace() -> None:
    w = world()
    Campaign.objects.filter(pk=w.campaign.pk).update(pay_window_s=900, grace_s=180)
    cutoff_at = w.campaign.cutoff_at

    early = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    assert early.pay_by == early.placed_at + 900 * SECOND

    stop_clock(at=cutoff_at - 720 * SECOND)
    assert place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1}).pay_by == cutoff_at + 180 * SECOND
    stop_clock(at=cutoff_at - MICROSECOND)
    assert place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1}).pay_by == cutoff_at + 180 * SECOND


def test_the_receiver_is_the_shopper_unless_another_is_named() -> None:
    w = world()
    lines = [LineWanted(w.tomato.public_id, 1)]

    own = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    named = order_place(
        shopper=w.shopper,
        group_id=w.group.public_id,
        lines=lines,
        receiver=Receiver(name="林奶奶", phone="13800000099", room="5-1-101"),
        remark="放门口",
    )

    assert (own.receiver_name, own.receiver_phone, own.masked_phone) == ("林小满", "13800000001", "138****0001")
    assert (named.receiver_name, named.receiver_phone, named.room, named.remark) == (
        "林奶奶",
        "13800000099",
        "5-1-101",
        "放门口",
    )
    assert "13800000099" not in named.receiver_phone_sealed


def test_an_order_takes_the_same_number_of_statements_whatever_its_lines() -> None:
    w = world()
    goods = [
        sku(code=f"S{i:02d}", name=f"商品{i}", spec="", unit="份", zone=Zone.AMBIENT, list_fen=100 + i)
        for i in range(20)
    ]
    campaign = open_campaign(
        warehouse=w.warehouse,
        points=[w.near],
        offers=[OfferWanted(sku=each, stock=99, per_shopper=9, per_community=99) for each in goods],
    )
    offers = list(campaign.offers.all())

    counts = []
    for lines in (1, 3, 20):
        with CaptureQueriesContext(connection) as seen:
            place(shopper=w.shopper, group=campaign.groups.get(), quantities=dict.fromkeys(offers[:lines], 1))
        counts.append(len([query for query in seen if "SAVEPOINT" not in query["sql"]]))

    assert counts == [8, 8, 8]


def test_an_order_says_whose_group_and_point_it_belongs_to() -> None:
    w = world()

    order = place_and_pay(shopper=w.shopper, group=w.other_group, quantities={w.tomato: 1})

    assert (order.point_id, order.leader_id, order.warehouse_id) == (w.far.pk, w.other_leader.pk, w.warehouse.pk)
    assert (order.shopper_id, order.payer_id, order.state) == (w.shopper.pk, w.shopper.pk, "paid")
    assert_books(ages=True)
