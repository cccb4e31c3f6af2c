"""What waits for too long."""

from groupbuy.selectors.books.check import LATE_S, Check

CHECKS = (
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
