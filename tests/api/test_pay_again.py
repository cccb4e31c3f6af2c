"""Paying after a first try failed, and paying by the link, against the real development provider over HTTP."""

import pytest
from django.test import Client

from groupbuy.domain.states import PaymentState
from groupbuy.models import Order, Payment, Refund
from groupbuy.providers.registry import get_provider
from groupbuy.selectors.pay_links import pay_url
from groupbuy.services.orders import order_cancel
from groupbuy.services.payments import payment_query
from tests.api.callers import Caller, problem
from tests.api.test_payments import _configured, provider, start
from tests.books import assert_books
from tests.providers.conftest import RunningProvider
from tests.world import World, place

__all__ = ["_configured", "provider"]


@pytest.fixture
def order(world: World) -> Order:
    return place(shopper=world.shopper, group=world.group, quantities={world.tomato: 2})


def paid_at_provider(provider: RunningProvider) -> Order:
    """Let the payer pay what is pending, find it by asking, and return the order."""
    payment = Payment.objects.get(state=PaymentState.CREATED)
    provider.judge("pay", out_trade_no=payment.out_trade_no, notify=False)
    payment_query(payment_id=payment.pk)
    return Order.objects.get()


def test_after_the_provider_has_closed_a_payment_a_new_one_can_be_paid(
    world: World, shopper: Caller, provider: RunningProvider
) -> None:
    number, first = start(world, shopper)
    closed = Payment.objects.get()
    get_provider("wechat").close(out_trade_no=closed.out_trade_no)

    refused = shopper.post(f"orders/{number}/pay/", {"openid": "o-shopper"})
    payment_query(payment_id=closed.pk)
    second = shopper.post(f"orders/{number}/pay/", {"openid": "o-shopper"}).json()

    assert problem(refused)[:2] == (503, "payment_unavailable")
    assert second["prepay_id"] != first["prepay_id"]
    assert paid_at_provider(provider).state == "paid"
    assert sorted(Payment.objects.values_list("state", "counts")) == [("closed", False), ("paid", True)]
    assert_books()


def test_after_the_provider_was_out_of_reach_the_same_order_is_paid(
    order: Order, shopper: Caller, provider: RunningProvider
) -> None:
    provider.judge("faults", api_error_rate=1.0)
    refused = shopper.post(f"orders/{order.public_id}/pay/", {"openid": "o-shopper"})
    provider.judge("faults", api_error_rate=0.0)

    again = shopper.post(f"orders/{order.public_id}/pay/", {"openid": "o-shopper"})

    assert problem(refused)[:2] == (503, "payment_unavailable")
    assert again.status_code == 200
    assert paid_at_provider(provider).state == "paid"
    assert Payment.objects.count() == 1
    assert_books()


def test_whoever_pays_by_the_link_is_the_payer_and_gets_the_refund(
    world: World, order: Order, provider: RunningProvider
) -> None:
    browser = Client()
    browser.force_login(world.neighbour, backend="groupbuy.services.accounts.PhoneOrNameBackend")
    link = "/pay/" + pay_url(order).split("/pay/")[1]

    to_cashier = browser.post(f"{link}start/")
    waiting = browser.get(f"{link}?back=1").content.decode()
    paid = paid_at_provider(provider)
    order_cancel(order=paid, actor=world.shopper)

    assert to_cashier.headers["Location"].startswith(f"{provider.url}/cashier/")
    assert "正在确认支付结果" in waiting
    assert (paid.payer, paid.shopper) == (world.neighbour, world.shopper)
    assert Refund.objects.get().payment.payer == world.neighbour
    assert "这张订单已付款" in browser.get(link).content.decode()
    assert_books()


def test_the_mini_program_sees_and_pays_by_the_link_too(
    world: World, order: Order, neighbour: Caller, visitor: Caller, provider: RunningProvider
) -> None:
    path = f"pay-links/{pay_url(order).split('/')[-2]}/"

    seen = visitor.get(path)
    started = neighbour.post(f"{path}pay/", {"openid": "o-neighbour"})
    paid = paid_at_provider(provider)
    over = visitor.get(path)

    shown = seen.json()
    assert (shown["receiver_name"], shown["receiver_phone"], shown["total_fen"]) == ("林**", "138****0001", 798)
    assert shown["lines"][0]["name"] == "番茄"
    assert "林小满" not in seen.content.decode()
    assert started.json()["client_params"]["package"].startswith("prepay_id=")
    assert paid.payer == world.neighbour
    assert problem(over)[:2] == (410, "pay_link_over")
    assert over.json()["paid"] is True
