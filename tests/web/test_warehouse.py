"""The warehouse console: who gets in, what is scanned, what is counted, what is said when it is too much."""

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.test import Client

from tests.web.reading import hidden, words

if TYPE_CHECKING:
    from fulfillment.models import Wave
    from tests.world import World


@pytest.fixture
def picker(world: "World", acting_as: Any) -> Client:
    browser: Client = acting_as(world.picker)
    return browser


@pytest.fixture
def wave(world: "World") -> "Wave":
    """Seven tomatoes (five near, two far) and two boxes of eggs (near)."""
    from tests import world as worlds

    worlds.place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 5, world.eggs: 2})
    worlds.place_and_pay(shopper=world.neighbour, group=world.other_group, quantities={world.tomato: 2})
    return worlds.build_wave(campaign=world.campaign)


@pytest.fixture
def where(wave: "Wave") -> str:
    return f"/warehouse/waves/{wave.public_id}/"


PAGES = (
    "",
    "live/",
    "pick/",
    "sort/",
    "positions/",
    "weigh/",
    "shortages/",
    "close/",
    "dispatch/",
    "void/",
    "join/",
    "papers/pick.csv",
)
PRESSES = (
    "pick/confirm/",
    "pick/undo/",
    "sort/confirm/",
    "sort/all/",
    "sort/undo/",
    "weigh/record/",
    "weigh/undo/",
    "shortages/record/",
    "shortages/undo/",
    "close/",
    "dispatch/",
    "void/",
    "join/",
)


def press(client: Client, where: str, **form: Any) -> str:
    """Send a form as a page does and return the words of the page that follows."""
    return words(client.post(where, {"event": str(uuid4()), "sku": "TOMATO", **form}, follow=True))


def test_a_stranger_is_asked_to_log_in_and_comes_back(visitor: Client, where: str) -> None:
    for page in PAGES:
        answer = visitor.get(where + page)
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/warehouse/login/?next={where}{page}")


def test_a_picker_logs_in_by_phone_and_password_and_out_again(world: "World", visitor: Client, wave: "Wave") -> None:
    from tests.world import PASSWORD

    page = visitor.post("/warehouse/login/", {"username": "13800000021", "password": PASSWORD}, follow=True)

    assert "待发车 1 个波次" in words(page)
    assert visitor.post("/warehouse/logout/").headers["Location"] == "/warehouse/login/"
    assert visitor.get("/warehouse/").status_code == 302


def test_whoever_has_no_post_is_told_whom_to_ask(shopper: Client, leader: Client, where: str) -> None:
    for client in (shopper, leader):
        for page in ("/warehouse/", *(where + page for page in PAGES)):
            assert client.get(page).status_code == 403
        for page in PRESSES:
            assert client.post(where + page).status_code == 403


def test_another_warehouses_wave_is_as_missing_as_none(world: "World", acting_as: Any, where: str) -> None:
    from groupbuy.models import Warehouse, WarehouseStaff
    from tests.world import person

    other = Warehouse.objects.create(code="WH2", name="成都仓", city="成都市", address="一路")
    stranger = person(name="郑外仓", phone="13800000029")
    WarehouseStaff.objects.create(warehouse=other, user=stranger)
    client = acting_as(stranger)

    assert "现在没有要拣的波次" in words(client.get("/warehouse/"))
    for page in PAGES:
        assert client.get(where + page).status_code == 404
    for page in PRESSES:
        assert client.post(where + page, {"event": str(uuid4()), "sku": "TOMATO", "pieces": 1}).status_code == 404


def test_staff_who_may_only_look_cannot_press(world: "World", acting_as: Any, where: str) -> None:
    from django.contrib.auth.models import Permission

    world.staff.user_permissions.set(Permission.objects.filter(codename="view_wave"))
    client = acting_as(world.staff)

    assert client.get(where).status_code == 200
    assert client.post(where + "pick/confirm/", {"event": str(uuid4()), "sku": "TOMATO"}).status_code == 403


def test_the_board_shows_how_far_each_wave_is(world: "World", picker: Client, wave: "Wave", where: str) -> None:
    press(picker, where + "pick/confirm/", pieces=3)

    board = words(picker.get("/warehouse/"))
    part = picker.get("/warehouse/", headers={"HX-Request": "true"})

    assert "拣货 33% 3 / 9 分拣 0% 0 / 9" in board
    assert "9 件 · 2 种商品 · 2 个自提点" in board
    assert "<html" not in part.content.decode()
    assert "拣货 33% 3 / 9" in words(part)


def test_a_scan_opens_the_sku_with_what_is_left(world: "World", picker: Client, where: str) -> None:
    world.tomato.sku.barcode = "6901234567892"
    world.tomato.sku.save()

    assert "还要拣 7 份 1 箱 + 1 份" in words(picker.get(where + "pick/", {"code": "tomato"}))
    # The paper was printed before the card got its barcode: what counts is what the paper says.
    assert "这个波次里没有 6901234567892" in words(picker.get(where + "pick/", {"code": "6901234567892"}))


def test_an_unknown_code_is_shown_as_text(picker: Client, where: str) -> None:
    page = picker.get(where + "pick/", {"code": "<b>x</b>\x00\x1f"})

    assert "这个波次里没有 <b>x</b>" in words(page)
    assert "<b>x</b>" not in page.content.decode()


def test_confirming_counts_and_asks_for_the_next(world: "World", picker: Client, where: str) -> None:
    assert "番茄 已拣 3 份" in press(picker, where + "pick/confirm/", pieces=3)

    page = press(picker, where + "pick/confirm/", pieces=4)

    assert "已拣完 1 种" in page
    assert "刚才：番茄 4 份 撤销" in page


def test_too_many_are_refused_with_what_is_left(picker: Client, where: str) -> None:
    press(picker, where + "pick/confirm/", pieces=4)

    assert "还差 3 份，您输入了 5。" in press(picker, where + "pick/confirm/", pieces=5)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"pieces": ""}, "请输入数量。"),
        ({"pieces": "6901234567892"}, "是不是把条码扫进了数量框"),
        ({"pieces": "2.5"}, "数量请输入整数。"),
        ({"pieces": "-1"}, "数量至少是 1。"),
        ({"pieces": "1", "sku": "NOTHING"}, "这个波次里没有这个商品"),
        ({"pieces": "1", "event": "x"}, "UUID"),
    ],
)
def test_what_cannot_be_counted_is_said_in_a_sentence(
    picker: Client, where: str, form: dict[str, str], said: str
) -> None:
    from fulfillment.models import PickEvent

    assert said in press(picker, where + "pick/confirm/", **form)
    assert not PickEvent.objects.exists()


def test_sending_a_form_twice_counts_once(picker: Client, where: str) -> None:
    from fulfillment.models import PickProgress

    event = str(uuid4())

    press(picker, where + "pick/confirm/", pieces=3, event=event)
    press(picker, where + "pick/confirm/", pieces=3, event=event)

    assert PickProgress.objects.get().pieces == 3


def test_the_last_step_can_be_undone(picker: Client, where: str) -> None:
    press(picker, where + "pick/confirm/", pieces=3)
    page = picker.get(where + "pick/")

    answer = press(picker, where + "pick/undo/", step=hidden(page, "step"))

    assert "已撤销" in answer
    assert "还要拣 7 份" in answer
    assert "刚才" not in answer


def test_a_sku_is_put_position_by_position(picker: Client, where: str) -> None:
    page = words(picker.get(where + "sort/", {"code": "TOMATO"}))
    assert "1 翠苑小店 HZ0001 5 2 古荡驿站 HZ0002 2" in page

    after = press(picker, where + "sort/confirm/", pieces=5, position=1)

    assert "1 号格口已放 5" in after
    assert "2 古荡驿站 HZ0002 2" in after
    assert "翠苑小店 HZ0001" not in after


def test_a_page_of_positions_is_put_at_once_and_undone_at_once(picker: Client, where: str) -> None:
    from fulfillment.models import PutProgress

    done = press(picker, where + "sort/all/", after=0, upto=2)
    assert "已放 2 个格口，共 7" in done
    assert "番茄分完了" in done

    page = picker.get(where + "sort/", {"code": "TOMATO"})
    assert "刚才：番茄 2 个格口共 7 份 撤销" in words(page)
    press(picker, where + "sort/undo/", step=hidden(page, "step"))
    assert set(PutProgress.objects.values_list("pieces", flat=True)) == {0}


def test_only_what_the_page_showed_is_put_at_once(picker: Client, where: str) -> None:
    assert "已放 1 个格口，共 5" in press(picker, where + "sort/all/", after=0, upto=1)


def test_a_position_alone_shows_what_it_lacks_and_with_a_sku_only_that(picker: Client, where: str) -> None:
    alone = words(picker.get(where + "sort/", {"code": "P1"}))
    focused = words(picker.get(where + "sort/", {"code": "hz0002", "sku": "TOMATO"}))
    unwanted = words(picker.get(where + "sort/", {"code": "2", "sku": "EGGS"}))

    assert "番茄 500 g 已放 0 / 5" in alone
    assert "鲜鸡蛋 30 枚 已放 0 / 2" in alone
    assert "HZ0002 · 要 2，已放 0 2" in focused
    assert "2 号格口（古荡驿站）不要鲜鸡蛋" in unwanted


def test_positions_are_listed_with_what_they_lack(picker: Client, where: str) -> None:
    press(picker, where + "sort/confirm/", pieces=2, position=2)

    page = words(picker.get(where + "positions/"))

    assert "1 翠苑小店 HZ0001 · 一号线 · 1 箱 0 / 7 差 2 种" in page
    assert "2 古荡驿站 HZ0002 · 一号线 · 1 箱 放齐 2" in page


@pytest.mark.parametrize(
    "query", [{"after": "x"}, {"after": "-1"}, {"after": "9" * 30}, {"code": "9" * 500}, {"zone": "'"}]
)
def test_a_forged_query_is_a_page(picker: Client, where: str, query: dict[str, str]) -> None:
    for page in ("pick/", "sort/", "positions/"):
        assert picker.get(where + page, query).status_code == 200


def test_a_paper_opens_in_the_browser_and_a_sheet_is_saved(picker: Client, where: str) -> None:
    pdf, sheet = picker.get(where + "papers/pick.pdf"), picker.get(where + "papers/sort.xlsx")

    assert pdf.content.startswith(b"%PDF-")
    assert pdf.headers["Content-Disposition"].startswith("inline; ")
    assert sheet.headers["Content-Disposition"].startswith("attachment; ")
    assert picker.get(where + "papers/purchase.pdf").status_code == 404  # costs are not for pickers
    assert picker.get(where + "papers/nothing.pdf").status_code == 404
    assert picker.get(where + "papers/pick.exe").status_code == 404


def test_a_wave_that_has_left_is_only_looked_at(picker: Client, wave: "Wave", where: str) -> None:
    from fulfillment.services.dispatch import dispatch_send

    dispatch_send(wave_id=wave.pk)

    assert "发车，只能查看" in words(picker.get(where + "pick/", {"code": "TOMATO"}))
    assert "这个波次已发车或已作废" in press(picker, where + "pick/confirm/", pieces=1)


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


def test_the_labels_of_one_position_are_printed_again(picker: Client, where: str) -> None:
    import pypdfium2

    def printed(path: str) -> str:
        document = pypdfium2.PdfDocument(picker.get(where + path).content)
        return "".join(page.get_textpage().get_text_range() for page in document)

    again, whole = printed("positions/2/labels.pdf"), printed("papers/label.pdf")

    assert "古荡驿站" in again
    assert "翠苑小店" not in again
    assert "翠苑小店" in whole
    assert picker.get(where + "positions/9/labels.pdf").status_code == 404
