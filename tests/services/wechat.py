"""The payment provider as shopper and merchant use it."""

from dataclasses import dataclass
from typing import Any

from groupbuy.models import Order, Payment
from groupbuy.services import payments
from tests.providers.conftest import Mailbox, RunningProvider


@dataclass
class Wechat:
    """The provider's process, and the merchant's letter box for its notices."""

    provider: RunningProvider
    mailbox: Mailbox

    def start(self, order: Order) -> Payment:
        return payments.payment_start(order=order, payer=order.payer, payer_ref="openid-shopper")[0]

    def pay(self, payment: Payment, *, notify: bool = False, **how: Any) -> None:
        self.provider.judge("pay", out_trade_no=payment.out_trade_no, notify=notify, **how)

    def deliver(self, number: int = 1) -> None:
        """Wait for ``number`` notices and hand each to the service, as the web does."""
        letters = self.mailbox.wait_for(number)
        assert len(letters) == number
        for headers, body in letters:
            payments.payment_notice(provider="wechat", headers=headers, body=body)

    def books(self, payment: Payment) -> dict[str, int]:
        """What the provider's own ledger says about a trade: paid_fen, refunded_fen, held_fen."""
        sums: dict[str, int] = self.provider.judge(f"ledger?out_trade_no={payment.out_trade_no}")["sums"]
        return sums
