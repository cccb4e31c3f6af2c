"""
The oracle of stages 1 to 3: what must always hold, each as one query that returns nothing when all is well.

A query yields one text column ``subject``. All are set-based, so that a million orders cost a few joins. Every app
has such a module with ``CHECKS``; ``manage.py check_books`` runs them all. Numbers follow the table of invariants.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from groupbuy.domain.states import MACHINES
from groupbuy.kernel.db import rows
from groupbuy.kernel.machine import Machine

SHOWN = 5
# How long a healthy system may be behind with what is due.
LATE_S = 60


@dataclass(frozen=True)
class Check:
    """
    :param id: the invariant's number, with a word where it has several queries.
    :param sentence: what must hold, in Chinese and English.
    :param sql: yields ``subject`` for each row that breaks it.
    :param is_age: tells only that something is late; a system that is being stopped or stepped by hand may be.
    """

    id: str
    sentence: str
    sql: str
    is_age: bool = False


@dataclass(frozen=True)
class Finding:
    """``subjects``: the first five of ``count`` offenders."""

    id: str
    sentence: str
    count: int
    subjects: tuple[str, ...]


def violations(checks: Iterable[Check]) -> list[Finding]:
    """Run one query for each check; return those that found something."""
    return [finding for check in checks if (finding := _look(check)).count]


def _look(check: Check) -> Finding:
    (found,) = rows(
        f"SELECT count(*) AS count, (array_agg(subject))[1:{SHOWN}] AS subjects FROM ({check.sql}) AS bad"  # noqa: S608
    )
    return Finding(check.id, check.sentence, found["count"], tuple(found["subjects"] or ()))


def machine_checks(machines: Sequence[Machine], app: str) -> tuple[Check, ...]:
    """Compare every row of these machines with its history: I11 (where it stands) and I12 (how it got there)."""
    now = " UNION ALL ".join(
        f"SELECT '{machine.name}' AS machine, id AS subject_id, state::text, version FROM {machine.table}"  # noqa: S608
        for machine in machines
    )
    names = ", ".join(f"'{machine.name}'" for machine in machines)
    compared = f"""
        SELECT machine || ' ' || subject_id AS subject
        FROM ({now}) AS row
        LEFT JOIN (
            SELECT machine, subject_id, count(*) FILTER (WHERE old = '') AS births,
                   count(*) FILTER (WHERE old <> '') AS moves, (array_agg(new ORDER BY id DESC))[1] AS latest
            FROM groupbuy_statechange WHERE machine IN ({names}) GROUP BY machine, subject_id
        ) AS history USING (machine, subject_id)
    """  # noqa: S608 - names of our own machines and tables
    return (
        Check(
            f"I11-now-{app}",
            "每个对象的当前状态等于其历史的最后一条 / a row's state is where its history ends",
            f"{compared} WHERE row.state IS DISTINCT FROM history.latest",
        ),
        Check(
            f"I12-{app}",
            "版本号减一等于状态变更次数，且只诞生一次 / version - 1 is the number of moves, after exactly one birth",
            f"{compared} WHERE history.births IS DISTINCT FROM 1 OR row.version - 1 <> history.moves",
        ),
    )


_STOCK = (
    Check(
        "I1",
        "已售数等于有效订单件数之和，且不超过库存 / sold is the sum of live lines and within stock",
        """
        SELECT 'offer ' || offer.id AS subject
        FROM groupbuy_offer offer
        LEFT JOIN (
            SELECT line.offer_id, sum(line.quantity - line.returned) AS pieces
            FROM groupbuy_orderline line JOIN groupbuy_order o ON o.id = line.order_id
            WHERE o.state IN ('placed', 'paid', 'accepted') GROUP BY line.offer_id
        ) AS live ON live.offer_id = offer.id
        WHERE offer.sold <> coalesce(live.pieces, 0) OR offer.sold > offer.stock
        """,
    ),
    Check(
        "I2",
        "每人限购计数等于其有效件数，且不超过限购 / pieces a shopper, counted and within the limit",
        """
        SELECT 'offer ' || offer.id || ' shopper ' || shopper_id AS subject
        FROM (SELECT offer_id, shopper_id, quantity FROM groupbuy_offershopper) AS held
        FULL JOIN (
            SELECT line.offer_id, o.shopper_id, sum(line.quantity - line.returned) AS pieces
            FROM groupbuy_offer limited
            JOIN groupbuy_orderline line ON line.offer_id = limited.id
            JOIN groupbuy_order o ON o.id = line.order_id
            WHERE limited.per_shopper IS NOT NULL AND o.state IN ('placed', 'paid', 'accepted')
            GROUP BY line.offer_id, o.shopper_id
        ) AS live USING (offer_id, shopper_id)
        JOIN groupbuy_offer offer ON offer.id = offer_id
        WHERE offer.per_shopper IS NOT NULL
          AND (coalesce(held.quantity, 0) <> coalesce(live.pieces, 0) OR held.quantity > offer.per_shopper)
        """,
    ),
)

_CUTOFF = (
    Check(
        "I3",
        "截单或取消后每个订单恰有一个与状态一致的结果 / an order of a frozen or cancelled campaign has one outcome, its state",
        """
        SELECT 'order ' || o.id AS subject
        FROM groupbuy_order o
        JOIN groupbuy_campaign c ON c.id = o.campaign_id
        LEFT JOIN groupbuy_orderoutcome outcome ON outcome.order_id = o.id
        WHERE CASE WHEN c.state IN ('frozen', 'cancelled')
            THEN outcome.kind IS DISTINCT FROM o.state OR outcome.campaign_id IS DISTINCT FROM o.campaign_id
            ELSE outcome.order_id IS NOT NULL END
        """,
    ),
    Check(
        "I5",
        "下单时刻早于截单与关单时刻 / every order was placed before its campaign's cutoff and closing",
        """
        SELECT 'order ' || o.id AS subject
        FROM groupbuy_order o JOIN groupbuy_campaign c ON c.id = o.campaign_id
        WHERE o.placed_at >= least(c.cutoff_at, c.closed_at)
        """,
    ),
)

_LEDGER = (
    Check(
        "I6-entry",
        "每笔分录至少两行且合计为零 / every ledger entry has at least two legs and sums to zero",
        """
        SELECT 'ledger entry ' || entry.id AS subject
        FROM groupbuy_ledgerentry entry LEFT JOIN groupbuy_ledgerleg leg ON leg.entry_id = entry.id
        GROUP BY entry.id HAVING count(leg.id) < 2 OR sum(leg.amount_fen) <> 0
        """,
    ),
    Check(
        "I6-ledger",
        "整个账本合计为零 / the whole ledger sums to zero",
        "SELECT 'ledger ' || sum(amount_fen) AS subject FROM groupbuy_ledgerleg HAVING sum(amount_fen) <> 0",
    ),
    Check(
        "I6-order",
        "每单：已付 = 已退 + 已确认收入 + 待提货 / for each order, paid = refunded + earned + held, to the fen",
        """
        SELECT 'order ' || order_id AS subject
        FROM (
            SELECT order_id, coalesce(sum(amount_fen) FILTER (WHERE account = 'provider'), 0) AS provider,
                   -coalesce(sum(amount_fen) FILTER (WHERE account = 'held'), 0) AS held,
                   -coalesce(sum(amount_fen) FILTER (WHERE account = 'earned'), 0) AS earned,
                   -coalesce(sum(amount_fen) FILTER (WHERE account = 'refund_due'), 0) AS due
            FROM groupbuy_ledgerleg WHERE order_id IS NOT NULL GROUP BY order_id
        ) AS booked
        FULL JOIN (
            SELECT order_id, sum(amount_fen) AS fen, coalesce(sum(amount_fen) FILTER (WHERE counts), 0) AS counted
            FROM groupbuy_payment WHERE state = 'paid' GROUP BY order_id
        ) AS paid USING (order_id)
        FULL JOIN (
            SELECT r.order_id, coalesce(sum(r.amount_fen) FILTER (WHERE p.counts), 0) AS of_counted,
                   coalesce(sum(r.amount_fen) FILTER (WHERE r.state = 'succeeded'), 0) AS done
            FROM groupbuy_refund r JOIN groupbuy_payment p ON p.id = r.payment_id GROUP BY r.order_id
        ) AS refunds USING (order_id)
        CROSS JOIN LATERAL (
            SELECT coalesce(paid.fen, 0) AS fen, coalesce(paid.counted, 0) AS counted,
                   coalesce(refunds.of_counted, 0) AS of_counted, coalesce(refunds.done, 0) AS done,
                   coalesce(booked.provider, 0) AS provider, coalesce(booked.held, 0) AS held,
                   coalesce(booked.earned, 0) AS earned, coalesce(booked.due, 0) AS due
        ) AS x
        WHERE x.provider <> x.fen - x.done
           OR x.due <> x.fen - x.counted + x.of_counted - x.done
           OR x.held + x.earned <> x.counted - x.of_counted
           OR x.held < 0 OR x.earned < 0 OR x.due < 0
        """,
    ),
    Check(
        "I6-payment",
        "已收付款恰有一笔入账，其余没有 / a paid payment is booked exactly once, as what it is; others are not",
        """
        SELECT 'payment ' || p.id AS subject
        FROM groupbuy_payment p
        LEFT JOIN groupbuy_ledgerentry entry ON entry.source_kind = 'payment' AND entry.source_id = p.id
        GROUP BY p.id
        HAVING coalesce(string_agg(entry.kind, '+'), '')
            <> CASE WHEN p.state <> 'paid' THEN '' WHEN p.counts THEN 'payment' ELSE 'payment_to_refund' END
        """,
    ),
    Check(
        "I6-refund",
        "退款的意向与到账各入账一次 / a refund's intent and its success are booked once each, and nothing else",
        """
        SELECT 'refund ' || r.id AS subject
        FROM groupbuy_refund r
        JOIN groupbuy_payment p ON p.id = r.payment_id
        LEFT JOIN groupbuy_ledgerentry entry ON entry.source_kind = 'refund' AND entry.source_id = r.id
        GROUP BY r.id, p.counts
        HAVING coalesce(string_agg(entry.kind, '+' ORDER BY entry.kind DESC), '') <> concat_ws('+',
            CASE WHEN p.counts THEN 'refund_intent' END, CASE WHEN r.state = 'succeeded' THEN 'refund_done' END)
        """,
    ),
)

_MONEY = (
    Check(
        "I7-payment",
        "一笔付款的退款合计不超过付款，且属于同一订单 / refunds of a payment stay within it and within its order",
        """
        SELECT 'payment ' || p.id AS subject
        FROM groupbuy_payment p LEFT JOIN groupbuy_refund r ON r.payment_id = p.id
        GROUP BY p.id
        HAVING coalesce(sum(r.amount_fen), 0) <> p.refunded_fen OR p.refunded_fen > p.amount_fen
            OR (p.state <> 'paid' AND count(r.id) > 0) OR coalesce(bool_or(r.order_id <> p.order_id), false)
        """,
    ),
    Check(
        "I7-parcel",
        "合并发出的退款属于同一笔付款 / refunds under one number are of one payment, of which one number is on its way",
        """
        SELECT 'refund ' || r.id AS subject
        FROM groupbuy_refund r LEFT JOIN groupbuy_refund first ON first.id = r.sent_as_id
        WHERE (r.state IN ('sending', 'failed') AND (first.id IS NULL OR first.state <> r.state))
           OR (r.state = 'intended' AND first.id IS NOT NULL)
           OR first.payment_id <> r.payment_id OR first.sent_as_id <> first.id
        """,
    ),
    Check(
        "I7-refund",
        "计入订单的付款，其退款等于退款行之和 / a refund of a payment that counts is the sum of its lines",
        """
        SELECT 'refund ' || r.id AS subject
        FROM groupbuy_refund r
        JOIN groupbuy_payment p ON p.id = r.payment_id
        LEFT JOIN groupbuy_refundline back ON back.refund_id = r.id
        GROUP BY r.id, p.counts
        HAVING coalesce(sum(back.amount_fen), 0) <> CASE WHEN p.counts THEN r.amount_fen ELSE 0 END
        """,
    ),
    Check(
        "I7-line",
        "订单行的已退件数与金额等于退款行之和 / what a line says was given back is the sum of its refund lines",
        """
        SELECT 'order line ' || line.id AS subject
        FROM groupbuy_orderline line
        LEFT JOIN (
            SELECT line_id, sum(quantity) AS pieces, sum(amount_fen) AS fen FROM groupbuy_refundline GROUP BY line_id
        ) AS back ON back.line_id = line.id
        WHERE line.refunded_fen <> coalesce(back.fen, 0)
           OR (line.net_fen > 0 AND line.short + line.refunded <> coalesce(back.pieces, 0))
        """,
    ),
    Check(
        "I8-order",
        "已付订单恰有一笔等额付款计入，未付订单没有 / exactly one payment of the total counts",
        """
        SELECT 'order ' || o.id AS subject
        FROM groupbuy_order o LEFT JOIN groupbuy_payment p ON p.order_id = o.id AND p.counts
        WHERE CASE WHEN o.state IN ('paid', 'accepted', 'refunded') AND o.total_fen > 0
            THEN p.id IS NULL OR p.amount_fen <> o.total_fen OR p.state <> 'paid'
            ELSE p.id IS NOT NULL END
        """,
    ),
    Check(
        "I8-payment",
        "未计入订单的付款恰有一笔全额退款 / a payment that came late or twice has exactly one refund, of all of it",
        """
        SELECT 'payment ' || p.id AS subject
        FROM groupbuy_payment p LEFT JOIN groupbuy_refund r ON r.payment_id = p.id
        WHERE p.state = 'paid' AND NOT p.counts
        GROUP BY p.id HAVING count(r.id) <> 1 OR max(r.amount_fen) <> p.amount_fen
        """,
    ),
)

_JOURNAL = (
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

_AGES = (
    Check(
        "I14-age",
        "没有超过 60 秒未送达的通知 / no outbox row waits for more than 60 s",
        f"""
        SELECT 'outbox ' || id AS subject FROM groupbuy_outbox
        WHERE applied_at IS NULL AND created_at < groupbuy_now() - interval '{LATE_S} seconds'
        """,  # noqa: S608
        is_age=True,
    ),
    Check(
        "I16-campaign",
        "到点的活动在 60 秒内截单 / no campaign is open or closing 60 s after it was due",
        f"""
        SELECT 'campaign ' || id AS subject FROM groupbuy_campaign
        WHERE (state = 'open' AND cutoff_at < groupbuy_now() - interval '{LATE_S} seconds')
           OR (state = 'closing'
               AND cutoff_at + make_interval(secs => grace_s) < groupbuy_now() - interval '{LATE_S} seconds')
        """,  # noqa: S608
        is_age=True,
    ),
    Check(
        "I16-order",
        "没有过了支付时限仍待支付的订单 / no order waits for money 60 s after its time to pay and the grace",
        f"""
        SELECT 'order ' || o.id AS subject
        FROM groupbuy_order o JOIN groupbuy_campaign c ON c.id = o.campaign_id
        WHERE o.state = 'placed'
          AND o.pay_by + make_interval(secs => c.grace_s) < groupbuy_now() - interval '{LATE_S} seconds'
        """,  # noqa: S608
        is_age=True,
    ),
    Check(
        "I16-payment",
        "没有无人过问的待支付单 / no payment is pending without a time at which it is asked about, or long past it",
        f"""
        SELECT 'payment ' || id AS subject FROM groupbuy_payment
        WHERE state = 'created'
          AND coalesce(next_query_at, created_at) < groupbuy_now() - interval '{LATE_S} seconds'
        """,  # noqa: S608
        is_age=True,
    ),
    Check(
        "I16-refund",
        "没有卡住的退款 / no refund is on its way without a next try, or long past it",
        f"""
        SELECT 'refund ' || id AS subject FROM groupbuy_refund
        WHERE state IN ('intended', 'sending', 'failed')
          AND coalesce(next_try_at, created_at) < groupbuy_now() - interval '{LATE_S} seconds'
        """,  # noqa: S608
        is_age=True,
    ),
    Check(
        "I16-parked",
        "没有被搁置的巡检对象 / no sweep has parked a row",
        "SELECT sweep || ' ' || subject_id AS subject FROM groupbuy_sweepfailure WHERE parked",
        is_age=True,
    ),
)

CHECKS = (*_STOCK, *_CUTOFF, *_LEDGER, *_MONEY, *_JOURNAL, *machine_checks(MACHINES, "groupbuy"), *_AGES)
