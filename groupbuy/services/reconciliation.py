"""
Reconciliation (对账): the provider's bill of a day against our books, difference by difference.

What was settled by hand never passed through the provider and is not looked for in its bill.
"""

import datetime as dt
import logging

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from groupbuy.kernel import clock
from groupbuy.kernel.db import rows, run
from groupbuy.kernel.errors import Invalid, StateConflict
from groupbuy.models import BillDay, BillDifference
from groupbuy.providers.payment import ProviderUnavailable
from groupbuy.providers.registry import get_provider
from groupbuy.services import journal

log = logging.getLogger(__name__)

TRY_AGAIN = dt.timedelta(minutes=10)

# Our side: what the bill names, and what we say was done on the day. ``provider_did``: done, and by the provider.
# A refund stands on the bill of the day on which it was accepted, which may be any from its first sending to its end:
# it is missing if it stood on no bill up to that of its end. ``before``: it stood on an earlier day's.
_COMPARE = """
    WITH theirs AS (
        SELECT kind, number, sum(amount_fen)::bigint AS fen, max(state) AS state
        FROM groupbuy_bill_row GROUP BY kind, number
    ), payments AS (
        SELECT 'payment' AS kind, p.out_trade_no AS number, p.amount_fen AS fen, p.state::text AS state,
               p.state = 'paid' AS provider_did, false AS before
        FROM groupbuy_payment p
        WHERE p.provider = %(provider)s
          AND ((p.paid_at >= %(begin)s AND p.paid_at < %(end)s)
               OR p.out_trade_no IN (SELECT number FROM groupbuy_bill_row WHERE kind = 'payment'))
    ), refunds AS (
        SELECT 'refund' AS kind, first.out_refund_no AS number, sum(r.amount_fen)::bigint AS fen, max(r.state) AS state,
               bool_and(r.state = 'succeeded') AND NOT bool_or(by_hand.subject_id IS NOT NULL) AS provider_did,
               coalesce(bool_or(first.billed_date < %(day)s), false) AS before
        FROM groupbuy_refund r
        JOIN groupbuy_refund first ON first.id = coalesce(r.sent_as_id, r.id)
        JOIN groupbuy_payment p ON p.id = r.payment_id
        LEFT JOIN groupbuy_statechange by_hand ON by_hand.machine = 'refund' AND by_hand.subject_id = r.id
             AND by_hand.old = 'manual' AND by_hand.new = 'succeeded' AND by_hand.actor_id IS NOT NULL
        WHERE p.provider = %(provider)s
          AND ((r.done_at >= %(begin)s AND r.done_at < %(end)s)
               OR first.out_refund_no IN (SELECT number FROM groupbuy_bill_row WHERE kind = 'refund'))
        GROUP BY first.out_refund_no
    ), ours AS (
        SELECT * FROM payments UNION ALL SELECT * FROM refunds
    ), compared AS (
        SELECT kind, number, ours.fen AS ours_fen, theirs.fen AS theirs_fen,
               coalesce(ours.state, '') AS ours_state, coalesce(theirs.state, '') AS theirs_state,
               CASE WHEN ours.number IS NULL THEN 'missing_here'
                    WHEN theirs.number IS NULL THEN CASE
                         WHEN ours.provider_did AND NOT ours.before THEN 'missing_there'
                         WHEN NOT ours.provider_did AND ours.before THEN 'state' END
                    WHEN ours.fen <> theirs.fen THEN 'amount'
                    WHEN theirs.state = 'PROCESSING' AND ours.state = 'sending' THEN NULL
                    WHEN NOT ours.provider_did OR theirs.state NOT IN ('SUCCESS', 'PROCESSING') THEN 'state' END AS what
        FROM ours FULL JOIN theirs USING (kind, number)
    ), found AS (
        SELECT * FROM compared WHERE what IS NOT NULL
    ), gone AS (
        DELETE FROM groupbuy_billdifference old WHERE explained_at IS NULL
          AND (bill_id = %(bill)s
               AND NOT EXISTS (SELECT 1 FROM found
                               WHERE (found.kind, found.number, found.what) = (old.kind, old.number, old.what))
               -- A later day's bill was compared before this one, and missed what stands here.
               OR bill_id <> %(bill)s AND kind = 'refund' AND what = 'missing_there'
                  AND number IN (SELECT number FROM theirs WHERE kind = 'refund'))
    ), stood AS (
        UPDATE groupbuy_refund SET billed_date = %(day)s
        WHERE out_refund_no IN (SELECT number FROM theirs WHERE kind = 'refund')
          AND (billed_date IS NULL OR billed_date > %(day)s)
    )
    INSERT INTO groupbuy_billdifference (bill_id, kind, number, what, ours_fen, theirs_fen, ours_state, theirs_state,
                                         found_at, note)
    SELECT %(bill)s, kind, number, what, ours_fen, theirs_fen, ours_state, theirs_state, %(now)s, '' FROM found
    ON CONFLICT (bill_id, kind, number, what) DO NOTHING
"""

_SUMS = """
    SELECT count(*) AS rows, coalesce(sum(amount_fen) FILTER (WHERE kind = 'payment'), 0)::bigint AS paid_fen,
           coalesce(sum(amount_fen) FILTER (WHERE kind = 'refund'), 0)::bigint AS refunded_fen
    FROM groupbuy_bill_row
"""


def bill_take(*, bill_id: int) -> None:
    """Check a due bill; one that the provider does not give yet is put off by ten minutes."""
    bill = BillDay.objects.get(pk=bill_id)
    try:
        reconcile(day=bill.bill_date, provider=bill.provider)
    except ProviderUnavailable as error:
        log.warning("no bill", extra={"day": bill.bill_date.isoformat(), "error": str(error)})
        BillDay.objects.filter(pk=bill_id, checked_at=None).update(
            next_try_at=clock.now() + TRY_AGAIN, last_error=str(error)[:200]
        )


def reconcile(*, day: dt.date, provider: str) -> BillDay:
    """
    Compare one day of a provider's bill with our books and keep every difference.

    A second run finds the same; what has since been put right disappears unless somebody has explained it. The number
    of statements does not depend on the number of rows.

    :raises ProviderUnavailable: the bill cannot be had, or not whole; nothing changes.
    """
    fetched = get_provider(provider).bill(day=day)
    with transaction.atomic():
        now = clock.now()
        BillDay.objects.bulk_create([BillDay(provider=provider, bill_date=day, next_try_at=now)], ignore_conflicts=True)
        bill = BillDay.objects.select_for_update(no_key=True).get(provider=provider, bill_date=day)
        run(
            "CREATE TEMPORARY TABLE groupbuy_bill_row (kind text, number text, amount_fen bigint, state text)"
            " ON COMMIT DROP"
        )
        with connection.cursor() as cursor, cursor.copy("COPY groupbuy_bill_row FROM STDIN") as copy:
            for row in fetched:
                copy.write_row((row.kind, row.number, row.amount_fen, row.state))
        begin = clock.at_local(day, dt.time())
        end = clock.at_local(day + dt.timedelta(days=1), dt.time())
        run(_COMPARE, {"provider": provider, "day": day, "begin": begin, "end": end, "bill": bill.pk, "now": now})
        (sums,) = rows(_SUMS)
        BillDay.objects.filter(pk=bill.pk).update(checked_at=now, next_try_at=None, last_error="", **sums)
        run("DROP TABLE groupbuy_bill_row")
    bill.refresh_from_db()
    return bill


@transaction.atomic
def difference_explain(*, difference: BillDifference, actor_id: int, note: str) -> None:
    """
    Close a difference with what finance found out about it.

    :raises Invalid: no note.
    :raises StateConflict: it was explained before, or has disappeared.
    """
    if not note.strip():
        raise Invalid(_("请填写说明。"))
    now = clock.now()
    explained = BillDifference.objects.filter(pk=difference.pk, explained_at=None).update(
        explained_at=now, explained_by_id=actor_id, note=note.strip()
    )
    if not explained:
        raise StateConflict
    journal.audit(
        action="difference_explain",
        subject_kind="bill_difference",
        subject_id=difference.pk,
        now=now,
        actor_id=actor_id,
        number=difference.number,
        reason=note.strip(),
    )


def bills_expect(*, provider: str) -> None:
    """Note every day that has ended and whose bill is due; each once, none forgotten after an outage."""
    run(
        """
        INSERT INTO groupbuy_billday (provider, bill_date, rows, paid_fen, refunded_fen, next_try_at, last_error)
        SELECT %(provider)s, day::date, 0, 0, 0, groupbuy_now(), ''
        FROM (SELECT created_at FROM groupbuy_payment WHERE provider = %(provider)s ORDER BY id LIMIT 1) AS first,
             generate_series((first.created_at AT TIME ZONE %(zone)s)::date,
                             ((groupbuy_now() AT TIME ZONE %(zone)s) - make_interval(hours => %(hour)s))::date - 1,
                             interval '1 day') AS day
        WHERE NOT EXISTS (SELECT 1 FROM groupbuy_billday known
                          WHERE known.provider = %(provider)s AND known.bill_date = day::date)
        ON CONFLICT (provider, bill_date) DO NOTHING
        """,
        {"provider": provider, "zone": settings.TIME_ZONE, "hour": settings.GROUPBUY_BILL_HOUR},
    )
