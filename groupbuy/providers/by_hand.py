"""
Money that did not come through a provider that we can talk to: imported, replayed and demo orders.

A refund is always refused, so that it lands on a person's list.
"""

from groupbuy.providers.inward import WithoutOutside
from groupbuy.providers.payment import ProviderRefused, RefundStatus

NAMES = ("ktt", "replay", "demo")


class PaidByHand(WithoutOutside):
    def refund(
        self, *, out_trade_no: str, out_refund_no: str, amount_fen: int, total_fen: int, reason: str
    ) -> RefundStatus:
        """:raises ProviderRefused: always; a person pays it back where the money came in."""
        raise ProviderRefused("BY_HAND", "这笔款不是经微信支付收的，请人工退款")
