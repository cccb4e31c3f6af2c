"""What is not there and what weighs less: recorded on the console, taken back, settled when the pick is closed."""

from typing import TYPE_CHECKING

import pytest
from django.test import Client

from tests.web.reading import hidden, words
from tests.web.warehouse.presses import press

if TYPE_CHECKING:
    from fulfillment.models import Wave
    from tests.world import World


def test_a_shortage_at_the_pick_is_recorded_listed_and_taken_back(picker: Client, where: str) -> None:
    from fulfillment.models import Shortage

    page = press(picker, where + "shortages/record/", pieces=2, cause="damaged")
    assert "已登记破损 2" in page
    assert "还要拣 5 份" in page
    assert "共要 7，已拣 0，缺 2" in page

    listed = picker.get(where + "shortages/")
    assert "番茄 500 g 破损 · 拣货 · 周拣货" in words(listed)
    assert "登记了 1 条缺货、破损" in words(picker.get(where))
    picker.post(where + "shortages/undo/", {"row": hidden(listed, "row")})
    assert Shortage.objects.get().undone_by is not None
    assert "还要拣 7 份" in words(picker.get(where + "pick/", {"code": "TOMATO"}))


def test_a_shortage_at_a_position_is_left_out_when_the_rest_is_put(picker: Client, where: str) -> None:
    press(picker, where + "shortages/record/", pieces=2, cause="missing", position=1)

    assert "1 翠苑小店 HZ0001 3 2 古荡驿站 HZ0002 2" in words(picker.get(where + "sort/", {"code": "TOMATO"}))
    assert "已放 2 个格口，共 5" in press(picker, where + "sort/all/", after=0, upto=2)


def test_more_than_is_due_cannot_be_short(picker: Client, where: str) -> None:
    page = press(picker, where + "shortages/record/", pieces=8, cause="missing")

    assert "缺货件数超过了单据上的件数。最多还能登记 7。" in page


def test_closing_the_pick_tells_first_what_goes_back(picker: Client, wave: "Wave", where: str) -> None:
    press(picker, where + "shortages/record/", pieces=1, cause="missing")
    press(picker, where + "pick/confirm/", pieces=4)

    question = words(picker.get(where + "close/"))
    assert "番茄 缺 1 份" in question
    assert "1 个订单会收到退款，共 ¥ 3 .99 ，原路退回。" in question
    assert "还有 4 件既没拣、也没登记缺货" in question

    answer = words(picker.post(where + "close/", follow=True))
    wave.refresh_from_db()
    assert "已结束拣货" in answer
    assert wave.pick_closed_at is not None
    assert wave.paper_version == 2
    assert "拣货已结束" in press(picker, where + "shortages/record/", pieces=1, cause="missing")
    assert "共要 6，已拣 4" in words(picker.get(where + "pick/", {"code": "TOMATO"}))


@pytest.fixture
def weighed(world: "World", where: str) -> None:
    """Tomatoes are settled by weight: 500 g a piece."""
    from groupbuy.models import OrderLine

    world.tomato.sku.weighed, world.tomato.sku.base_unit, world.tomato.sku.base_per_sale = True, "g", 500
    world.tomato.sku.save()
    OrderLine.objects.filter(sku=world.tomato.sku).update(base_per_sale=500)


def test_a_weight_is_entered_with_what_it_should_be_beside_it(
    world: "World", picker: Client, weighed: None, where: str
) -> None:
    assert "称重" in words(picker.get(where))
    assert "番茄 500 g 0 / 2" in words(picker.get(where + "weigh/"))
    assert "翠苑小店 · 5 份 应重 2500 克" in words(picker.get(where + "weigh/", {"code": "TOMATO"}))

    page = press(picker, where + "weigh/record/", pieces=2440, position=1)

    assert "1 号格口已记 2440" in page
    assert "5 份 · 应重 2500 克 2440 少 60" in page
    assert "古荡驿站 · 2 份 应重 1000 克" in page  # the next one
    again = press(picker, where + "weigh/record/", pieces=2400, position=1)
    assert "已经称过重，请先撤销原来的记录。" in again
    absurd = press(picker, where + "weigh/record/", pieces=3001, position=2)
    assert "请检查单位是克还是千克。应重 1000。" in absurd


def test_a_weight_is_undone_and_entered_anew(picker: Client, weighed: None, where: str) -> None:
    press(picker, where + "weigh/record/", pieces=2440, position=1)
    listed = picker.get(where + "weigh/", {"code": "TOMATO"})

    picker.post(where + "weigh/undo/", {"row": hidden(listed, "row")})

    assert "2500 克 2500 正好" in press(picker, where + "weigh/record/", pieces=2500, position=1)


def test_what_is_not_weighed_is_said_so(picker: Client, where: str) -> None:
    assert "EGGS 不按实重结算，不用称。" in words(picker.get(where + "weigh/", {"code": "EGGS"}))
    assert "这个商品不按实重结算。" in press(picker, where + "weigh/record/", pieces=5, position=1)


def test_another_waves_records_cannot_be_undone(picker: Client, where: str) -> None:
    for page in ("shortages/undo/", "weigh/undo/"):
        assert picker.post(where + page, {"row": 1}).status_code == 404
        assert picker.post(where + page, {"row": "x"}).status_code == 404
