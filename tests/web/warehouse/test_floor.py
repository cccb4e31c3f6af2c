"""The warehouse floor: what is scanned, what is counted, what is said when it is too much, what is printed."""

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.test import Client

from tests.web.reading import hidden, words
from tests.web.warehouse.presses import press

if TYPE_CHECKING:
    from fulfillment.models import Wave
    from tests.world import World


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


def test_goods_that_nobody_wants_any_more_are_brought_back(
    world: "World", picker: Client, wave: "Wave", where: str
) -> None:
    from fulfillment.services.paper_issues import papers_reissue
    from groupbuy.domain.words import RefundReason
    from groupbuy.models import OrderLine
    from groupbuy.services.refunds import refund_request

    press(picker, where + "pick/confirm/", sku="EGGS", pieces=2)
    press(picker, where + "sort/confirm/", sku="EGGS", pieces=2, position=1)
    eggs = OrderLine.objects.get(offer=world.eggs)
    refund_request(order_id=eggs.order_id, pieces={eggs.pk: 2}, reason=RefundReason.OPERATOR, actor_id=world.staff.pk)
    papers_reissue(wave_id=wave.pk, reason="退款")

    told = words(picker.get(where))
    assert "鲜鸡蛋：拿回 2 盒" in told
    assert "1 号格口 鲜鸡蛋：拿回 2 盒" in told
    assert "请拿回 2 盒" in words(picker.get(where + "pick/", {"code": "EGGS"}))
    assert "改单，要拿回" in words(picker.get(where + "sort/", {"code": "EGGS"}))
    assert "1 号格口已拿回 2" in press(picker, where + "sort/confirm/", sku="EGGS", pieces=2, position=1, back="yes")
    assert "鲜鸡蛋 拿回 2 盒" in press(picker, where + "pick/confirm/", sku="EGGS", pieces=2, back="yes")

    assert "拿回" not in words(picker.get(where))
    assert "这个商品不要了" in words(picker.get(where + "pick/", {"code": "EGGS"}))
