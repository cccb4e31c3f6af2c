"""The development provider itself: its cashier, its memory and its certificate mode."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from wechatpayv3.core import Core

from groupbuy.providers.payment import TradeState
from groupbuy.providers.wechat import WechatPayment
from tests.payment_provider.cashier import back_is_safe, yuan
from tests.payment_provider.faults import Faults, Knobs
from tests.providers.conftest import Mailbox, RunningProvider, announce, make_config, start_provider

BACK = "http://127.0.0.1:8000/g/abc?order=1&x=米"


def post_payment(url: str, back: str) -> httpx.Response:
    """The answer to 确认支付."""
    return httpx.post(url, data={"back": back}, timeout=15)


def test_the_cashier_shows_the_sum_and_says_that_no_real_money_moves(
    adapter: WechatPayment, provider: RunningProvider, trade_no: str
) -> None:
    prepay = announce(adapter, trade_no, amount_fen=123456, description='<script>"大米"</script>')

    page = httpx.get(f"{provider.url}/cashier/{prepay.prepay_id}", params={"back": BACK})

    html = page.text
    assert page.status_code == 200
    assert "1,234.56" in html
    assert "开发用收银台 · 不会扣真钱" in html
    assert "确认支付" in html
    assert "&lt;script&gt;" in html
    assert "<script>" not in html


def test_paying_at_the_cashier_tells_the_merchant_and_sends_the_payer_back(
    adapter: WechatPayment, provider: RunningProvider, mailbox: Mailbox, trade_no: str
) -> None:
    url = f"{provider.url}/cashier/{announce(adapter, trade_no).prepay_id}"

    answer = post_payment(url, BACK)

    assert answer.status_code == 303
    assert answer.headers["Location"] == "http://127.0.0.1:8000/g/abc?order=1&x=%E7%B1%B3"
    assert len(mailbox.received) == 1
    assert adapter.query(out_trade_no=trade_no).state == TradeState.SUCCESS


def test_paying_twice_pays_once(
    adapter: WechatPayment, provider: RunningProvider, mailbox: Mailbox, trade_no: str
) -> None:
    url = f"{provider.url}/cashier/{announce(adapter, trade_no).prepay_id}"
    post_payment(url, BACK)

    answer = post_payment(url, BACK)

    assert answer.status_code == 200
    assert "该订单已支付" in answer.text
    assert len(mailbox.received) == 1


def test_a_closed_trade_cannot_be_paid_at_the_cashier(
    adapter: WechatPayment, provider: RunningProvider, trade_no: str
) -> None:
    url = f"{provider.url}/cashier/{announce(adapter, trade_no).prepay_id}"
    adapter.close(out_trade_no=trade_no)

    answer = post_payment(url, BACK)

    assert "订单已关闭" in answer.text
    assert adapter.query(out_trade_no=trade_no).state == TradeState.CLOSED


def test_an_expired_trade_cannot_be_paid_but_stays_unpaid_until_it_is_closed(
    adapter: WechatPayment, provider: RunningProvider, trade_no: str
) -> None:
    expired = datetime.now(UTC) - timedelta(seconds=2)
    url = f"{provider.url}/cashier/{announce(adapter, trade_no, expires_at=expired).prepay_id}"

    answer = post_payment(url, BACK)

    assert "订单已过期" in answer.text
    assert adapter.query(out_trade_no=trade_no).state == TradeState.NOTPAY


def test_an_unknown_prepay_is_a_clear_404(provider: RunningProvider) -> None:
    page = httpx.get(f"{provider.url}/cashier/wx-nothing")

    assert page.status_code == 404
    assert "订单不存在" in page.text


def test_an_unsafe_way_back_pays_nothing(adapter: WechatPayment, provider: RunningProvider, trade_no: str) -> None:
    url = f"{provider.url}/cashier/{announce(adapter, trade_no).prepay_id}"

    answer = post_payment(url, "https://evil.example/")

    assert answer.status_code == 400
    assert adapter.query(out_trade_no=trade_no).state == TradeState.NOTPAY


@pytest.mark.parametrize(
    ("back", "safe"),
    [
        ("", True),
        ("http://127.0.0.1:8000/x", True),
        ("http://localhost/", True),
        ("http://[::1]:8000/", True),
        ("https://shop.example/orders", True),
        ("https://evil.example/", False),
        ("https://shop.example.evil.example/", False),
        ("http://shop.example@evil.example/", False),
        ("http://a@shop.example/", False),
        ("javascript:alert(1)", False),
        ("//shop.example/", False),
        ("/orders", False),
        ("http://shop.example\\@evil.example/", False),
        ("http://127.0.0.1/\r\nX: 1", False),
        ("http://[::1/", False),
    ],
)
def test_the_way_back_leads_to_this_machine_or_the_merchant(back: str, safe: bool) -> None:
    assert back_is_safe(back, "https://shop.example/notify") is safe


@pytest.mark.parametrize(("fen", "text"), [(1, "0.01"), (100, "1.00"), (1990, "19.90"), (123456789, "1,234,567.89")])
def test_yuan_are_shown_to_the_fen(fen: int, text: str) -> None:
    assert yuan(fen) == text


def test_a_restarted_provider_remembers_keys_trades_and_undelivered_notices(tmp_path: Path, mailbox: Mailbox) -> None:
    first = start_provider(tmp_path, "--time-scale", "0.05")
    adapter = WechatPayment(make_config(first, notify_url=mailbox.url))
    announce(adapter, "T000000001")
    mailbox.status = 500
    first.judge("pay", out_trade_no="T000000001")
    assert first.stop() == 0
    mailbox.status = 200

    second = start_provider(tmp_path, "--time-scale", "0.05")
    try:
        again = WechatPayment(make_config(second, notify_url=mailbox.url))
        assert again.query(out_trade_no="T000000001").state == TradeState.SUCCESS
        assert len(mailbox.wait_for(2)) == 2
    finally:
        second.stop()


def test_a_client_in_certificate_mode_is_served(
    adapter: WechatPayment, provider: RunningProvider, trade_no: str
) -> None:
    announce(adapter, trade_no)
    keys = provider.keys
    pem = keys.merchant_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    class CertificateMode(Core):  # type: ignore[misc]  # the SDK has no types
        def _init_certificates(self) -> None:
            self._gate_way = provider.url
            super()._init_certificates()

    client = CertificateMode(keys.mchid, keys.merchant_serial, pem, keys.api_v3_key)
    status, _ = client.request(f"/v3/pay/transactions/out-trade-no/{trade_no}?mchid={keys.mchid}")

    assert status == 200


def test_one_seed_gives_one_history_of_faults() -> None:
    histories = []
    for _ in range(2):
        faults = Faults(Knobs(seed=7, refund_error_rate=0.4))
        histories.append([faults.strikes("refund_error", f"R{number}") for number in range(200)])

    assert histories[0] == histories[1]
    assert 60 <= sum(histories[0]) <= 100


@pytest.mark.parametrize("changes", [{"nothing": 1}, {"seed": "1"}, {"notice_duplicates": 0.5}, {"hang_s": True}])
def test_a_knob_that_does_not_exist_or_fit_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(changes))):
        Faults(Knobs()).turn(changes)
