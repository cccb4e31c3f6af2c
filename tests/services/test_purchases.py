"""What a wave makes the platform buy: every piece of demand, in whole cases, once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fulfillment.models import PaperIssue, PickLine, PurchaseLine, PurchaseOrder, SortLine, Wave
from fulfillment.services.purchases import purchases_insert
from fulfillment.services.shortages import pick_close
from fulfillment.services.waves import wave_build, wave_void
from groupbuy.domain.words import BaseUnit
from groupbuy.kernel import clock
from groupbuy.kernel.db import run
from groupbuy.models import Category, Offer, Sku, Supplier
from tests.books import assert_books
from tests.services.steps import build
from tests.shortages import short
from tests.world import World, place_and_pay, world

pytestmark = pytest.mark.django_db


def ordered(wave: Wave) -> list[tuple[str, str, int, int, int, int, int]]:
    """Order, SKU, demand, of it from surplus, cases, surplus, amount in fen."""
    columns = ("order__number", "code", "demand", "from_surplus", "cases", "surplus", "amount_fen")
    found = PurchaseLine.objects.filter(order__wave=wave).values_list(*columns)
    return sorted((number.removeprefix("PO-WH1-")[7:], *rest) for number, *rest in found)


def states(wave: Wave) -> list[str]:
    return list(PurchaseOrder.objects.filter(wave=wave).values_list("state", flat=True))


def two_suppliers(w: World) -> None:
    Offer.objects.update(stock=None, per_shopper=None)
    dairy = Supplier.objects.create(code="S2", name="临安冷链")
    Sku.objects.filter(code="DUMPLINGS").update(supplier=dairy)


def join(wave: Wave, w: World, **quantities: int) -> None:
    """
    Let further pieces into the wave, as a campaign that joins it does: a new version of the papers.

    The pieces belong to nobody's order, so the sort list does without them.
    """
    wave.paper_version += 1
    wave.save()
    PaperIssue.objects.create(wave=wave, version=wave.paper_version, issued_at=clock.now(), reason="加单")
    more = {code.upper(): pieces for code, pieces in quantities.items()}
    for line in PickLine.objects.filter(wave=wave, paper_version=wave.paper_version - 1).select_related("sku"):
        line.pk, line.paper_version = None, wave.paper_version
        line.quantity += more.get(line.sku.code, 0)
        line.cases, line.pieces = divmod(line.quantity, line.case_size)
        line.save()
    for put in SortLine.objects.filter(wave=wave, paper_version=wave.paper_version - 1):
        put.pk, put.paper_version = None, wave.paper_version
        put.save()
    purchases_insert(wave)


def test_every_supplier_gets_one_order_in_whole_cases() -> None:
    w = world()
    two_suppliers(w)
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 13, w.eggs: 6})
    place_and_pay(shopper=w.neighbour, group=w.other_group, quantities={w.tomato: 2, w.dumplings: 2})

    wave = build(w.campaign)

    assert ordered(wave) == [
        ("1-S1", "EGGS", 6, 0, 1, 0, 6 * 995),
        ("1-S1", "TOMATO", 15, 0, 3, 3, 18 * 299),
        ("1-S2", "DUMPLINGS", 2, 0, 1, 4, 6 * 1745),
    ]
    order = PurchaseOrder.objects.get(supplier__code="S2")
    assert order.number == f"PO-WH1-{wave.delivery_date:%y%m%d}-1-S2"
    assert (order.supplier_name, order.sequence, order.paper_version, order.state) == ("临安冷链", 1, 1, "issued")
    assert order.issued_at >= wave.built_at
    assert_books()


def test_an_order_keeps_the_cards_it_was_made_from() -> None:
    w = world()
    Sku.objects.filter(code="TOMATO").update(base_unit=BaseUnit.GRAM, base_per_sale=500)
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    wave = build(w.campaign)

    Sku.objects.update(name="改名", cost_fen=1, base_per_sale=1, case_size=2)
    Supplier.objects.update(name="改名")
    Category.objects.update(name="改名")

    line = PurchaseLine.objects.get(order__wave=wave)
    assert (line.name, line.category, line.order.supplier_name) == ("番茄", "食品", "杭州农场")
    assert (line.sale_unit, line.base_unit, line.base_per_sale, line.case_size) == ("份", "g", 500, 6)
    assert (line.cost_fen, line.amount_fen) == (299, 6 * 299)


def test_a_supplement_uses_the_surplus_first_and_buys_the_rest() -> None:
    w = world()
    two_suppliers(w)
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 15, w.dumplings: 2, w.eggs: 6})
    wave = build(w.campaign)

    join(wave, w, tomato=10, dumplings=3)

    assert ordered(wave) == [
        ("1-S1", "EGGS", 6, 0, 1, 0, 6 * 995),
        ("1-S1", "TOMATO", 15, 0, 3, 3, 18 * 299),
        # Three tomatoes are left of the first order's cases: the other seven take two cases, and five are left again.
        ("1-S1-2", "TOMATO", 10, 3, 2, 5, 12 * 299),
        ("1-S2", "DUMPLINGS", 2, 0, 1, 4, 6 * 1745),
        # Four bags are left: three of them are used, nothing is bought.
        ("1-S2-2", "DUMPLINGS", 3, 3, 0, 0, 0),
    ]
    second = PurchaseOrder.objects.get(number__endswith="-S1-2")
    assert (second.sequence, second.paper_version) == (2, 2)


def test_a_third_order_knows_what_the_first_two_left() -> None:
    w = world()
    two_suppliers(w)
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 15})
    wave = build(w.campaign)

    join(wave, w, tomato=1)
    join(wave, w, tomato=3)

    assert ordered(wave) == [
        ("1-S1", "TOMATO", 15, 0, 3, 3, 18 * 299),
        ("1-S1-2", "TOMATO", 1, 1, 0, 0, 0),
        ("1-S1-3", "TOMATO", 3, 2, 1, 5, 6 * 299),
    ]


def test_ordering_again_orders_nothing() -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    wave = build(w.campaign)

    purchases_insert(wave)
    join(wave, w)

    assert PurchaseOrder.objects.count() == 1


def test_the_orders_of_a_voided_wave_are_cancelled_and_the_next_wave_orders_anew() -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    first = build(w.campaign)

    wave_void(wave_id=first.pk, reason="送错仓", actor_id=w.staff.pk)
    second = wave_build(warehouse_id=w.warehouse.pk, delivery_date=w.campaign.delivery_date)

    assert second is not None
    assert states(first) == ["cancelled"]
    assert states(second) == ["issued"]
    assert ordered(second) == [("2-S1", "TOMATO", 3, 0, 1, 3, 6 * 299)]
    assert_books()


def test_what_went_short_in_a_wave_that_was_voided_is_not_bought_for_a_joiner() -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 6})
    first = build(w.campaign)
    short(first, w.tomato, 2, by=w.picker)
    pick_close(wave_id=first.pk, actor_id=w.picker.pk)
    wave_void(wave_id=first.pk, reason="送错仓", actor_id=w.staff.pk)
    second = wave_build(warehouse_id=w.warehouse.pk, delivery_date=w.campaign.delivery_date)
    assert second is not None

    join(second, w, tomato=1)

    assert ordered(second) == [
        ("2-S1", "TOMATO", 4, 0, 1, 2, 6 * 299),
        ("2-S1-2", "TOMATO", 1, 1, 0, 0, 0),
    ]


def test_a_hundred_skus_of_ten_suppliers_take_three_statements() -> None:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 3})
    wave = build(w.campaign)
    category = Category.objects.get()
    for number in range(10):
        Supplier.objects.create(code=f"T{number}", name="同城")
    suppliers = list(Supplier.objects.all())
    card = Sku.objects.values("sale_unit", "base_unit", "case_size", "zone").get(code="TOMATO")
    Sku.objects.bulk_create(
        Sku(code=f"X{n}", category=category, supplier=suppliers[n % 10], cost_fen=1, list_price_fen=2, **card)
        for n in range(100)
    )
    wave.paper_version = 2
    run(
        "INSERT INTO fulfillment_pickline (wave_id, paper_version, warehouse_id, sku_id, zone, bin, barcode, name, spec,"
        " sale_unit, base_unit, base_per_sale, weighed, weight_g, case_size, quantity, cases, pieces)"
        " SELECT %s, 2, %s, id, zone, '', '', name, '', sale_unit, base_unit, base_per_sale, weighed, weight_g,"
        " case_size, 6, 1, 0 FROM groupbuy_sku"
        " WHERE code LIKE 'X%%'",
        [wave.pk, w.warehouse.pk],
    )

    with CaptureQueriesContext(connection) as seen:
        purchases_insert(wave)

    assert len(seen) == 3
    assert PurchaseOrder.objects.count() == 11
