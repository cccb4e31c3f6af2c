"""Account kinds that the leaders app adds to the ledger. A debit is positive, a credit negative."""

from enum import StrEnum


class Account(StrEnum):
    # Debit balance: what the platform has spent on leaders' service.
    COMMISSION_COST = "commission_cost"
    # Credit balance: owed to leaders; ``person`` on the leg says to whom.
    COMMISSION_OWED = "commission_owed"


class EntryKind(StrEnum):
    COMMISSION = "commission"
