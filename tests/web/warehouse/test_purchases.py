"""Counting what suppliers bring on a tablet: the list, the boxes, undoing, and closing with a look at what is short."""

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.test import Client

from tests.web.reading import words

if TYPE_CHECKING:
    from tests.world import World


@pytest.fixture
def where(world: "World") -> str:
    """A case of six tomatoes for three, of 杭州农场."""
    from fulfillment.models import PurchaseOrder
    from tests import world as worlds

    worlds.place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 3})
    worlds.build_wave(campaign=world.campaign)
    return f"/warehouse/purchases/{PurchaseOrder.objects.get().public_id}/"


def box(name: str) -> str:
    from fulfillment.models import PurchaseLine

    return f"{name}-{PurchaseLine.objects.get().public_id}"


def sent(client: Client, where: str, **boxes: str) -> str:
    """Fill boxes of the page's form in, as the page is now, and return the words of the page that follows."""
    context = client.get(where).context
    form = {"edition": context["order"].edition, "uuid": context["uuid"]}
    return words(client.post(f"{where}count/", form | {box(name): text for name, text in boxes.items()}, follow=True))


def test_strangers_log_in_shoppers_are_sent_away_and_other_warehouses_see_nothing(
    world: "World", visitor: Client, shopper: Client, picker: Client, where: str
) -> None:
    from groupbuy.models import Warehouse, WarehouseStaff

    for page in ("/warehouse/purchases/", where, f"{where}close/"):
        assert visitor.get(page).headers["Location"] == f"/warehouse/login/?next={page}"
        assert shopper.get(page).status_code == 403
        assert picker.get(page).status_code == 200
    other = Warehouse.objects.create(code="WH2", name="宁波仓", city="宁波市", address="")
    WarehouseStaff.objects.filter(user=world.picker).update(warehouse=other)
    assert "没有这样的采购单" in words(picker.get("/warehouse/purchases/"))
    for page in (where, f"{where}close/"):
        assert picker.get(page).status_code == 404
    for page in ("count/", "close/"):
        assert picker.post(where + page).status_code == 404


def test_staff_who_may_only_look_get_no_boxes_and_cannot_count(world: "World", acting_as: Any, where: str) -> None:
    world.staff.user_permissions.remove(*world.staff.user_permissions.filter(codename="change_purchaseorder"))
    staff: Client = acting_as(type(world.staff).objects.get(pk=world.staff.pk))

    assert "这次实到" not in words(staff.get(where))
    assert staff.post(f"{where}count/").status_code == 403


def test_an_order_is_found_by_supplier_goods_and_number_and_by_its_state(picker: Client, where: str) -> None:
    for query in ("", "?q=农场", "?q=番茄", "?q=PO-WH1", "?q=s1", "?sort=left", "?sort=nonsense&date=x", "?state=all"):
        assert "杭州农场" in words(picker.get(f"/warehouse/purchases/{query}")), query
    for query in ("?q=土豆", "?state=received", "?date=2020-01-01"):
        assert "没有这样的采购单" in words(picker.get(f"/warehouse/purchases/{query}")), query


def test_the_page_shows_what_is_expected_and_no_costs(picker: Client, where: str) -> None:
    text = words(picker.get(where))

    assert "番茄 500 g" in text
    assert "1 箱 × 6 · 含余货 3 份 = 3 个" in text
    assert "已到 0 / 6 份" in text
    assert "不会再到了，关单（1 种会缺货）" in text
    assert "2.99" not in text
    assert "17.94" not in text


def test_counts_add_up_and_are_undone(picker: Client, where: str) -> None:
    from fulfillment.models import Receipt

    assert "已到 4 / 6 份 其中破损 1" in sent(picker, where, counted="4", damaged="1")
    text = sent(picker, where, counted="3")
    assert "已到 7 / 6 份 其中破损 1 比单上多 1" in text
    assert "点完了，关单" in text

    last = Receipt.objects.latest("pk")
    after = words(picker.post(f"{where}undo/{last.uuid}/", {"edition": 2}, follow=True))

    assert "已撤销那次点数。" in after
    assert "已到 4 / 6 份" in after


def test_what_is_left_empty_can_be_taken_as_ordered(picker: Client, where: str) -> None:
    sent(picker, where, counted="2")
    context = picker.get(where).context

    form = {"edition": context["order"].edition, "uuid": context["uuid"], "rest": ""}
    text = words(picker.post(f"{where}count/", form, follow=True))

    assert "已到 6 / 6 份" in text


@pytest.mark.parametrize(
    "boxes", [{}, {"counted": "x"}, {"counted": "1.5"}, {"damaged": "1"}, {"counted": "1", "damaged": "2"}]
)
def test_a_slip_is_refused_and_what_was_typed_stays(picker: Client, where: str, boxes: dict[str, str]) -> None:
    from fulfillment.models import Receipt

    context = picker.get(where).context
    form = {"edition": 0, "uuid": context["uuid"]} | {box(name): text for name, text in boxes.items()}
    answer = picker.post(f"{where}count/", form)

    assert answer.status_code == 409
    assert "每行实到在 1 到 1,000,000 之间" in words(answer)
    for text in boxes.values():
        assert f'value="{text}"' in answer.content.decode()
    assert not Receipt.objects.exists()


@pytest.mark.parametrize("forged", [{"note": "第一车\x00"}, {"uuid": "x"}, {"edition": "9" * 30}])
def test_a_forged_count_is_refused(picker: Client, where: str, forged: dict[str, str]) -> None:
    from fulfillment.models import Receipt

    answer = picker.post(f"{where}count/", {"edition": "0", "uuid": str(uuid4()), box("counted"): "3"} | forged)

    assert answer.status_code == 409
    assert not Receipt.objects.exists()


def test_who_counts_after_somebody_else_is_told_and_keeps_what_he_typed(picker: Client, where: str) -> None:
    mine = picker.get(where).context["uuid"]
    sent(picker, where, counted="6")

    answer = picker.post(f"{where}count/", {"edition": 0, "uuid": mine, box("counted"): "6"})

    assert "别人刚点过这张单" in words(answer)
    assert 'name="edition" value="1"' in answer.content.decode()
    assert 'value="6"' in answer.content.decode()


def test_closing_says_what_will_be_short_and_enters_it(picker: Client, where: str) -> None:
    from fulfillment.models import Shortage

    sent(picker, where, counted="2")

    page = picker.get(f"{where}close/")
    assert "会缺货，确认关单？" in words(page)
    assert "缺 1 份" in words(page)
    after = words(picker.post(f"{where}close/", {"edition": 1}, follow=True))

    assert "已关单，1 种商品登记为缺货。" in after
    assert "短少 1，已登记缺货" in after
    assert "这次实到" not in after
    assert Shortage.objects.get().pieces == 1
    assert picker.get(f"{where}close/").headers["Location"] == where
    assert "短少 1" in words(picker.get("/warehouse/purchases/?state=received"))


def test_a_list_of_orders_takes_a_fixed_number_of_statements(
    picker: Client, where: str, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(9):
        picker.get("/warehouse/purchases/")
