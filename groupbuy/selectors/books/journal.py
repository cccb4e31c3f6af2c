"""What is written down about what happened: histories, keys, messages."""

from groupbuy.selectors.books.check import Check

CHECKS = (
    Check(
        "I11-edge",
        "状态只沿允许的方向变化 / every state change follows an allowed edge",
        """
        SELECT change.machine || ' ' || change.subject_id AS subject
        FROM groupbuy_statechange change
        LEFT JOIN groupbuy_state_edge edge USING (machine, old, new)
        WHERE change.old <> '' AND edge.machine IS NULL
        """,
    ),
    Check(
        "I11-chain",
        "状态历史首尾相接 / every state change begins where the one before it ended",
        """
        SELECT DISTINCT machine || ' ' || subject_id AS subject
        FROM (
            SELECT machine, subject_id, old, lag(new, 1, '') OVER subject AS before
            FROM groupbuy_statechange WINDOW subject AS (PARTITION BY machine, subject_id ORDER BY id)
        ) AS chain WHERE old <> before
        """,
    ),
    Check(
        "I13",
        "幂等键总有一个成功的答复 / every idempotency key that was kept has one 2xx answer",
        """
        SELECT 'idempotency key ' || id AS subject FROM groupbuy_idempotencykey
        WHERE status IS NULL OR status NOT BETWEEN 200 AND 299 OR answer IS NULL
        """,
    ),
    Check(
        "I14",
        "通知已送达当且仅当有一条消息 / an outbox row is applied exactly when its message exists",
        """
        SELECT 'outbox ' || row.id AS subject
        FROM groupbuy_outbox row LEFT JOIN groupbuy_message message ON message.outbox_id = row.id
        WHERE (row.applied_at IS NULL) <> (message.id IS NULL)
        """,
    ),
)
