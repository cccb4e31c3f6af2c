"""The daily bill: read as the provider writes it, whole or not at all, and to the fen."""

import gzip
import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from groupbuy.providers.payment import BillKind, BillRow, ProviderUnavailable
from groupbuy.providers.wechat import BEIJING, WechatPayment
from groupbuy.providers.wechat_bill import check_digest, read_bill
from groupbuy.providers.wechat_wire import Malformed
from tests.payment_provider.bill import bill_text
from tests.providers.conftest import RunningProvider, refund

LONG_AGO = date(2001, 1, 1)


def today() -> date:
    return datetime.now(UTC).astimezone(BEIJING).date()


def test_the_bill_of_a_day_has_what_was_paid_and_what_was_refunded(adapter: WechatPayment, paid: str) -> None:
    refund(adapter, paid, f"R-{paid}", 590)

    found = [row for day in (today(), today() - timedelta(days=1)) for row in adapter.bill(day=day)]

    assert [row for row in found if paid in row.number] == [
        BillRow(BillKind.PAYMENT, paid, 1990, "SUCCESS"),
        BillRow(BillKind.REFUND, f"R-{paid}", 590, "SUCCESS"),
    ]


def test_a_refund_that_moved_no_money_is_not_on_it(adapter: WechatPayment, paid: str, faults: Any) -> None:
    faults(refund_closed_rate=1.0)
    refund(adapter, paid, f"R-{paid}", 590)

    assert f"R-{paid}" not in [row.number for row in adapter.bill(day=today())]


def test_a_day_without_trades_has_no_rows(adapter: WechatPayment) -> None:
    assert list(adapter.bill(day=LONG_AGO)) == []


def test_a_provider_that_fails_gives_no_bill(adapter: WechatPayment, faults: Any) -> None:
    faults(api_error_rate=1.0)

    with pytest.raises(ProviderUnavailable):
        adapter.bill(day=today())


def packed(text: bytes) -> bytes:
    return gzip.compress(text)


def genuine(provider: RunningProvider) -> bytes:
    trade = {
        "out_trade_no": "T1",
        "transaction_id": "42",
        "openid": "o1",
        "paid_at": 1_750_000_000.0,
        "amount_fen": 1_234_567,
        "description": "番茄, 2 份",
    }
    back = trade | {
        "out_refund_no": "R1",
        "refund_id": "50",
        "refund_fen": 5,
        "refunded_at": 1_750_000_001.0,
        "refund_state": "SUCCESS",
    }
    return bill_text(provider.keys, [trade, trade | {"out_trade_no": "T2", "amount_fen": 1}], [back])


def test_amounts_are_exact(provider: RunningProvider) -> None:
    rows = [(row.number, row.amount_fen) for row in read_bill(packed(genuine(provider)))]

    assert rows == [("T1", 1_234_567), ("T2", 1), ("R1", 5)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"`3,", b"`4,"),
        (b"`12345.67", b"`12345.670"),
        (b"`12345.67", b"`-2345.67"),
        (b"`SUCCESS", b"`PAID"),
        ("总交易单数".encode(), "总数".encode()),
        ("商户订单号".encode(), "订单号".encode()),
    ],
    ids=["total", "decimals", "negative", "state", "no foot", "column"],
)
def test_a_bill_that_is_not_as_it_should_be_is_not_read_to_its_end(
    provider: RunningProvider, old: bytes, new: bytes
) -> None:
    text = genuine(provider)
    assert old in text

    with pytest.raises(Malformed):
        list(read_bill(packed(text.replace(old, new))))


def test_a_bill_that_was_cut_off_is_not_whole(provider: RunningProvider) -> None:
    lines = genuine(provider).splitlines(keepends=True)

    with pytest.raises(Malformed, match="no total"):
        list(read_bill(packed(b"".join(lines[:3]))))


@pytest.mark.parametrize("spoil", [lambda text: packed(text + b" "), lambda text: packed(text)[:-9], bytes])
def test_another_file_than_the_signed_answer_named_is_refused(spoil: Any) -> None:
    text = b"bill"
    sha1 = hashlib.sha1(text, usedforsecurity=False).hexdigest()
    check_digest(packed(text), sha1.upper())

    with pytest.raises(Malformed):
        check_digest(spoil(text), sha1)
