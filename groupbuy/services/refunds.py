"""Giving money back: intents are booked with what causes them; sending is a sweep that can die at any point."""

import datetime as dt
from collections.abc import Mapping, Sequence

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from groupbuy.domain.accounts import Account, EntryKind
from groupbuy.domain.states import REFUND, OrderState, RefundState
from groupbuy.domain.words import RefundReason
from groupbuy.kernel import clock
from groupbuy.kernel.db import rows, run
from groupbuy.kernel.errors import DomainError, Invalid, StateConflict
from groupbuy.kernel.money import part_of, yuan
from groupbuy.kernel.transition import born, move
from groupbuy.models import Order, OrderLine, Payment, Refund, RefundLine, StateChange
from groupbuy.providers.payment import ProviderRefused, ProviderUnavailable, RefundStatus
from groupbuy.providers.payment import RefundState as AtProvider
from groupbuy.providers.registry import get_provider
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


def refund_whole(order_ids: Sequence[int], *, reason: RefundReason, now: dt.datetime) -> None:
    """
    Intend one full refund for each paid order, of all its lines. Three statements and the ledger's, whatever the
    number.

    The caller has moved the orders to ``refunded`` in this transaction; that move is the proof of once.
    """
    refunds = rows(
        """
        INSERT INTO groupbuy_refund (public_id, payment_id, order_id, out_refund_no, amount_fen, reason, note, state,
                                     version, created_at, next_try_at, tries, last_error)
        SELECT id, payment_id, order_id, replace(id::text, '-', ''), amount_fen, %s, '', %s, 1, %s, %s, 0, ''
        FROM (SELECT gen_random_uuid() AS id, p.id AS payment_id, p.order_id, p.amount_fen
              FROM groupbuy_payment p WHERE p.counts AND p.order_id = ANY(%s)) AS paid
        RETURNING id
        """,
        [reason, RefundState.INTENDED, now, now, list(order_ids)],
    )
    ids = [row["id"] for row in refunds]
    run(
        """
        INSERT INTO groupbuy_refundline (refund_id, line_id, quantity, amount_fen, taken_at)
        SELECT r.id, line.id, line.quantity, line.net_fen, r.created_at
        FROM groupbuy_refund r JOIN groupbuy_orderline line ON line.order_id = r.order_id WHERE r.id = ANY(%s)
        """,
        [ids],
    )
    run(
        "UPDATE groupbuy_orderline SET refunded = quantity, refunded_fen = net_fen WHERE order_id = ANY(%s)",
        [list(order_ids)],
    )
    _book_intents(ids, now)


def _book_intents(ids: Sequence[int], now: dt.datetime) -> None:
    born(REFUND, ids=ids, state=RefundState.INTENDED, now=now)
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
    born(REFUND, ids=[refund.pk], state=RefundState.INTENDED, now=now)
    journal.tell(
        topic="payment.returned",
        person_id=payment.order.payer_id,
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
    locked = OrderLine.objects.select_for_update(no_key=True).filter(order=order, pk__in=pieces).order_by("pk")
    lines = list(locked)
    shares = {line.pk: _share(line, pieces[line.pk]) for line in lines}
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
    _book_intents([refund.pk], now)
    journal.audit(
        action="refund_request", subject_kind="order", subject_id=order.pk, now=now, actor_id=actor_id, reason=reason
    )
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


def _share(line: OrderLine, pieces: int) -> int:
    """Return the net money of ``pieces`` more refunded pieces: the cumulative share less what went back before."""
    if line.due - line.collected < pieces:
        raise NothingToRefund
    given_back = line.short + line.refunded
    return part_of(line.net_fen, given_back + pieces, line.quantity) - line.refunded_fen


def refund_send(*, refund_id: int) -> None:
    """
    Send a due refund to the provider, or ask again about one that was sent.

    The number is fixed, so that a crash between any two steps repeats the same refund, never a second one. The HTTP
    call stands outside any transaction. Not in time, 5xx: tried again later. Refused: tried five times, then a person;
    a provider that is down uses up none of the five.
    """
    refund = _begin(refund_id)
    if refund is None:
        return
    try:
        answer = _ask(refund)
    except ProviderUnavailable as error:
        Refund.objects.filter(pk=refund_id, state=RefundState.SENDING).update(last_error=str(error)[:200])
    except ProviderRefused as error:
        _refused(refund, str(error))
    else:
        _answered(refund, answer)


def _ask(refund: Refund) -> RefundStatus:
    """Ask about a refund that may have been sent before; send it if the provider does not know it."""
    provider = get_provider(refund.payment.provider)
    if refund.tries > 1:
        status = provider.query_refund(out_refund_no=refund.out_refund_no)
        if status.state != AtProvider.ABSENT:
            return status
    return provider.refund(
        out_trade_no=refund.payment.out_trade_no,
        out_refund_no=refund.out_refund_no,
        amount_fen=refund.amount_fen,
        total_fen=refund.payment.amount_fen,
        reason=refund.get_reason_display(),
    )


def _wait(tries: int) -> dt.timedelta:
    """2 s, 4 s, 8 s … at most an hour: most refunds are done a moment after they were accepted."""
    return dt.timedelta(seconds=min(2**tries, 3600))


@transaction.atomic
def _begin(refund_id: int) -> Refund | None:
    """Commit the state ``sending`` and the time of the next try before the call; None when it is not due any more."""
    now = clock.now()
    refund = (
        Refund.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
        .select_related("payment")
        .filter(pk=refund_id, next_try_at__lte=now)
        .first()
    )
    if refund is None:
        return None
    tries = refund.tries + 1
    if refund.state in (RefundState.INTENDED, RefundState.FAILED):
        move(REFUND, pk=refund.pk, old=refund.state, new=RefundState.SENDING, now=now, reason=f"try {tries}")
    Refund.objects.filter(pk=refund.pk).update(tries=tries, next_try_at=now + _wait(tries))
    refund.tries = tries
    return refund


@transaction.atomic
def _answered(refund: Refund, answer: RefundStatus) -> None:
    if answer.state == AtProvider.SUCCESS:
        _succeed(refund, old=RefundState.SENDING)
    elif answer.state in (AtProvider.ABNORMAL, AtProvider.CLOSED):
        _refused(refund, answer.state)


def _succeed(refund: Refund, *, old: RefundState, actor_id: int | None = None) -> None:
    now = clock.now()
    sets = {"done_at": now, "next_try_at": None, "last_error": ""}
    move(REFUND, pk=refund.pk, old=old, new=RefundState.SUCCEEDED, now=now, actor_id=actor_id, sets=sets)
    ledger.book_rows(
        kind=EntryKind.REFUND_DONE,
        source=ledger.Source.REFUND,
        ids=[refund.pk],
        debit=Account.REFUND_DUE,
        credit=Account.PROVIDER,
        now=now,
    )
    order = refund.order
    journal.tell(
        topic="refund.done", person_id=order.payer_id, now=now, number=order.number, yuan=yuan(refund.amount_fen)
    )


@transaction.atomic
def _refused(refund: Refund, why: str) -> None:
    now = clock.now()
    sets = {"last_error": why[:200]}
    move(REFUND, pk=refund.pk, old=RefundState.SENDING, new=RefundState.FAILED, now=now, reason=why[:200], sets=sets)
    refusals = StateChange.objects.filter(machine=REFUND.name, subject_id=refund.pk, new=RefundState.FAILED).count()
    if refusals >= settings.GROUPBUY_SWEEP_ATTEMPTS:
        move(
            REFUND,
            pk=refund.pk,
            old=RefundState.FAILED,
            new=RefundState.MANUAL,
            now=now,
            reason="gave up",
            sets={"next_try_at": None},
        )


@transaction.atomic
def refund_settle_by_hand(*, refund: Refund, actor_id: int) -> None:
    """
    Record that a person has paid a refund back that no machine could.

    :raises StateConflict: it is not on the list of a person.
    """
    _succeed(refund, old=RefundState.MANUAL, actor_id=actor_id)


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
