"""Booking money. Set-based: the number of statements does not depend on the number of entries."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from groupbuy.domain.accounts import PERSONAL, EntryKind
from groupbuy.kernel.db import prepared, run


class Source(StrEnum):
    """Tables whose rows carry ``id``, ``order_id`` and ``amount_fen``, so that they can be booked by id."""

    PAYMENT = "payment"
    REFUND = "refund"


# Whose a row of the table is, where an account is owed to single persons.
_PERSON = {
    Source.PAYMENT: "source.payer_id",
    Source.REFUND: "(SELECT payer_id FROM groupbuy_payment WHERE id = source.payment_id)",
}


def book_rows(
    *, kind: EntryKind, source: Source, ids: Sequence[int], debit: StrEnum, credit: StrEnum, now: dt.datetime
) -> None:
    """
    Book ``amount_fen`` of each row once, from ``credit`` to ``debit``; a leg of a personal account names the payer.

    :raises django.db.IntegrityError: one of them was booked as this kind before.
    """
    # One row, of which there are many a second, needs no plan of its own; a million rows do.
    execute = prepared if len(ids) == 1 else run
    execute(
        f"""
        WITH entry AS (
            INSERT INTO groupbuy_ledgerentry (kind, source_kind, source_id, at)
            SELECT %(kind)s::text, %(source)s::text, id, %(now)s::timestamptz FROM unnest(%(ids)s::bigint[]) AS id RETURNING id, source_id
        )
        INSERT INTO groupbuy_ledgerleg (entry_id, account, amount_fen, order_id, person_id)
        SELECT entry.id, leg.account, leg.sign * source.amount_fen, source.order_id,
               CASE WHEN leg.account = ANY(%(personal)s::text[]) THEN {_PERSON[source]} END
        FROM entry JOIN groupbuy_{source.value} source ON source.id = entry.source_id
        CROSS JOIN (VALUES (%(debit)s::text, 1), (%(credit)s::text, -1)) AS leg (account, sign)
        """,  # noqa: S608 - the table's name comes from the enum above
        {
            "kind": kind,
            "source": source,
            "ids": list(ids),
            "debit": debit,
            "credit": credit,
            "now": now,
            "personal": list(PERSONAL),
        },
    )


@dataclass(frozen=True)
class Amount:
    """One entry to book: whose, and how much (fen; a negative amount books the other way round)."""

    source_id: int
    amount_fen: int
    order_id: int | None = None
    person_id: int | None = None


def book_amounts(
    *, kind: StrEnum, source_kind: str, amounts: Sequence[Amount], debit: StrEnum, credit: StrEnum, now: dt.datetime
) -> None:
    """
    Book each amount once as an entry of its own; amounts of zero book nothing.

    :raises django.db.IntegrityError: one of the sources was booked as this kind before.
    """
    wanted = [amount for amount in amounts if amount.amount_fen]
    run(
        """
        WITH wanted AS (
            SELECT * FROM unnest(%(ids)s::bigint[], %(fen)s::bigint[], %(orders)s::bigint[], %(persons)s::bigint[])
                AS wanted (source_id, amount_fen, order_id, person_id)
        ), entry AS (
            INSERT INTO groupbuy_ledgerentry (kind, source_kind, source_id, at)
            SELECT %(kind)s, %(source)s, source_id, %(now)s FROM wanted RETURNING id, source_id
        )
        INSERT INTO groupbuy_ledgerleg (entry_id, account, amount_fen, order_id, person_id)
        SELECT entry.id, leg.account, leg.sign * wanted.amount_fen, wanted.order_id, wanted.person_id
        FROM entry JOIN wanted USING (source_id)
        CROSS JOIN (VALUES (%(debit)s, 1), (%(credit)s, -1)) AS leg (account, sign)
        """,
        {
            "ids": [amount.source_id for amount in wanted],
            "fen": [amount.amount_fen for amount in wanted],
            "orders": [amount.order_id for amount in wanted],
            "persons": [amount.person_id for amount in wanted],
            "kind": kind,
            "source": source_kind,
            "debit": debit,
            "credit": credit,
            "now": now,
        },
    )
