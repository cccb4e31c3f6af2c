"""Paying and WeChat's notices, against the real development provider over HTTP."""

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pytest_django import Settings

from groupbuy.models import Payment
from groupbuy.selectors.pay_links import pay_url
from groupbuy.services.credit import credit_grant
from tests.api.callers import Caller, problem
from tests.payment_provider.signing import notice_body, signed_headers
from tests.providers.conftest import RunningProvider, start_provider
from tests.world import World, place

NOTICE = "/api/v1/payments/wechat/notice"


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProvider]:
    running = start_provider(tmp_path_factory.mktemp("payment"), "--time-scale", "0.01")
    yield running
    assert running.stop() == 0


@pytest.fixture(autouse=True)
def _configured(provider: RunningProvider, settings: Settings) -> None:
    keys = {name.removeprefix("WECHAT_"): value for name, value in provider.settings.items()}
    settings.WECHAT = keys | {"BASE_URL": provider.url, "NOTIFY_URL": "http://127.0.0.1:9/notify"}
    settings.DEV_CASHIER_URL = f"{provider.url}/cashier/"


def start(world: World, shopper: Caller) -> tuple[str, dict[str, Any]]:
    order = place(shopper=world.shopper, group=world.group, quantities={world.tomato: 2})
    answer = shopper.post(f"orders/{order.public_id}/pay/", {"openid": "o-shopper"})
    assert answer.status_code == 200
    return str(order.public_id), answer.json()


def notice(provider: RunningProvider, payment: Payment, **changes: Any) -> tuple[bytes, dict[str, str]]:
    """A genuine notice of the provider's, unless the test changes the trade in it."""
    trade = {
        "appid": provider.keys.appid,
        "mchid": provider.keys.mchid,
        "out_trade_no": payment.out_trade_no,
        "transaction_id": "4200000001",
        "trade_state": "SUCCESS",
        "success_time": payment.created_at.isoformat(timespec="seconds"),
        "amount": {"total": payment.amount_fen, "payer_total": payment.amount_fen, "currency": "CNY"},
    } | changes
    body = notice_body(provider.keys, notice_id=f"EV-{uuid4().hex}", created=trade["success_time"], trade=trade)
    return body, signed_headers(provider.keys, body)


def tell(caller: Caller, body: bytes, headers: dict[str, str], path: str = NOTICE) -> Any:
    return caller.client.post(path, body, content_type="application/json", headers=headers)


def test_paying_gives_what_the_client_needs_and_asking_again_the_same_payment(
    world: World, shopper: Caller, provider: RunningProvider
) -> None:
    number, first = start(world, shopper)
    second = shopper.post(f"orders/{number}/pay/", {"openid": "o-shopper"}).json()

    assert (first["payment"]["amount_fen"], first["payment"]["state"]) == (798, "created")
    assert first["client_params"]["package"] == f"prepay_id={first['prepay_id']}"
    assert first["cashier_url"] == f"{provider.url}/cashier/{first['prepay_id']}"
    assert httpx.get(first["cashier_url"]).status_code == 200
    assert second["payment"] == first["payment"]
    assert Payment.objects.count() == 1


def test_real_money_has_no_cashier(world: World, shopper: Caller, settings: Settings) -> None:
    settings.DEV_PROVIDERS = False

    assert start(world, shopper)[1]["cashier_url"] is None


def test_a_provider_that_does_not_answer_is_a_503_and_the_order_stays(
    world: World, shopper: Caller, settings: Settings
) -> None:
    settings.WECHAT = settings.WECHAT | {"BASE_URL": "http://127.0.0.1:9"}
    order = place(shopper=world.shopper, group=world.group, quantities={world.tomato: 2})

    answer = shopper.post(f"orders/{order.public_id}/pay/", {"openid": "o-shopper"}, key="pay-000001")
    order.refresh_from_db()

    assert problem(answer) == (503, "payment_unavailable", None)
    assert order.state == "placed"


def test_without_a_merchant_no_door_pays_and_no_payment_is_left_behind(
    world: World, shopper: Caller, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.WECHAT = dict.fromkeys(settings.WECHAT, "")
    order = place(shopper=world.shopper, group=world.group, quantities={world.tomato: 2})
    token = pay_url(order).rstrip("/").rpartition("/")[2]

    own = shopper.post(f"orders/{order.public_id}/pay/", {"openid": "o-shopper"})
    linked = shopper.post(f"pay-links/{token}/pay/", {"openid": "o-shopper"})

    assert problem(own) == problem(linked) == (503, "payment_unavailable", None)
    told = [record for record in caplog.records if record.message == "no merchant is set up"]
    assert [record.__dict__["error"] for record in told] == ["WECHAT_MCHID is not set"] * 2
    assert not Payment.objects.exists()


def test_a_key_is_not_taken_for_another_orders_payment(world: World, shopper: Caller) -> None:
    first, second = (place(shopper=world.shopper, group=world.group, quantities={world.tomato: 1}) for _ in range(2))
    shopper.post(f"orders/{first.public_id}/pay/", {"openid": "o-shopper"}, key="pay-000001")

    answer = shopper.post(f"orders/{second.public_id}/pay/", {"openid": "o-shopper"}, key="pay-000001")

    assert problem(answer) == (422, "idempotency_key_reused", None)
    assert not second.payments.exists()


@pytest.mark.parametrize("path", [NOTICE, f"{NOTICE}/"])
def test_a_genuine_notice_pays_the_order_once_however_often_it_comes(
    world: World, shopper: Caller, visitor: Caller, provider: RunningProvider, path: str
) -> None:
    number, _ = start(world, shopper)
    body, headers = notice(provider, Payment.objects.get())

    answers = [tell(visitor, body, headers, path) for _ in range(3)]

    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 3
    story = shopper.get(f"orders/{number}/").json()
    assert (story["state"], [each["counts"] for each in story["payments"]]) == ("paid", [True])
    assert [(each["old"], each["new"]) for each in story["history"]] == [("", "placed"), ("placed", "paid")]


def test_the_address_of_notices_is_the_one_that_the_provider_is_told(settings: Settings) -> None:
    """Set by the deployment's defaults; a redirect to another spelling would lose the notice."""
    from django.urls import resolve

    assert resolve(NOTICE).url_name == "api-payments-wechat-notice"
    assert re.search(r"/api/v1/payments/wechat/notice$", f"{settings.PUBLIC_URL}{NOTICE}")


def test_a_forged_notice_is_refused_in_wechats_own_form_and_logged(
    world: World, shopper: Caller, visitor: Caller, provider: RunningProvider, caplog: pytest.LogCaptureFixture
) -> None:
    number, _ = start(world, shopper)
    body, headers = notice(provider, Payment.objects.get())

    altered = tell(visitor, body.replace(b"TRANSACTION.SUCCESS", b"TRANSACTION.SUCCES5"), headers)
    unsigned = tell(visitor, body, {})

    for answer in (altered, unsigned):
        assert (answer.status_code, answer.headers["Content-Type"]) == (401, "application/json")
        assert answer.json() == {"code": "FAIL", "message": "signature wrong"}
    assert [each.message for each in caplog.records if each.name == "groupbuy.api.notices"] == ["notice refused"] * 2
    assert shopper.get(f"orders/{number}/").json()["state"] == "placed"


def test_unknown_trades_and_wrong_amounts_are_refused_and_change_nothing(
    world: World, shopper: Caller, visitor: Caller, provider: RunningProvider
) -> None:
    number, _ = start(world, shopper)
    payment = Payment.objects.get()
    unknown = tell(visitor, *notice(provider, payment, out_trade_no="T000000001"))
    cheap = {"total": 1, "payer_total": 1, "currency": "CNY"}
    wrong = tell(visitor, *notice(provider, payment, amount=cheap))

    assert (unknown.status_code, unknown.json()["code"]) == (404, "FAIL")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "FAIL")
    assert shopper.get(f"orders/{number}/").json()["state"] == "placed"


def test_a_huge_notice_is_not_read(visitor: Caller) -> None:
    answer = tell(visitor, b"x" * (64 * 1024 + 1), {})

    assert (answer.status_code, answer.json()["code"]) == (413, "FAIL")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\x00\xff", b'{"id":"\\ud800"}'])
def test_junk_is_a_401_never_a_500(visitor: Caller, provider: RunningProvider, body: bytes) -> None:
    signed = tell(visitor, body, signed_headers(provider.keys, body))

    assert signed.status_code == 401
    assert json.loads(signed.content)["code"] == "FAIL"


def test_without_a_merchants_keys_notices_are_asked_to_come_later(visitor: Caller, settings: Settings) -> None:
    settings.WECHAT = dict.fromkeys(settings.WECHAT, "")

    assert tell(visitor, b"{}", {}).status_code == 503


def test_credit_pays_at_once_and_shows_where_it_went(world: World, shopper: Caller, neighbour: Caller) -> None:
    credit_grant(person=world.shopper, amount_fen=1000, reason="番茄破损", actor_id=world.staff.pk)
    order = place(shopper=world.shopper, group=world.group, quantities={world.tomato: 2})

    answer = shopper.post(f"orders/{order.public_id}/pay/", {"provider": "credit"}).json()
    again = shopper.post(f"orders/{order.public_id}/pay/", {"provider": "credit"}).json()
    mine, theirs = (caller.get("me/credit/").json() for caller in (shopper, neighbour))

    assert (answer["payment"]["provider"], answer["payment"]["state"]) == ("credit", "paid")
    assert (answer["prepay_id"], answer["client_params"], answer["cashier_url"]) == ("", {}, None)
    assert again == answer
    assert mine["balance_fen"] == 202
    assert [(row["kind"], row["amount_fen"], row["order"], row["reason"]) for row in mine["results"]] == [
        ("payment", -798, order.number, ""),
        ("credit_grant", 1000, None, "番茄破损"),
    ]
    assert (theirs["balance_fen"], theirs["results"]) == (0, [])


def test_too_little_credit_says_what_is_left(world: World, shopper: Caller) -> None:
    credit_grant(person=world.shopper, amount_fen=797, reason="番茄破损", actor_id=world.staff.pk)
    order = place(shopper=world.shopper, group=world.group, quantities={world.tomato: 2})

    answer = shopper.post(f"orders/{order.public_id}/pay/", {"provider": "credit"})

    assert problem(answer) == (409, "credit_short", None)
    assert answer.json()["left_fen"] == 797


def test_only_providers_that_a_person_may_choose_are_taken(world: World, shopper: Caller) -> None:
    order = place(shopper=world.shopper, group=world.group, quantities={world.tomato: 2})

    assert problem(shopper.post(f"orders/{order.public_id}/pay/", {"provider": "demo"}))[0] == 400
    assert not order.payments.exists()
