"""The paper that goes to suppliers: its rows, its amounts to the fen, and who gets to see it."""

import csv
import io

import pytest
from python_calamine import CalamineWorkbook

from fulfillment.domain.papers import Paper
from fulfillment.exports import file_name
from fulfillment.models import Wave
from fulfillment.selectors.papers import PaperMissing, paper
from fulfillment.selectors.rights import may_print
from groupbuy.domain.words import BaseUnit
from groupbuy.models import Category, Offer, Sku, Supplier
from tests.exports.papers import rendered
from tests.services.steps import build
from tests.services.test_purchases import join
from tests.world import World, place_and_pay, world

pytestmark = pytest.mark.django_db


def bought() -> tuple[World, Wave]:
    """Fifteen tomatoes of 500 g and six boxes of eggs from one supplier, two bags of dumplings from another."""
    w = world()
    Offer.objects.update(stock=None, per_shopper=None)
    Sku.objects.filter(code="TOMATO").update(base_unit=BaseUnit.GRAM, base_per_sale=500)
    Sku.objects.filter(code="EGGS").update(category=Category.objects.create(code="egg", name="蛋类"))
    Sku.objects.filter(code="DUMPLINGS").update(supplier=Supplier.objects.create(code="S2", name="临安冷链"))
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 15, w.eggs: 6})
    place_and_pay(shopper=w.neighbour, group=w.other_group, quantities={w.dumplings: 2})
    return w, build(w.campaign)


def table(made: Paper) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(rendered(made, "csv").decode("utf-8-sig"))))


def test_the_orders_come_by_supplier_then_category_with_both_units_and_fen() -> None:
    _, wave = bought()

    rows = table(paper(wave=wave, kind="purchase"))

    assert list(rows[0]) == [
        *("order", "supplier_code", "supplier", "sku", "name", "spec", "demand", "unit", "demand_base", "base_unit"),
        *("case_size", "cases", "surplus", "surplus_base", "cost_fen", "amount_fen"),
    ]
    number = f"PO-WH1-{wave.delivery_date:%y%m%d}-1"
    assert [",".join(row.values()) for row in rows] == [
        f"{number}-S1,S1,杭州农场,EGGS,鲜鸡蛋,30 枚,6,盒,6,piece,6,1,0,0,995,5970",
        f"{number}-S1,S1,杭州农场,TOMATO,番茄,500 g,15,份,7500,g,6,3,3,1500,299,5382",
        f"{number}-S2,S2,临安冷链,DUMPLINGS,三鲜水饺,1 kg,2,袋,2,piece,6,1,4,4,1745,10470",
    ]


def test_the_spreadsheet_shows_yuan_and_their_exact_sums() -> None:
    _, wave = bought()

    book = CalamineWorkbook.from_filelike(io.BytesIO(rendered(paper(wave=wave, kind="purchase"), "xlsx")))

    cells = [cell for row in book.get_sheet_by_index(0).to_python() for cell in row]
    assert {2.99, 53.82, 9.95, 59.70, 113.52, 104.70, 218.22} <= set(cells)
    assert {"克", "个"} <= set(cells)


def test_one_suppliers_paper_knows_nothing_of_another() -> None:
    _, wave = bought()

    made = paper(wave=wave, kind="purchase", supplier="S2")

    assert [row["sku"] for row in table(made)] == ["DUMPLINGS"]
    assert "农场" not in repr(made)
    assert file_name(made, "pdf") == f"purchase-{wave.delivery_date}-WH1-{wave.delivery_date:%m%d}-1-S2-v1.pdf"
    assert rendered(made, "pdf").startswith(b"%PDF-")


def test_a_supplier_of_whom_nothing_is_bought_has_no_paper() -> None:
    _, wave = bought()

    for kind, supplier in (("purchase", "S3"), ("pick", "S1")):
        with pytest.raises(PaperMissing):
            paper(wave=wave, kind=kind, supplier=supplier)


def test_the_paper_of_a_later_version_adds_what_is_bought_on_top() -> None:
    w, wave = bought()
    first = rendered(paper(wave=wave, kind="purchase"), "csv")

    join(wave, w, tomato=10, dumplings=1)

    added = table(paper(wave=wave, kind="purchase"))
    # Three of the ten tomatoes are left of the first cases, and so is the bag of dumplings.
    assert [(row["order"][-5:], row["sku"], row["demand"], row["cases"], row["surplus"]) for row in added] == [
        ("-1-S1", "EGGS", "6", "1", "0"),
        ("-1-S1", "TOMATO", "15", "3", "3"),
        ("-S1-2", "TOMATO", "7", "2", "5"),
        ("-1-S2", "DUMPLINGS", "2", "1", "4"),
    ]
    assert rendered(paper(wave=wave, kind="purchase", paper_version=1), "csv") == first


def test_costs_are_for_staff_with_the_right_to_purchase_orders() -> None:
    w = world()

    assert [may_print(person, "purchase") for person in (w.staff, w.picker, w.leader)] == [True, False, False]
    assert may_print(w.picker, "pick")
