"""What is done with a whole wave: sent off, joined by a late campaign, voided and built anew."""

from typing import TYPE_CHECKING

from django.test import Client

from tests.web.reading import hidden, words

if TYPE_CHECKING:
    from fulfillment.models import Wave
    from tests.world import World


def test_sending_off_asks_first(picker: Client, wave: "Wave", where: str) -> None:
    assert "现在发车？" in words(picker.get(where + "dispatch/"))
    wave.refresh_from_db()
    assert wave.state == "built"

    assert "已发车，已通知团长" in words(picker.post(where + "dispatch/", follow=True))
    assert "状态已变化" in words(picker.post(where + "dispatch/", follow=True))


def test_a_late_campaign_is_let_in_after_a_look_at_what_it_brings(
    world: "World", picker: Client, wave: "Wave", where: str
) -> None:
    from groupbuy.services.campaigns import OfferWanted
    from tests import world as worlds

    assert "现在没有已截单、还没进波次的活动" in words(picker.get(where + "join/"))
    late = worlds.open_campaign(
        warehouse=world.warehouse, points=[world.near], offers=[OfferWanted(sku=world.tomato.sku)], title="加单"
    )
    worlds.place_and_pay(shopper=world.shopper, group=late.groups.get(), quantities={late.offers.get(): 3})
    worlds.close_and_freeze(campaign=late)

    assert "加入晚截单的活动（1）" in words(picker.get(where))
    assert "1 单 · 3 件 · 1 个自提点" in words(picker.get(where + "join/"))
    assert "请写明原因" in words(picker.post(where + "join/", {"campaigns": [late.pk], "reason": ""}))
    assert "请重新选择" in words(picker.post(where + "join/", {"campaigns": [world.campaign.pk], "reason": "晚截单"}))
    done = words(picker.post(where + "join/", {"campaigns": [late.pk], "reason": "晚截单"}, follow=True))

    assert "单据更新为 v2" in done
    assert "晚截单" in done
    assert wave.issues.count() == 2


def test_voiding_wants_a_reason_and_another_wave_is_built_by_hand(world: "World", picker: Client, where: str) -> None:
    assert "请写明原因。" in words(picker.post(where + "void/", {"reason": ""}, follow=True))
    assert "已作废：箱子拿错了" in words(picker.post(where + "void/", {"reason": "箱子拿错了"}, follow=True))

    board = picker.get("/warehouse/")
    assert "1 个活动已截单，还没有波次" in words(board)
    form = {name: hidden(board, name) for name in ("warehouse", "delivery_date")}
    assert "波次已生成" in words(picker.post("/warehouse/build/", form, follow=True))
    assert picker.post("/warehouse/build/", form).status_code == 404
    assert picker.post("/warehouse/build/", {"warehouse": "x"}).status_code == 404
