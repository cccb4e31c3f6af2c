"""What providers have in common that have no outside: nothing is announced, asked or notified over a network."""

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


class WithoutOutside:
    """A :class:`groupbuy.providers.payment.PaymentProvider` without state, but for ``refund``."""

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

    def query_refund(self, *, out_refund_no: str) -> RefundStatus:
        """Not done as long as anybody asks; sending it again is safe."""
        return RefundStatus(RefundState.ABSENT, out_refund_no)

    def bill(self, *, day: date) -> Iterator[BillRow]:
        """Nobody else keeps one."""
        return iter(())

    def read_notice(self, *, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:
        """:raises NoticeForged: always; there is nobody who could have sent it."""
        raise NoticeForged("这个渠道没有支付通知")
