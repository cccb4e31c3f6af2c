"""
Money that did not come through a provider that we can talk to: imported, replayed and demo orders.

Nothing is announced or asked over a network. A refund is always refused, so that it lands on a person's list.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from groupbuy.providers.payment import (
    BillRow,
    CloseResult,
    Notice,
    NoticeForged,
    Prepay,
    ProviderRefused,
    RefundState,
    RefundStatus,
    TradeState,
    TradeStatus,
)

NAMES = ("ktt", "replay", "demo")


class PaidByHand:
    """A :class:`groupbuy.providers.payment.PaymentProvider` without an outside."""

    def prepay(
        self, *, out_trade_no: str, amount_fen: int, description: str, payer_ref: str, expires_at: datetime
    ) -> Prepay:
        return Prepay(prepay_id="", client_params={})

    def query(self, *, out_trade_no: str) -> TradeStatus:
        """Nobody knows of a payment but the person who records it."""
        return TradeStatus(TradeState.ABSENT)

    def close(self, *, out_trade_no: str) -> CloseResult:
        return CloseResult.CLOSED

    def refund(
        self, *, out_trade_no: str, out_refund_no: str, amount_fen: int, total_fen: int, reason: str
    ) -> RefundStatus:
        """:raises ProviderRefused: always; a person pays it back where the money came in."""
        raise ProviderRefused("BY_HAND", "这笔款不是经微信支付收的，请人工退款")

    def query_refund(self, *, out_refund_no: str) -> RefundStatus:
        return RefundStatus(RefundState.ABSENT, out_refund_no)

    def bill(self, *, day: date) -> Iterator[BillRow]:
        """Nobody writes one."""
        return iter(())

    def read_notice(self, *, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:
        """:raises NoticeForged: always; there is nobody who could have sent it."""
        raise NoticeForged("这个渠道没有支付通知")
