"""One's store credit in the shop: the balance and how it came about."""

from typing import TYPE_CHECKING

from django.test import Client

from groupbuy.services.credit import credit_grant
from groupbuy.services.orders import order_cancel
from groupbuy.services.payments import payment_start
from groupbuy.tasks import send_refunds
from tests.web.reading import words
from tests.world import place

if TYPE_CHECKING:
    from tests.world import World

PAGE = "/g/credit/"


def test_the_balance_and_every_movement_are_shown_newest_first_and_to_nobody_else(
    world: "World", shopper: Client, neighbour: Client
) -> None:
    credit_grant(person=world.shopper, amount_fen=2000, reason="番茄破损", actor_id=world.staff.pk)
    order = place(shopper=world.shopper, group=world.group, quantities={world.tomato: 2})
    payment_start(order=order, payer=world.shopper, payer_ref="", provider="credit")
    order_cancel(order=order, actor=world.shopper)
    send_refunds()

    page = shopper.get(PAGE)
    others = neighbour.get(PAGE)

    assert page.context["balance_fen"] == 2000
    moves = [(title, fen, came) for title, _leg, fen, came in page.context["moves"]]
    assert moves == [("退款到余额", 798, True), ("余额支付", 798, False), ("平台发放", 2000, True)]
    shown = words(page)
    assert "番茄破损" in shown
    assert f"订单 {order.number}" in shown
    assert (others.context["balance_fen"], others.context["moves"]) == (0, [])
    assert "还没有余额变动。" in words(others)


def test_the_page_is_linked_from_ones_orders_and_asks_a_visitor_to_log_in(shopper: Client, visitor: Client) -> None:
    assert f'href="{PAGE}"' in shopper.get("/g/orders/").content.decode()
    assert visitor.get(PAGE).status_code == 302
