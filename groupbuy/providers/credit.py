"""
Store credit (余额): money that lies in our own books, so that there is no outside to ask.

A payment by credit is settled in the one transaction that asks for it, and a refund in the one that records it: what
moves a person's balance are our services, together with the ledger. Whatever gets here has moved nothing yet.
Instead of a bill, ``check_books`` compares each balance with the ledger.
"""

from groupbuy.providers.inward import WithoutOutside
from groupbuy.providers.payment import RefundState, RefundStatus

CREDIT = "credit"


class StoreCredit(WithoutOutside):
    def refund(
        self, *, out_trade_no: str, out_refund_no: str, amount_fen: int, total_fen: int, reason: str
    ) -> RefundStatus:
        """Always done at once: the guarded move that records it gives the credit back."""
        return RefundStatus(RefundState.SUCCESS, out_refund_no)
