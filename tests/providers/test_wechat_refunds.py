"""Refunds through the adapter: once per number, never more than was paid, and no verdict kept apart from a no."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from typing import Any

import pytest

from groupbuy.providers.payment import ProviderRefused, ProviderUnavailable, RefundState, TradeState
from groupbuy.providers.wechat import WechatPayment
from tests.providers.conftest import RunningProvider, announce, refund


def test_a_refund_is_processing_first_and_success_when_asked_again(adapter: WechatPayment, paid: str) -> None:
    accepted = refund(adapter, paid, f"R-{paid}", 590)

    assert (accepted.state, accepted.amount_fen, accepted.succeeded_at) == (RefundState.PROCESSING, 590, None)
    done = adapter.query_refund(out_refund_no=f"R-{paid}")
    assert (done.state, done.amount_fen, done.refund_id) == (RefundState.SUCCESS, 590, accepted.refund_id)
    assert done.succeeded_at is not None
    assert done.succeeded_at.tzinfo is UTC
    assert adapter.query(out_trade_no=paid).state == TradeState.REFUND


def test_a_refund_waits_for_its_settlement(adapter: WechatPayment, paid: str, faults: Any) -> None:
    faults(refund_settle_s=60)

    refund(adapter, paid, f"R-{paid}", 590)

    assert adapter.query_refund(out_refund_no=f"R-{paid}").state == RefundState.PROCESSING


def test_one_refund_number_refunds_once_even_from_eight_threads(
    adapter: WechatPayment, provider: RunningProvider, paid: str
) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: refund(adapter, paid, f"R-{paid}", 590), range(16)))

    assert len({answer.refund_id for answer in answers}) == 1
    assert provider.judge(f"ledger?out_trade_no={paid}")["sums"] == {
        "paid_fen": 1990,
        "refunded_fen": 590,
        "held_fen": 1400,
    }


def test_a_refund_number_with_another_amount_is_refused(
    adapter: WechatPayment, provider: RunningProvider, paid: str
) -> None:
    refund(adapter, paid, f"R-{paid}", 590)

    with pytest.raises(ProviderRefused) as refusal:
        refund(adapter, paid, f"R-{paid}", 591)

    assert refusal.value.code == "INVALID_REQUEST"
    assert provider.judge(f"ledger?out_trade_no={paid}")["sums"]["refunded_fen"] == 590


def test_refunds_stop_at_what_was_paid(adapter: WechatPayment, provider: RunningProvider, paid: str) -> None:
    refund(adapter, paid, f"R1-{paid}", 1500)

    with pytest.raises(ProviderRefused) as refusal:
        refund(adapter, paid, f"R2-{paid}", 491)

    assert refusal.value.code == "INVALID_REQUEST"
    refund(adapter, paid, f"R3-{paid}", 490)
    assert provider.judge(f"ledger?out_trade_no={paid}")["sums"]["held_fen"] == 0


def test_the_fifty_first_refund_of_a_trade_is_refused(
    adapter: WechatPayment, provider: RunningProvider, paid: str
) -> None:
    for number in range(50):
        refund(adapter, paid, f"R{number}-{paid}", 1)

    with pytest.raises(ProviderRefused, match="50"):
        refund(adapter, paid, f"R50-{paid}", 1)

    assert provider.judge(f"ledger?out_trade_no={paid}")["sums"]["refunded_fen"] == 50


def test_a_refund_with_a_wrong_total_is_refused(adapter: WechatPayment, paid: str) -> None:
    with pytest.raises(ProviderRefused) as refusal:
        refund(adapter, paid, f"R-{paid}", 590, total_fen=2000)

    assert refusal.value.code == "INVALID_REQUEST"


def test_an_unpaid_trade_cannot_be_refunded(adapter: WechatPayment, trade_no: str) -> None:
    announce(adapter, trade_no)

    with pytest.raises(ProviderRefused):
        refund(adapter, trade_no, f"R-{trade_no}", 590)


def test_an_unknown_refund_is_absent(adapter: WechatPayment, trade_no: str) -> None:
    assert adapter.query_refund(out_refund_no=f"R-{trade_no}").state == RefundState.ABSENT


@pytest.mark.parametrize("fault", ["refund_error_rate", "refund_limit_rate", "api_error_rate"])
def test_5xx_and_rate_limits_are_no_verdict(
    adapter: WechatPayment, provider: RunningProvider, paid: str, faults: Any, fault: str
) -> None:
    faults(**{fault: 1.0})

    with pytest.raises(ProviderUnavailable):
        refund(adapter, paid, f"R-{paid}", 590)

    assert provider.judge(f"ledger?out_trade_no={paid}")["refunds"] == []


def test_a_merchant_without_funds_is_told_so(adapter: WechatPayment, paid: str, faults: Any) -> None:
    faults(refund_no_funds_rate=1.0)

    with pytest.raises(ProviderRefused) as refusal:
        refund(adapter, paid, f"R-{paid}", 590)

    assert refusal.value.code == "NOT_ENOUGH"


def test_a_refund_whose_answer_was_lost_is_not_refunded_again(
    adapter: WechatPayment, provider: RunningProvider, paid: str, faults: Any
) -> None:
    faults(refund_lost_answer_rate=1.0)
    with pytest.raises(ProviderUnavailable):
        refund(adapter, paid, f"R-{paid}", 590)
    faults(refund_lost_answer_rate=0.0)

    refund(adapter, paid, f"R-{paid}", 590)

    assert provider.judge(f"ledger?out_trade_no={paid}")["sums"]["refunded_fen"] == 590
