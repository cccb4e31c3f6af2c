"""
Store credit (余额): money that lies in our own books, so that there is no outside to ask.

A payment by credit is settled in the one transaction that asks for it, and a refund in the one that records it: what
moves a person's balance are our services, together with the ledger. Whatever gets here has moved nothing yet.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from groupbuy.providers.payment import (
    BillRow,
    CloseResult,
    Notice,
    NoticeForged,
    Prepay,
    RefundState,
    RefundStatus,
    TradeState,
    TradeStatus,
)

CREDIT = "credit"


class StoreCredit:
    """A :class:`groupbuy.providers.payment.PaymentProvider` without an outside, and without state."""

    def prepay(
        self, *, out_trade_no: str, amount_fen: int, description: str, payer_ref: str, expires_at: datetime
    ) -> Prepay:
        """The payer's client has nothing to open."""
        return Prepay(prepay_id="", client_params={})

    def query(self, *, out_trade_no: str) -> TradeStatus:
        """Nobody knows of a payment that our own books do not know."""
        return TradeStatus(TradeState.ABSENT)

    def close(self, *, out_trade_no: str) -> CloseResult:
        return CloseResult.CLOSED

    def refund(
        self, *, out_trade_no: str, out_refund_no: str, amount_fen: int, total_fen: int, reason: str
    ) -> RefundStatus:
        """Always done at once: the guarded move that records it gives the credit back."""
        return RefundStatus(RefundState.SUCCESS, out_refund_no)

    def query_refund(self, *, out_refund_no: str) -> RefundStatus:
        """Not done as long as anybody asks; sending it again is safe."""
        return RefundStatus(RefundState.ABSENT, out_refund_no)

    def bill(self, *, day: date) -> Iterator[BillRow]:
        """Nobody else keeps one; ``check_books`` compares each balance with the ledger instead."""
        return iter(())

    def read_notice(self, *, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:
        """:raises NoticeForged: always; there is nobody who could have sent it."""
        raise NoticeForged("余额支付没有通知")
