"""
Account kinds of groupbuy's part of the ledger, and what each balance means.

Signs: a debit is positive, a credit negative; every entry sums to zero.
"""

from enum import StrEnum


class Account(StrEnum):
    # Debit balance: money that lies with the payment provider and belongs to this platform's books.
    PROVIDER = "provider"
    # Credit balance: paid by shoppers for goods that they have not collected yet.
    HELD = "held"
    # Credit balance: owed back to payers until the provider confirms the refund.
    REFUND_DUE = "refund_due"
    # Credit balance: sales of collected goods.
    EARNED = "earned"


class EntryKind(StrEnum):
    PAYMENT = "payment"
    PAYMENT_TO_REFUND = "payment_to_refund"
    REFUND_INTENT = "refund_intent"
    REFUND_DONE = "refund_done"
    SALE = "sale"
