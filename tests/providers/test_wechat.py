"""The WeChat Pay adapter against a provider that speaks the protocol in another process and keeps its own ledger."""

import base64
import socket
import time
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from groupbuy.providers.payment import (
    CloseResult,
    NoMerchant,
    ProviderRefused,
    ProviderUnavailable,
    TradeState,
    TradeStatus,
)
from groupbuy.providers.registry import get_provider
from groupbuy.providers.wechat import WechatPayment
from groupbuy.providers.wechat_config import WechatConfig
from tests.providers.conftest import Mailbox, RunningProvider, announce, make_config, refund


def test_prepay_gives_the_payers_client_parameters_signed_by_the_merchant(
    provider: RunningProvider, trade_no: str
) -> None:
    adapter = WechatPayment(make_config(provider), unix_time=lambda: 1_700_000_000.9)

    prepay = announce(adapter, trade_no)

    params = prepay.client_params
    assert set(params) == {"appId", "timeStamp", "nonceStr", "package", "signType", "paySign"}
    assert params["appId"] == provider.keys.appid
    assert params["timeStamp"] == "1700000000"
    assert params["package"] == f"prepay_id={prepay.prepay_id}"
    assert params["signType"] == "RSA"
    signed = "".join(f"{params[name]}\n" for name in ("appId", "timeStamp", "nonceStr", "package"))
    signature = base64.b64decode(params["paySign"])
    provider.keys.merchant_key.public_key().verify(signature, signed.encode(), PKCS1v15(), SHA256())


def test_the_provider_books_exactly_what_prepay_said(
    adapter: WechatPayment, provider: RunningProvider, trade_no: str
) -> None:
    expires_at = datetime(2040, 1, 1, 12, 30, tzinfo=UTC)

    announce(adapter, trade_no, amount_fen=12345, expires_at=expires_at)

    [trade] = provider.judge(f"ledger?out_trade_no={trade_no}")["trades"]
    assert (trade["amount_fen"], trade["openid"], trade["state"]) == (12345, "openid-shopper", "NOTPAY")
    assert trade["description"] == "五常大米 5kg 等 3 件"
    assert trade["expires_at"] == expires_at.timestamp()


def test_a_description_longer_than_the_protocol_allows_is_cut(
    adapter: WechatPayment, provider: RunningProvider, trade_no: str
) -> None:
    announce(adapter, trade_no, description="米" * 200)

    [trade] = provider.judge(f"ledger?out_trade_no={trade_no}")["trades"]
    assert trade["description"] == "米" * 127


def test_the_same_prepay_twice_gives_the_same_id(adapter: WechatPayment, trade_no: str) -> None:
    first = announce(adapter, trade_no)

    again = announce(adapter, trade_no)

    assert again.prepay_id == first.prepay_id


def test_the_same_number_with_another_amount_is_refused(adapter: WechatPayment, trade_no: str) -> None:
    announce(adapter, trade_no, amount_fen=1990)

    with pytest.raises(ProviderRefused) as refusal:
        announce(adapter, trade_no, amount_fen=1991)

    assert refusal.value.code == "INVALID_REQUEST"
    assert adapter.query(out_trade_no=trade_no).state == TradeState.NOTPAY


@pytest.mark.parametrize(("end", "code"), [("pay", "ORDERPAID"), ("close", "ORDER_CLOSED")])
def test_prepay_of_a_finished_trade_is_refused(
    adapter: WechatPayment, provider: RunningProvider, trade_no: str, end: str, code: str
) -> None:
    announce(adapter, trade_no)
    if end == "pay":
        provider.judge("pay", out_trade_no=trade_no, notify=False)
    else:
        adapter.close(out_trade_no=trade_no)

    with pytest.raises(ProviderRefused) as refusal:
        announce(adapter, trade_no)

    assert refusal.value.code == code


def test_an_unpaid_trade_is_notpay(adapter: WechatPayment, trade_no: str) -> None:
    announce(adapter, trade_no)

    assert adapter.query(out_trade_no=trade_no) == TradeStatus(state=TradeState.NOTPAY)


def test_a_paid_trade_shows_amount_transaction_and_time(
    adapter: WechatPayment, provider: RunningProvider, paid: str
) -> None:
    status = adapter.query(out_trade_no=paid)

    [trade] = provider.judge(f"ledger?out_trade_no={paid}")["trades"]
    assert status == TradeStatus(
        state=TradeState.SUCCESS,
        transaction_id=trade["transaction_id"],
        amount_fen=1990,
        paid_at=datetime.fromtimestamp(int(trade["paid_at"]), UTC),
    )


def test_a_trade_that_was_never_announced_is_absent(adapter: WechatPayment, trade_no: str) -> None:
    assert adapter.query(out_trade_no=trade_no) == TradeStatus(state=TradeState.ABSENT)


def test_closing_an_unpaid_trade_makes_it_unpayable_and_may_be_repeated(
    adapter: WechatPayment, provider: RunningProvider, trade_no: str
) -> None:
    announce(adapter, trade_no)

    results = [adapter.close(out_trade_no=trade_no) for _ in range(2)]

    assert results == [CloseResult.CLOSED, CloseResult.CLOSED]
    assert adapter.query(out_trade_no=trade_no).state == TradeState.CLOSED
    with pytest.raises(httpx.HTTPStatusError, match="409"):
        provider.judge("pay", out_trade_no=trade_no)


def test_closing_a_paid_trade_says_already_paid(adapter: WechatPayment, paid: str) -> None:
    assert adapter.close(out_trade_no=paid) == CloseResult.ALREADY_PAID
    assert adapter.query(out_trade_no=paid).state == TradeState.SUCCESS


def test_closing_an_unknown_trade_says_not_found(adapter: WechatPayment, trade_no: str) -> None:
    assert adapter.close(out_trade_no=trade_no) == CloseResult.NOT_FOUND


def test_a_silent_provider_is_given_up_within_the_read_time_out(
    provider: RunningProvider, paid: str, faults: Any
) -> None:
    faults(refund_timeout_rate=1.0, hang_s=3.0)
    adapter = WechatPayment(make_config(provider, read_timeout_s=0.5))

    started = time.monotonic()
    with pytest.raises(ProviderUnavailable, match="ReadTimeout"):
        refund(adapter, paid, f"R-{paid}", 590)

    assert 0.5 <= time.monotonic() - started < 2.5


def test_a_provider_that_is_down_is_unavailable_at_once(provider: RunningProvider, trade_no: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free_port = taken.getsockname()[1]
    adapter = WechatPayment(make_config(provider, base_url=f"http://127.0.0.1:{free_port}"))

    started = time.monotonic()
    with pytest.raises(ProviderUnavailable, match="ConnectionError"):
        adapter.query(out_trade_no=trade_no)

    assert time.monotonic() - started < 3


def test_a_4xx_that_is_not_the_providers_own_is_no_verdict(
    provider: RunningProvider, mailbox: Mailbox, trade_no: str
) -> None:
    mailbox.status = 404
    adapter = WechatPayment(make_config(provider, base_url=mailbox.url.removesuffix("/notify")))

    with pytest.raises(ProviderUnavailable, match="HTTP 404"):
        adapter.close(out_trade_no=trade_no)


def test_an_unsigned_answer_is_no_verdict(provider: RunningProvider, mailbox: Mailbox, trade_no: str) -> None:
    mailbox.status = 204
    adapter = WechatPayment(make_config(provider, base_url=mailbox.url.removesuffix("/notify")))

    with pytest.raises(ProviderUnavailable, match="signature type"):
        adapter.close(out_trade_no=trade_no)


def test_an_answer_signed_by_another_key_is_no_verdict_and_nothing_is_looked_up(
    provider: RunningProvider, trade_no: str
) -> None:
    stranger = generate_private_key(public_exponent=65537, key_size=2048)
    pem = stranger.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    adapter = WechatPayment(make_config(provider, public_key=pem.decode()))
    before = len(provider.judge("requests"))

    with pytest.raises(ProviderUnavailable, match="signature"):
        announce(adapter, trade_no)

    assert len(provider.judge("requests")) == before + 1


def test_an_answer_under_another_key_id_is_no_verdict_and_nothing_is_looked_up(
    provider: RunningProvider, trade_no: str
) -> None:
    adapter = WechatPayment(make_config(provider, public_key_id="PUB_KEY_ID_1"))
    before = len(provider.judge("requests"))

    with pytest.raises(ProviderUnavailable, match="serial"):
        announce(adapter, trade_no)

    assert len(provider.judge("requests")) == before + 1


@pytest.mark.parametrize("wrong", ["private_key", "serial_no", "mchid"])
def test_a_request_with_wrong_credentials_does_nothing_and_may_be_repeated_when_they_are_right(
    provider: RunningProvider, trade_no: str, wrong: str
) -> None:
    stranger = generate_private_key(public_exponent=65537, key_size=2048)
    pem = stranger.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    adapter = WechatPayment(make_config(provider, **{wrong: pem if wrong == "private_key" else "1900000001"}))

    with pytest.raises(ProviderUnavailable, match="401 SIGN_ERROR"):
        announce(adapter, trade_no)

    assert provider.judge(f"ledger?out_trade_no={trade_no}")["trades"] == []


@pytest.mark.parametrize("number", ["", "short", "x" * 33, "ABC/../DEF", "ABC?mchid=1", "单号单号单号", "ABCDEF\n"])
def test_a_malformed_trade_number_never_leaves_the_house(adapter: WechatPayment, number: str) -> None:
    with pytest.raises(ValueError, match="malformed number"):
        adapter.query(out_trade_no=number)


@pytest.mark.parametrize("amount_fen", [0, -1])
def test_an_amount_below_one_fen_never_leaves_the_house(adapter: WechatPayment, trade_no: str, amount_fen: int) -> None:
    with pytest.raises(ValueError, match="amount"):
        announce(adapter, trade_no, amount_fen=amount_fen)


def test_secrets_are_not_in_the_text_of_a_config(provider: RunningProvider) -> None:
    shown = repr(make_config(provider))

    assert provider.keys.api_v3_key not in shown
    assert "PRIVATE KEY" not in shown


@pytest.mark.parametrize("name", ["MCHID", "PRIVATE_KEY_FILE", "NOTIFY_URL"])
def test_a_missing_or_empty_setting_is_named(provider: RunningProvider, name: str) -> None:
    values = {name.removeprefix("WECHAT_"): value for name, value in provider.settings.items()}
    values |= {"BASE_URL": provider.url, "NOTIFY_URL": "http://127.0.0.1:9/notify"}

    with pytest.raises(KeyError, match=name):
        WechatConfig.from_mapping(values | {name: ""})


def test_without_a_merchant_the_provider_says_which_setting_is_missing(settings: Any) -> None:
    settings.WECHAT = {"MCHID": "1900000001"}

    with pytest.raises(NoMerchant, match="WECHAT_APPID is not set"):
        get_provider("wechat")


def test_the_provider_is_made_once_from_the_settings(provider: RunningProvider, settings: Any, trade_no: str) -> None:
    settings.WECHAT = {name.removeprefix("WECHAT_"): value for name, value in provider.settings.items()} | {
        "BASE_URL": provider.url,
        "NOTIFY_URL": "http://127.0.0.1:9/notify",
    }

    first, second = get_provider("wechat"), get_provider("wechat")

    assert first is second
    assert first.query(out_trade_no=trade_no).state == TradeState.ABSENT
