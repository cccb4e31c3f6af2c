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
    # Credit balance: store credit that people may pay with; a leg's person says whose.
    CREDIT_OWED = "credit_owed"
    # Debit balance: store credit that the platform has given away.
    CREDIT_COST = "credit_cost"


class EntryKind(StrEnum):
    PAYMENT = "payment"
    PAYMENT_TO_REFUND = "payment_to_refund"
    REFUND_INTENT = "refund_intent"
    REFUND_DONE = "refund_done"
    SALE = "sale"
    CREDIT_GRANT = "credit_grant"


# What is owed to single persons: every leg of these accounts names one.
PERSONAL = (Account.CREDIT_OWED,)
