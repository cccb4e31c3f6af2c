"""Store credit: each balance against the ledger, each grant booked once."""

from groupbuy.selectors.books.check import Check

CHECKS = (
    Check(
        "I6-credit",
        "每人余额等于其分录之和 / a person's credit is what the ledger owes him",
        """
        SELECT 'person ' || person_id AS subject
        FROM (SELECT person_id, fen FROM groupbuy_creditbalance) AS held
        FULL JOIN (
            SELECT person_id, -sum(amount_fen) AS fen FROM groupbuy_ledgerleg
            WHERE account = 'credit_owed' GROUP BY person_id
        ) AS booked USING (person_id)
        WHERE coalesce(held.fen, 0) <> coalesce(booked.fen, 0)
        """,
    ),
    Check(
        "I6-grant",
        "每笔余额发放恰入账一次且等额 / a grant of credit is booked once, with its amount and person",
        """
        SELECT 'credit grant ' || coalesce(grants.id, entry.source_id) AS subject
        FROM groupbuy_creditgrant grants
        FULL JOIN (
            SELECT entry.source_id, leg.person_id, -leg.amount_fen AS fen
            FROM groupbuy_ledgerentry entry JOIN groupbuy_ledgerleg leg ON leg.entry_id = entry.id
            WHERE entry.kind = 'credit_grant' AND leg.account = 'credit_owed'
        ) AS entry ON entry.source_id = grants.id
        WHERE (grants.person_id, grants.amount_fen) IS DISTINCT FROM (entry.person_id, entry.fen)
        """,
    ),
)
