"""Payment notices: what the provider really sends is read; anything forged, altered, foreign or old is not."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from groupbuy.providers.payment import (
    Notice,
    NoticeForged,
    NoticeUnsupported,
    RefundNotice,
    RefundState,
    TradeState,
)
from groupbuy.providers.wechat import WechatPayment
from tests.payment_provider.keys import KeyRing
from tests.payment_provider.signing import notice_body, refund_notice_body, seal, signed_headers
from tests.providers.conftest import Mailbox, RunningProvider, announce, make_config

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
STAMP = int(NOW.timestamp())


def trade(keys: KeyRing, **changes: Any) -> dict[str, Any]:
    return {
        "appid": keys.appid,
        "mchid": keys.mchid,
        "out_trade_no": "T000000001",
        "transaction_id": "4200000001",
        "trade_state": "SUCCESS",
        "success_time": "2026-11-22T22:59:58+08:00",
        "amount": {"total": 1990, "payer_total": 1990, "currency": "CNY"},
    } | changes


def genuine(keys: KeyRing, **changes: Any) -> bytes:
    return notice_body(keys, notice_id="EV-1", created="2026-11-22T23:00:00+08:00", trade=trade(keys, **changes))


def headers_for(keys: KeyRing, body: bytes, **changes: Any) -> dict[str, str]:
    return signed_headers(keys, body, **{"timestamp": STAMP} | changes)


@pytest.fixture
def reader(provider: RunningProvider) -> WechatPayment:
    """An adapter whose gateway does not exist: reading a notice asks nobody."""
    return WechatPayment(make_config(provider, base_url="http://127.0.0.1:9"))


@pytest.fixture
def keys(provider: RunningProvider) -> KeyRing:
    return provider.keys


def test_a_genuine_notice_is_read(reader: WechatPayment, keys: KeyRing) -> None:
    body = genuine(keys)

    notice = reader.read_notice(headers=headers_for(keys, body), body=body, now=NOW)

    assert notice == Notice(
        notice_id="EV-1",
        event_type="TRANSACTION.SUCCESS",
        out_trade_no="T000000001",
        transaction_id="4200000001",
        amount_fen=1990,
        currency="CNY",
        mchid=keys.mchid,
        appid=keys.appid,
        trade_state=TradeState.SUCCESS,
        paid_at=datetime(2026, 11, 22, 14, 59, 58, tzinfo=UTC),
    )


def test_header_names_may_come_in_any_case(reader: WechatPayment, keys: KeyRing) -> None:
    body = genuine(keys)
    headers = {name.upper(): value for name, value in headers_for(keys, body).items()}

    assert reader.read_notice(headers=headers, body=body, now=NOW).notice_id == "EV-1"


@pytest.mark.parametrize("offset_s", [-300, 300])
def test_the_window_of_five_minutes_includes_its_ends(reader: WechatPayment, keys: KeyRing, offset_s: int) -> None:
    body = genuine(keys)
    headers = headers_for(keys, body)

    assert reader.read_notice(headers=headers, body=body, now=NOW + timedelta(seconds=offset_s)).notice_id == "EV-1"


@pytest.mark.parametrize("offset", [timedelta(seconds=-300, microseconds=-1), timedelta(seconds=300, microseconds=1)])
def test_a_genuine_notice_outside_the_window_is_refused(
    reader: WechatPayment, keys: KeyRing, offset: timedelta
) -> None:
    body = genuine(keys)

    with pytest.raises(NoticeForged, match="age"):
        reader.read_notice(headers=headers_for(keys, body), body=body, now=NOW + offset)


@pytest.mark.parametrize(
    "name", ["Signature", "Timestamp", "Nonce", "Serial", "Signature-Type"], ids=lambda name: f"without {name}"
)
def test_a_notice_without_one_of_its_headers_is_refused(reader: WechatPayment, keys: KeyRing, name: str) -> None:
    body = genuine(keys)
    headers = headers_for(keys, body)
    del headers[f"Wechatpay-{name}"]

    with pytest.raises(NoticeForged):
        reader.read_notice(headers=headers, body=body, now=NOW)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Signature", "WECHATPAY/SIGNTEST/b2xkIHNpZ25hdHVyZQ=="),
        ("Signature", "not base64 at all!"),
        ("Signature", "签名"),
        ("Timestamp", str(STAMP + 1)),
        ("Timestamp", "-1"),
        ("Timestamp", "١٢٣"),
        ("Timestamp", "9" * 400),
        ("Nonce", "another"),
        ("Serial", "PUB_KEY_ID_2"),
        ("Serial", "7132D72A03E93CDDF8C03BBD1F37EEDF"),
        ("Signature-Type", "WECHATPAY2-SM2-WITH-SM3"),
    ],
)
def test_a_notice_with_an_altered_header_is_refused(
    reader: WechatPayment, keys: KeyRing, name: str, value: str
) -> None:
    body = genuine(keys)
    headers = headers_for(keys, body) | {f"Wechatpay-{name}": value}

    with pytest.raises(NoticeForged):
        reader.read_notice(headers=headers, body=body, now=NOW)


def test_a_notice_that_was_reserialised_is_refused(reader: WechatPayment, keys: KeyRing) -> None:
    body = genuine(keys)
    same_json = json.dumps(json.loads(body), separators=(",", ":")).encode()

    with pytest.raises(NoticeForged, match="signature"):
        reader.read_notice(headers=headers_for(keys, body), body=same_json, now=NOW)


def test_a_notice_longer_than_64_kib_is_refused_though_signed(reader: WechatPayment, keys: KeyRing) -> None:
    body = genuine(keys) + b" " * 65_536

    with pytest.raises(NoticeForged, match="too long"):
        reader.read_notice(headers=headers_for(keys, body), body=body, now=NOW)


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[" * 60_000], ids=["none", "bytes", "deep"])
def test_a_body_that_was_never_signed_is_refused_before_it_is_parsed(
    reader: WechatPayment, keys: KeyRing, body: bytes
) -> None:
    with pytest.raises(NoticeForged):
        reader.read_notice(headers=headers_for(keys, genuine(keys)), body=body, now=NOW)


def test_a_notice_signed_by_a_stranger_is_refused(reader: WechatPayment, keys: KeyRing) -> None:
    body = genuine(keys)
    stranger = KeyRing(**vars(keys) | {"platform_key": generate_private_key(public_exponent=65537, key_size=2048)})

    with pytest.raises(NoticeForged, match="signature"):
        reader.read_notice(headers=headers_for(stranger, body), body=body, now=NOW)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"mchid": "1900000001"}, "mchid"),
        ({"appid": "wx0000000000000000"}, "appid"),
        ({"amount": {"total": 1990, "currency": "USD"}}, "currency"),
        ({"amount": {"total": 1990}}, "currency"),
        ({"amount": {"total": 0, "currency": "CNY"}}, "total"),
        ({"amount": {"total": -1990, "currency": "CNY"}}, "total"),
        ({"amount": {"total": "1990", "currency": "CNY"}}, "total"),
        ({"amount": {"total": 1990.0, "currency": "CNY"}}, "total"),
        ({"amount": {"total": True, "currency": "CNY"}}, "total"),
        ({"amount": None}, "amount"),
        ({"out_trade_no": ""}, "out_trade_no"),
        ({"transaction_id": None}, "transaction_id"),
        ({"trade_state": 1}, "trade_state"),
        ({"success_time": "yesterday"}, "success_time"),
        ({"success_time": "2026-11-22T22:59:58"}, "success_time"),
    ],
    ids=str,
)
def test_a_well_signed_notice_with_a_wrong_field_is_refused(
    reader: WechatPayment, keys: KeyRing, changes: dict[str, Any], reason: str
) -> None:
    body = genuine(keys, **changes)

    with pytest.raises(NoticeForged, match=f"^{reason}$"):
        reader.read_notice(headers=headers_for(keys, body), body=body, now=NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"ciphertext": "AAAA"},
        {"ciphertext": "A"},
        {"ciphertext": 7},
        {"nonce": "another12345"},
        {"nonce": "short"},
        {"associated_data": "refund"},
        {"associated_data": 7},
        {"algorithm": "AEAD_SM4_GCM"},
    ],
    ids=str,
)
def test_a_well_signed_notice_whose_seal_is_broken_is_refused(
    reader: WechatPayment, keys: KeyRing, changes: dict[str, Any]
) -> None:
    envelope = json.loads(genuine(keys))
    envelope["resource"] |= changes
    body = json.dumps(envelope).encode()

    with pytest.raises(NoticeForged):
        reader.read_notice(headers=headers_for(keys, body), body=body, now=NOW)


@pytest.mark.parametrize("body", [b"[" * 60_000, b'{"a":' * 12_000], ids=["lists", "objects"])
def test_a_well_signed_notice_that_is_nested_too_deep_is_refused(
    reader: WechatPayment, keys: KeyRing, body: bytes
) -> None:
    with pytest.raises(NoticeForged, match="not JSON"):
        reader.read_notice(headers=headers_for(keys, body), body=body, now=NOW)


@pytest.mark.parametrize("plain", [b"[]", b"1", b"{", b"\xff", b'"text"', b"[" * 20_000], ids=lambda plain: plain[:8])
def test_a_seal_around_something_else_than_an_object_is_refused(
    reader: WechatPayment, keys: KeyRing, plain: bytes
) -> None:
    envelope = json.loads(genuine(keys)) | {"resource": seal(keys, plain, associated="transaction")}
    body = json.dumps(envelope).encode()

    with pytest.raises(NoticeForged):
        reader.read_notice(headers=headers_for(keys, body), body=body, now=NOW)


def refund_ended(keys: KeyRing, **changes: Any) -> bytes:
    content = {
        "mchid": keys.mchid,
        "out_trade_no": "T000000001",
        "transaction_id": "4200000001",
        "out_refund_no": "R000000001",
        "refund_id": "5000000001",
        "refund_status": "SUCCESS",
        "success_time": "2026-11-22T22:59:58+08:00",
        "amount": {"total": 1990, "refund": 590, "payer_total": 1990, "payer_refund": 590},
    }
    return refund_notice_body(keys, notice_id="EV-2", created="2026-11-22T23:00:00+08:00", refund=content | changes)


def test_a_notice_about_a_refund_is_read(reader: WechatPayment, keys: KeyRing) -> None:
    body = refund_ended(keys)

    notice = reader.read_notice(headers=headers_for(keys, body), body=body, now=NOW)

    assert notice == RefundNotice(
        notice_id="EV-2",
        event_type="REFUND.SUCCESS",
        out_trade_no="T000000001",
        out_refund_no="R000000001",
        refund_id="5000000001",
        amount_fen=590,
        total_fen=1990,
        state=RefundState.SUCCESS,
        succeeded_at=datetime(2026, 11, 22, 14, 59, 58, tzinfo=UTC),
    )


@pytest.mark.parametrize("status", ["ABNORMAL", "CLOSED"])
def test_a_refund_that_failed_at_the_provider_has_no_time_of_success(
    reader: WechatPayment, keys: KeyRing, status: str
) -> None:
    body = refund_ended(keys, refund_status=status, success_time=None)

    notice = reader.read_notice(headers=headers_for(keys, body), body=body, now=NOW)

    assert isinstance(notice, RefundNotice)
    assert (notice.event_type, notice.state, notice.succeeded_at) == (f"REFUND.{status}", status, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"mchid": "1900009999"},
        {"mchid": None},
        {"out_refund_no": None},
        {"amount": {"total": 1990, "refund": 0}},
        {"amount": {"total": 1990, "refund": "590"}},
        {"amount": {"refund": 590}},
        {"success_time": None},
        {"success_time": "yesterday"},
    ],
    ids=str,
)
def test_a_refund_notice_that_is_not_ours_or_not_whole_is_refused(
    reader: WechatPayment, keys: KeyRing, changes: dict[str, Any]
) -> None:
    body = refund_ended(keys, **changes)

    with pytest.raises(NoticeForged):
        reader.read_notice(headers=headers_for(keys, body), body=body, now=NOW)


def test_a_notice_about_something_else_is_genuine_but_unsupported(reader: WechatPayment, keys: KeyRing) -> None:
    body = json.dumps(json.loads(genuine(keys)) | {"event_type": "MCHTRANSFER.BILL.FINISHED"}).encode()

    with pytest.raises(NoticeUnsupported) as unsupported:
        reader.read_notice(headers=headers_for(keys, body), body=body, now=NOW)

    assert unsupported.value.event_type == "MCHTRANSFER.BILL.FINISHED"


def test_a_payment_is_noticed_over_http_before_the_payer_returns(
    adapter: WechatPayment, provider: RunningProvider, mailbox: Mailbox, trade_no: str
) -> None:
    announce(adapter, trade_no, amount_fen=1990)

    report = provider.judge("pay", out_trade_no=trade_no)

    [(headers, body)] = mailbox.received
    notice = adapter.read_notice(headers=headers, body=body, now=datetime.now(UTC))
    assert isinstance(notice, Notice)
    assert (notice.out_trade_no, notice.amount_fen) == (trade_no, 1990)
    assert notice.transaction_id == report["trades"][0]["transaction_id"]
    assert notice.notice_id == report["notices"][0]["notice_id"]
    assert report["notices"][0]["state"] == "delivered"


def test_a_notice_that_is_not_acknowledged_comes_again_with_the_same_id(
    adapter: WechatPayment, provider: RunningProvider, mailbox: Mailbox, trade_no: str
) -> None:
    mailbox.status = 500
    announce(adapter, trade_no)
    provider.judge("pay", out_trade_no=trade_no)
    mailbox.status = 200

    received = mailbox.wait_for(2)

    now = datetime.now(UTC)
    ids = {adapter.read_notice(headers=headers, body=body, now=now).notice_id for headers, body in received}
    assert (len(received), len(ids)) == (2, 1)


def test_a_swallowed_notice_never_comes_but_the_trade_is_paid(
    adapter: WechatPayment, provider: RunningProvider, mailbox: Mailbox, trade_no: str, faults: Any
) -> None:
    faults(notice_swallow_rate=1.0)
    announce(adapter, trade_no)

    report = provider.judge("pay", out_trade_no=trade_no)

    assert mailbox.received == []
    assert report["notices"][0]["state"] == "swallowed"
    assert adapter.query(out_trade_no=trade_no).state == TradeState.SUCCESS


def test_duplicates_come_when_asked_for(
    adapter: WechatPayment, provider: RunningProvider, mailbox: Mailbox, trade_no: str, faults: Any
) -> None:
    faults(notice_duplicates=2)
    announce(adapter, trade_no)
    provider.judge("pay", out_trade_no=trade_no)

    results = provider.judge("resend", out_trade_no=trade_no, times=5)["results"]

    assert results == ["200"] * 5
    assert len(mailbox.received) == 8
