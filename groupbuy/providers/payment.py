"""
The payment port: what the services ask of a payment provider, whichever it is.

Amounts are fen (integers, CNY). Instants are aware and UTC. No call stores anything or opens a transaction;
call none of them inside one, because each may take seconds.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol


class ProviderError(Exception):
    """A provider call did not give what was asked for."""


class ProviderUnavailable(ProviderError):
    """
    No verdict: time-out, lost connection, 5xx, rate limit, unsigned answer, or our own keys or clock refused.

    Whether the provider has acted is unknown. Repeat with the same numbers, or query.
    """


class NoMerchant(ProviderUnavailable):
    """The settings do not say who we are at the provider; nothing was asked."""


class ProviderRefused(ProviderError):
    """
    The provider's verdict is no, and repeating the same request will not change it.

    ``code`` is the provider's own. One exception: ``NOT_ENOUGH`` on a refund ends once the merchant's account is
    topped up; repeat it then with the same refund number.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class NoticeForged(ProviderError):
    """The notice is not from the provider, not for us, altered, or too old. Answer 401 and change nothing."""


class NoticeUnsupported(ProviderError):
    """A genuine notice about something else than a payment or a refund. Acknowledge it, so that it is not repeated."""

    def __init__(self, event_type: str) -> None:
        super().__init__(event_type)
        self.event_type = event_type


class TradeState(StrEnum):
    """
    State of a trade at the provider.

    REFUND means that it was paid and at least one refund was asked for. ABSENT: the provider has no such trade.
    UNKNOWN: a word that this code does not know; ask again later.
    """

    NOTPAY = "NOTPAY"
    SUCCESS = "SUCCESS"
    REFUND = "REFUND"
    CLOSED = "CLOSED"
    REVOKED = "REVOKED"
    USERPAYING = "USERPAYING"
    PAYERROR = "PAYERROR"
    ABSENT = "ABSENT"
    UNKNOWN = "UNKNOWN"


class CloseResult(StrEnum):
    CLOSED = "CLOSED"
    ALREADY_PAID = "ALREADY_PAID"
    NOT_FOUND = "NOT_FOUND"


class RefundState(StrEnum):
    """
    State of a refund at the provider.

    PROCESSING is accepted but not done. ABNORMAL needs a person (the payer's card is gone). CLOSED has moved no money.
    ABSENT: no such refund. UNKNOWN: ask again later.
    """

    PROCESSING = "PROCESSING"
    SUCCESS = "SUCCESS"
    CLOSED = "CLOSED"
    ABNORMAL = "ABNORMAL"
    ABSENT = "ABSENT"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Prepay:
    """``client_params`` go unchanged to the payer's client, which opens the provider's payment sheet with them."""

    prepay_id: str
    client_params: dict[str, str]


@dataclass(frozen=True, slots=True)
class TradeStatus:
    """``transaction_id`` and ``paid_at`` are None until paid; ``amount_fen`` is None where the provider omits it."""

    state: TradeState
    transaction_id: str | None = None
    amount_fen: int | None = None
    paid_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RefundStatus:
    """All but ``state`` and ``out_refund_no`` are None for an ABSENT refund; ``succeeded_at`` until it succeeded."""

    state: RefundState
    out_refund_no: str
    refund_id: str | None = None
    amount_fen: int | None = None
    succeeded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """
    A verified payment notice. The receiver still compares ``out_trade_no`` and ``amount_fen`` with its own records.

    ``notice_id`` is the same in every repetition of one notice.
    """

    notice_id: str
    event_type: str
    out_trade_no: str
    transaction_id: str
    amount_fen: int
    currency: str
    mchid: str
    appid: str
    trade_state: TradeState
    paid_at: datetime


@dataclass(frozen=True, slots=True)
class RefundNotice:
    """
    A verified notice about a refund that has ended: SUCCESS, ABNORMAL or CLOSED.

    The receiver still compares the numbers and amounts with its own records. ``succeeded_at`` is None unless SUCCESS.
    """

    notice_id: str
    event_type: str
    out_trade_no: str
    out_refund_no: str
    refund_id: str
    amount_fen: int
    total_fen: int
    state: RefundState
    succeeded_at: datetime | None


class BillKind(StrEnum):
    PAYMENT = "payment"
    REFUND = "refund"


@dataclass(frozen=True, slots=True)
class BillRow:
    """
    One line of a provider's daily bill: something paid or refunded on that day.

    ``number`` is ours: out_trade_no or out_refund_no. ``state`` is the provider's word; SUCCESS means done,
    PROCESSING a refund that was accepted and will be done.
    """

    kind: BillKind
    number: str
    amount_fen: int
    state: str


class PaymentProvider(Protocol):
    """
    Trade numbers have 6-32 and refund numbers 1-64 characters out of digits, letters, ``_``, ``-`` and ``*``.

    Every call raises :class:`ProviderUnavailable`; those that change something also :class:`ProviderRefused`.
    A malformed number or an amount below 1 fen is a ValueError.
    """

    def prepay(
        self, *, out_trade_no: str, amount_fen: int, description: str, payer_ref: str, expires_at: datetime
    ) -> Prepay:
        """
        Announce a trade. Repeating with the same parameters is safe; with others it is refused.

        :param description: shown to the payer; cut to 127 characters.
        :param payer_ref: the payer's identity at the provider (WeChat: openid).
        :param expires_at: last instant at which it can be paid; the trade still has to be closed afterwards.
        """
        ...

    def query(self, *, out_trade_no: str) -> TradeStatus: ...

    def close(self, *, out_trade_no: str) -> CloseResult:
        """Close an unpaid trade so that nobody can pay it any more; closing twice is safe."""
        ...

    def refund(
        self, *, out_trade_no: str, out_refund_no: str, amount_fen: int, total_fen: int, reason: str
    ) -> RefundStatus:
        """
        Refund a part or all of a paid trade; the same ``out_refund_no`` refunds once however often it is sent.

        :param amount_fen: 1 .. ``total_fen``.
        :param total_fen: what was paid for the whole trade.
        :param reason: shown to the payer; cut to 80 characters.
        """
        ...

    def query_refund(self, *, out_refund_no: str) -> RefundStatus: ...

    def bill(self, *, day: date) -> Iterator[BillRow]:
        """
        Fetch the bill of one day of China's calendar; a day without trades gives no rows.

        Fetched whole before the first row is given, so that rows may be read inside a transaction.

        :raises ProviderUnavailable: also if the bill is not ready yet, or not whole; while rows are read, too.
        """
        ...

    def read_notice(self, *, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice | RefundNotice:
        """
        Verify, decrypt and check one notice, with no network call.

        :param headers: HTTP header names in any case.
        :param body: the raw bytes; re-serialised JSON does not verify.
        :param now: notices dated more than 5 minutes before or after are refused.
        :raises NoticeForged: anything about it is wrong.
        :raises NoticeUnsupported: genuine, but not about a payment or a refund.
        """
        ...
