"""Giving money back: what is refunded and why. Intents are booked with what causes them and sent by a sweep."""

import datetime as dt
from collections.abc import Mapping, Sequence

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from groupbuy.domain.accounts import Account, EntryKind
from groupbuy.domain.given_back import LineMoney, pieces_fen
from groupbuy.domain.states import REFUND, OrderState, RefundState
from groupbuy.domain.words import RefundReason
from groupbuy.kernel import clock
from groupbuy.kernel.db import rows, run
from groupbuy.kernel.errors import DomainError, Invalid, StateConflict
from groupbuy.kernel.money import yuan
from groupbuy.kernel.transition import born
from groupbuy.models import Order, OrderLine, Payment, Refund, RefundLine
from groupbuy.services import journal, ledger


class NothingToRefund(DomainError):
    code = "nothing_to_refund"
    message = _("可退件数不足。")


def ask_about_pending(order_ids: Sequence[int], *, now: dt.datetime) -> None:
    """Have the sweep close (or find paid) the pending payments of orders that ended unpaid."""
    run(
        "UPDATE groupbuy_payment SET next_query_at = %s WHERE order_id = ANY(%s) AND state = 'created'",
        [now, list(order_ids)],
    )


def refund_whole(
    order_ids: Sequence[int], *, reason: RefundReason, now: dt.datetime, offer_ids: Sequence[int] | None = None
) -> None:
    """
    Intend one refund for each paid order, of all its pieces that were not given back before. Five statements and the
    ledger's, whatever the number.

    :param offer_ids: only the lines of these offers; None: all.

    Nothing of these lines may be collected. The caller's guarded write in this transaction is the proof of once.
    """
    params = {"orders": list(order_ids), "offers": None if offer_ids is None else list(offer_ids), "reason": reason}
    of_them = "line.order_id = ANY(%(orders)s) AND (%(offers)s::bigint[] IS NULL OR line.offer_id = ANY(%(offers)s))"
    ids = insert_intents(
        f"""
        SELECT p.id AS payment_id, p.order_id, sum(line.net_fen - line.refunded_fen) AS amount_fen, %(reason)s AS reason
        FROM groupbuy_payment p JOIN groupbuy_orderline line ON line.order_id = p.order_id
        WHERE p.counts AND {of_them}
        GROUP BY p.id HAVING sum(line.net_fen - line.refunded_fen) > 0
        """,  # noqa: S608 - the condition is a constant above
        params,
        now,
    )
    run(
        f"""
        INSERT INTO groupbuy_refundline (refund_id, line_id, quantity, amount_fen, taken_at)
        SELECT r.id, line.id, line.quantity - line.short - line.refunded, line.net_fen - line.refunded_fen,
               r.created_at
        FROM groupbuy_refund r JOIN groupbuy_orderline line ON line.order_id = r.order_id
        WHERE r.id = ANY(%(ids)s) AND line.quantity > line.short + line.refunded AND {of_them}
        """,  # noqa: S608 - as above
        params | {"ids": ids},
    )
    run(
        f"UPDATE groupbuy_orderline line SET refunded = quantity - short, refunded_fen = net_fen WHERE {of_them}",  # noqa: S608 - as above
        params,
    )
    book_intents(ids, now)


def insert_intents(amounts: str, params: Mapping[str, object], now: dt.datetime) -> list[int]:
    """
    Insert one refund for each row (payment_id, order_id, amount_fen, reason) of a query; return their ids.

    :param amounts: trusted SQL over ``params``. The caller writes the refunds' lines and books the intents.
    """
    inserted = rows(
        f"""
        INSERT INTO groupbuy_refund (public_id, payment_id, order_id, out_refund_no, amount_fen, reason, note, state,
                                     version, created_at, next_try_at, tries, last_error)
        SELECT id, payment_id, order_id, replace(id::text, '-', ''), amount_fen, reason, '', %(intended)s, 1,
               %(now)s, %(now)s, 0, ''
        FROM (SELECT gen_random_uuid() AS id, due.* FROM ({amounts}) AS due) AS numbered
        RETURNING id
        """,  # noqa: S608 - as above
        {**params, "intended": RefundState.INTENDED, "now": now},
    )
    return [row["id"] for row in inserted]


def _promise(ids: Sequence[int], now: dt.datetime) -> None:
    """
    Begin new refunds and count them against their payments.

    :raises django.db.IntegrityError: a payment would give back more than it brought (I7).
    """
    born(REFUND, ids=ids, state=RefundState.INTENDED, now=now)
    run(
        """
        UPDATE groupbuy_payment p SET refunded_fen = p.refunded_fen + back.fen
        FROM (SELECT payment_id, sum(amount_fen) AS fen FROM groupbuy_refund WHERE id = ANY(%s) GROUP BY payment_id)
            AS back
        WHERE p.id = back.payment_id
        """,
        [list(ids)],
    )


def book_intents(ids: Sequence[int], now: dt.datetime) -> None:
    """
    Begin new refunds of payments that count: their history, their payment's sum, their first entry in the ledger.

    :raises django.db.IntegrityError: a payment would give back more than it brought (I7).
    """
    _promise(ids, now)
    ledger.book_rows(
        kind=EntryKind.REFUND_INTENT,
        source=ledger.Source.REFUND,
        ids=ids,
        debit=Account.HELD,
        credit=Account.REFUND_DUE,
        now=now,
    )


def refund_payment(payment: Payment, *, reason: RefundReason, now: dt.datetime) -> Refund:
    """Intend the refund of a payment that does not count; its money never was an order's, so no lines and no hold."""
    refund = _intent(payment, payment.amount_fen, reason, "", now)
    _promise([refund.pk], now)
    journal.tell(
        topic="payment.returned",
        person_id=payment.payer_id,
        now=now,
        number=payment.order.number,
        yuan=yuan(payment.amount_fen),
    )
    return refund


def _intent(payment: Payment, amount_fen: int, reason: RefundReason, note: str, now: dt.datetime) -> Refund:
    refund = Refund(
        payment=payment,
        order_id=payment.order_id,
        amount_fen=amount_fen,
        reason=reason,
        note=note,
        created_at=now,
        next_try_at=now,
    )
    refund.out_refund_no = refund.public_id.hex
    refund.save(force_insert=True)
    return refund


@transaction.atomic
def refund_request(
    *, order_id: int, pieces: Mapping[int, int], reason: RefundReason, actor_id: int | None, note: str = ""
) -> Refund:
    """
    Refund pieces of an accepted order to whoever paid: the line's net share, cumulatively exact to the fen.

    :param pieces: order line id -> sale units (>= 1) that are neither collected nor refunded yet.
    :raises Invalid: no pieces are named.
    :raises StateConflict: the order is not accepted.
    :raises NothingToRefund: a line has fewer pieces left than asked for, or their money is nothing.
    """
    if not pieces or any(quantity < 1 for quantity in pieces.values()):
        raise Invalid(_("请填写要退的件数。"))
    _hold_demand(order_id)
    now = clock.now()
    order = Order.objects.select_for_update(no_key=True).get(pk=order_id)
    if order.state != OrderState.ACCEPTED:
        raise StateConflict
    refund = refund_pieces(order, pieces, reason=reason, now=now, note=note)
    journal.audit(
        action="refund_request", subject_kind="order", subject_id=order.pk, now=now, actor_id=actor_id, reason=reason
    )
    return refund


def refund_pieces(
    order: Order, pieces: Mapping[int, int], *, reason: RefundReason, now: dt.datetime, note: str = ""
) -> Refund:
    """
    Intend one refund of pieces (order line id -> sale units) of a paid order whose row the caller has locked.

    :raises NothingToRefund: a line has fewer pieces left than asked for, or their money is nothing.
    """
    locked = OrderLine.objects.select_for_update(no_key=True).filter(order=order, pk__in=pieces).order_by("pk")
    lines = list(locked)
    shares = {line.pk: share_of(line, pieces[line.pk]) for line in lines}
    if len(lines) < len(pieces) or not sum(shares.values()):
        raise NothingToRefund
    refund = _intent(order.payments.get(counts=True), sum(shares.values()), reason, note, now)
    for line in lines:
        line.refunded += pieces[line.pk]
        line.refunded_fen += shares[line.pk]
    OrderLine.objects.bulk_update(lines, ["refunded", "refunded_fen"])
    RefundLine.objects.bulk_create(
        RefundLine(refund=refund, line=line, quantity=pieces[line.pk], amount_fen=shares[line.pk]) for line in lines
    )
    book_intents([refund.pk], now)
    return refund


def _hold_demand(order_id: int) -> None:
    """Keep the next stage from taking the campaign's demand until this refund is committed: it is in or out whole."""
    rows(
        """
        SELECT c.id FROM groupbuy_campaign c JOIN groupbuy_order o ON o.campaign_id = c.id WHERE o.id = %s
        FOR SHARE OF c
        """,
        [order_id],
    )


def share_of(line: OrderLine, pieces: int) -> int:
    """
    Return the net money of ``pieces`` more refunded pieces: the cumulative share less what went back before.

    :raises NothingToRefund: the line has fewer pieces left.
    """
    if line.due - line.collected < pieces:
        raise NothingToRefund
    gone = line.short + line.refunded
    return pieces_fen(LineMoney(line.quantity, gone, line.collected, line.net_fen, line.refunded_fen), pieces)


def refund_lines_take(*, refund_line_ids: list[int], now: dt.datetime) -> list[dict[str, int]]:
    """
    Hand refund lines to the stage that corrects earnings, each once; return ``id`` and ``line_id`` in order of id.
    """
    taken = rows(
        """
        UPDATE groupbuy_refundline SET taken_at = %s WHERE id = ANY(%s) AND taken_at IS NULL RETURNING id, line_id
        """,
        [now, refund_line_ids],
    )
    return sorted(taken, key=lambda line: line["id"])
