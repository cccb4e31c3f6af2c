"""The page on which a leader orders for a neighbour, and the page behind the pay link."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from groupbuy.models import Order, Payment
from groupbuy.selectors.pay_links import pay_url
from tests.web.reading import hidden, words
from tests.world import World, pay, place, shift_clock


def filled(world: World, **changes: str) -> dict[str, str]:
    return {
        "phone": "13900000001",
        "name": "钱阿婆",
        "room": "2-1-101",
        "remark": "",
        "pay": "link",
        f"q-{world.tomato.public_id}": "2",
        **changes,
    }


def ordered(client: Client, world: World, **changes: str) -> Any:
    """Fill the form, look at the total, confirm."""
    where = f"/leader/groups/{world.group.public_id}/order/"
    form = filled(world, **changes)
    shown = client.post(where, form)
    return client.post(where, {**form, "key": hidden(shown, "key"), "expected_fen": hidden(shown, "expected_fen")})


def test_the_leader_sees_the_total_before_he_orders_and_the_link_after(world: World, leader: Client) -> None:
    where = f"/leader/groups/{world.group.public_id}/order/"

    shown = words(leader.post(where, filled(world)))
    before = Order.objects.exists()
    answer = ordered(leader, world)

    order = Order.objects.get()
    page = leader.get(answer.headers["Location"]).content.decode()
    assert "共 ¥ 7 .98" in shown
    assert not before
    assert answer.headers["Location"] == f"/leader/orders/{order.public_id}/"
    assert pay_url(order) in page


def test_a_leader_who_pays_himself_goes_on_to_his_order(world: World, leader: Client) -> None:
    answer = ordered(leader, world, pay="leader")

    order = Order.objects.get()
    assert answer.headers["Location"] == f"/g/orders/{order.public_id}/"
    assert "去支付" in words(leader.get(answer.headers["Location"]))


def test_a_neighbours_order_does_not_get_into_the_cart_of_the_leader_who_pays(world: World, leader: Client) -> None:
    ordered(leader, world, pay="leader")
    placed = Order.objects.get()

    shown = words(leader.get(f"/g/orders/{placed.public_id}/"))
    answer = leader.post(f"/g/orders/{placed.public_id}/again/")

    assert "重新选购" not in shown
    assert (answer.status_code, Order.objects.get().state) == (404, "placed")


def test_a_second_tap_makes_no_second_order(world: World, leader: Client) -> None:
    where = f"/leader/groups/{world.group.public_id}/order/"
    shown = leader.post(where, filled(world))
    form = {**filled(world), "key": hidden(shown, "key"), "expected_fen": hidden(shown, "expected_fen")}

    first, second = leader.post(where, form), leader.post(where, form)

    assert first.headers["Location"] == second.headers["Location"]
    assert Order.objects.count() == 1


def test_a_cart_that_was_changed_after_the_total_is_shown_again(world: World, leader: Client) -> None:
    where = f"/leader/groups/{world.group.public_id}/order/"
    shown = leader.post(where, filled(world))

    changed = filled(world) | {f"q-{world.tomato.public_id}": "3"}
    again = leader.post(where, {**changed, "key": hidden(shown, "key"), "expected_fen": "798"})

    assert "价格有变化" in words(again)
    assert hidden(again, "expected_fen") == "1197"
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("changes", "told"), [({"phone": "12345"}, "请填写 11 位手机号。"), ({"tomato": "11"}, "番茄 库存不足。")]
)
def test_a_refusal_is_told_on_the_page(world: World, leader: Client, changes: dict[str, str], told: str) -> None:
    tomato = changes.pop("tomato", None)
    form = filled(world, **changes) | ({f"q-{world.tomato.public_id}": tomato} if tomato else {})

    page = words(leader.post(f"/leader/groups/{world.group.public_id}/order/", form))

    assert told in page
    assert not Order.objects.exists()


def test_another_leaders_group_is_missing(world: World, other_leader: Client) -> None:
    assert other_leader.get(f"/leader/groups/{world.group.public_id}/order/").status_code == 404


@pytest.fixture
def order(world: World) -> Order:
    return place(shopper=world.shopper, group=world.group, quantities={world.tomato: 2})


def link(order: Order) -> str:
    return "/pay/" + pay_url(order).split("/pay/")[1]


def test_whoever_opens_the_link_sees_the_goods_and_only_a_part_of_name_and_phone(order: Order, visitor: Client) -> None:
    page = visitor.get(link(order))

    text = words(page)
    assert page.status_code == 200
    assert "番茄" in text
    assert "林** 138****0001 的团购订单" in text
    assert "登录后支付" in text
    for secret in ("林小满", "13800000001", "3-2-501", order.number):
        assert secret not in page.content.decode()


def test_a_visitor_must_log_in_to_pay(order: Order, visitor: Client) -> None:
    answer = visitor.post(f"{link(order)}start/")

    assert answer.headers["Location"].startswith("/g/login/")
    assert not Payment.objects.exists()


def test_a_paid_order_says_so_and_shows_nothing_more(order: Order, visitor: Client) -> None:
    pay(order=order)

    page = visitor.get(link(order))

    assert page.status_code == 200
    assert "这张订单已付款" in words(page)
    assert "番茄" not in words(page)


def test_after_the_time_to_pay_the_link_is_gone(order: Order, visitor: Client) -> None:
    shift_clock(by=order.pay_by - order.placed_at + dt.timedelta(seconds=1))

    page = visitor.get(link(order))

    assert page.status_code == 410
    assert "付款链接已过期" in words(page)
    assert "番茄" not in words(page)


def test_a_link_that_nobody_signed_is_a_404(order: Order, visitor: Client) -> None:
    assert visitor.get(f"/pay/{order.public_id.hex}.x/").status_code == 404
