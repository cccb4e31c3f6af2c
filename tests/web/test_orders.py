"""A shopper's own orders and pickups."""

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from tests.web.reading import words

if TYPE_CHECKING:
    from groupbuy.models import Order
    from tests.world import World


@pytest.fixture
def order(world: "World") -> "Order":
    from tests import world as worlds

    return worlds.place(shopper=world.shopper, group=world.group, quantities={world.tomato: 2})


def at(order: "Order", rest: str = "") -> str:
    return f"/g/orders/{order.public_id}/{rest}"


def test_orders_are_listed_with_their_state_and_total(world: "World", shopper: Client, order: "Order") -> None:
    text = words(shopper.get("/g/orders/"))

    assert "周末鲜食团 待支付" in text
    assert "番茄 ×2" in text
    assert "¥ 7 .98" in text


def test_the_list_costs_the_same_queries_for_one_and_three_orders(
    world: "World", shopper: Client, order: "Order", django_assert_num_queries: Any
) -> None:
    from tests import world as worlds

    with django_assert_num_queries(6):
        shopper.get("/g/orders/")
    for _ in range(2):
        worlds.place(shopper=world.shopper, group=world.group, quantities={world.tomato: 1, world.eggs: 1})
    with django_assert_num_queries(6):
        shopper.get("/g/orders/")


def test_no_orders_is_said_kindly(world: "World", shopper: Client) -> None:
    assert "还没有订单" in words(shopper.get("/g/orders/"))


@pytest.mark.parametrize("rest", ["", "state/", "amend/", "cancel/"])
def test_another_shoppers_order_is_as_missing_as_none(
    world: "World", neighbour: Client, order: "Order", rest: str
) -> None:
    theirs = neighbour.get(at(order, rest))
    nobodys = neighbour.get(f"/g/orders/00000000-0000-7000-8000-000000000000/{rest}")

    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.content == nobodys.content


def test_even_the_leader_reads_it_only_at_his_own_desk(world: "World", leader: Client, order: "Order") -> None:
    assert leader.get(at(order)).status_code == 404


def test_a_visitor_is_sent_to_the_log_in(world: "World", visitor: Client, order: "Order") -> None:
    for path in ("/g/orders/", at(order), "/my/pickups/"):
        assert visitor.get(path).headers["Location"] == f"/g/login/?next={path}"


def test_the_waiting_page_goes_on_asking_until_the_payment_is_known(
    world: "World", shopper: Client, order: "Order"
) -> None:
    from tests import world as worlds

    waiting = shopper.get(at(order, "?back=1"))
    still = shopper.get(at(order, "state/"))
    worlds.pay(order=order)
    known = shopper.get(at(order, "state/"))

    assert "正在确认支付结果" in words(waiting)
    assert still.status_code == 204
    assert (known.status_code, known.headers["HX-Redirect"]) == (286, at(order))
    assert "支付成功" in words(shopper.get(at(order)))


def test_an_order_past_its_time_is_no_longer_offered_for_payment(
    world: "World", shopper: Client, order: "Order"
) -> None:
    from tests import world as worlds

    worlds.shift_clock(by=dt.timedelta(minutes=16))

    text = words(shopper.get(at(order)))
    assert "支付时间已过" in text
    assert "去支付" not in text


def test_cancelling_asks_first_and_refunds_what_was_paid(world: "World", shopper: Client, order: "Order") -> None:
    from tests import world as worlds

    worlds.pay(order=order)
    question = shopper.get(at(order, "cancel/"))
    order.refresh_from_db()
    assert order.state == "paid"
    answer = shopper.post(at(order, "cancel/"), follow=True)

    order.refresh_from_db()
    assert "确定取消这个订单？" in words(question)
    assert order.state == "refunded"
    assert "已取消，全额退款" in words(answer)
    assert "退款 · 顾客取消 ¥ 7 .98 退款处理中" in words(answer)


def test_after_the_cutoff_cancelling_is_refused_in_words(world: "World", shopper: Client, order: "Order") -> None:
    from tests import world as worlds

    worlds.pay(order=order)
    worlds.close_and_freeze(campaign=world.campaign)

    answer = shopper.post(at(order, "cancel/"), follow=True)

    order.refresh_from_db()
    assert "活动已截单" in words(answer)
    assert order.state == "accepted"


def test_paying_does_not_happen_by_following_a_link(world: "World", shopper: Client, order: "Order") -> None:
    assert shopper.get(at(order, "pay/")).status_code == 405


def test_the_code_and_its_qr_appear_once_the_goods_are_planned(world: "World", shopper: Client, order: "Order") -> None:
    from fulfillment.models import Pickup
    from tests import world as worlds

    worlds.pay(order=order)
    before = words(shopper.get("/my/pickups/"))
    wave = worlds.build_wave(campaign=world.campaign)
    planned = words(shopper.get("/my/pickups/"))
    worlds.deliver(wave=wave, signers={world.near: world.leader})
    page = shopper.get("/my/pickups/")

    pickup = Pickup.objects.get()
    assert "还没有要提的货" in before
    assert f"备货中 提货码 {pickup.code}" in planned
    assert "已到货，请提货" in words(page)
    assert b"<svg" in page.content
    assert pickup.token not in words(page)


def test_nobody_elses_pickup_is_shown(world: "World", neighbour: Client, leader: Client, order: "Order") -> None:
    from tests import world as worlds

    worlds.pay(order=order)
    worlds.build_wave(campaign=world.campaign)

    assert "还没有要提的货" in words(neighbour.get("/my/pickups/"))
    assert "还没有要提的货" in words(leader.get("/my/pickups/"))


def test_pieces_are_taken_away_line_by_line(world: "World", shopper: Client) -> None:
    from tests import world as worlds

    order = worlds.place_and_pay(
        shopper=world.shopper, group=world.group, quantities={world.tomato: 3, world.dumplings: 4}
    )
    tomato, dumplings = (f"keep-{line.public_id}" for line in order.lines.order_by("offer_id"))

    assert "减少件数" in words(shopper.get(at(order)))
    page = shopper.get(at(order, "amend/"))
    answer = shopper.post(at(order, "amend/"), {tomato: "1", dumplings: "x"}, follow=True)

    assert f'name="{tomato}"' in page.content.decode()
    assert "订单已修改" in words(answer)
    assert "已退 2 份" in words(answer)
    assert list(order.lines.order_by("offer_id").values_list("refunded", flat=True)) == [2, 0]


def test_a_number_off_the_offers_terms_is_explained(world: "World", shopper: Client) -> None:
    from tests import world as worlds

    order = worlds.place_and_pay(shopper=world.shopper, group=world.group, quantities={world.dumplings: 4})

    answer = shopper.post(at(order, "amend/"), {f"keep-{order.lines.get().public_id}": "3"}, follow=True)

    assert "购买数量不符合起购量或加购步长" in words(answer)
    assert order.lines.get().refunded == 0


@pytest.mark.parametrize(("fen", "offered"), [(797, False), (798, True)])
def test_credit_is_offered_when_there_is_enough(
    world: "World", shopper: Client, order: "Order", fen: int, offered: bool
) -> None:
    from groupbuy.services.credit import credit_grant

    credit_grant(person=world.shopper, amount_fen=fen, reason="补偿", actor_id=world.staff.pk)
    before = words(shopper.get(at(order)))
    answer = words(shopper.post(at(order, "pay/"), {"provider": "credit"}, follow=True))

    order.refresh_from_db()
    assert ("用余额支付（现有 ¥7.98）" in before) is offered
    assert order.state == ("paid" if offered else "placed")
    assert ("已用余额支付" if offered else "余额不足") in answer


def test_an_unpaid_order_is_cancelled_and_its_goods_are_in_the_cart_again(
    world: "World", shopper: Client, order: "Order"
) -> None:
    page = words(shopper.get(at(order)))
    answer = shopper.post(at(order, "again/"))

    order.refresh_from_db()
    shelf = shopper.get(answer.headers["Location"]).content.decode()
    assert "取消并重新选购" in page
    assert order.state == "cancelled"
    assert answer.headers["Location"].startswith(f"/g/{world.share_code.code}/?group={world.group.public_id}&q-")
    assert '<b class="figures" data-cart-pieces>2</b>' in shelf


def test_a_paid_order_is_not_cancelled_by_choosing_again(world: "World", shopper: Client, order: "Order") -> None:
    from tests import world as worlds

    worlds.pay(order=order)

    answer = shopper.post(at(order, "again/"))

    order.refresh_from_db()
    assert order.state == "paid"
    assert answer.headers["Location"] == at(order)
    assert "取消并重新选购" not in words(shopper.get(at(order)))
