"""
Sending refunds to the provider: a sweep that can die at any point.

The waiting refunds of a payment go out together as one parcel under the number of the earliest, one parcel after
another: the provider allows so many refunds a payment and wants a pause between them. A payment's row is locked
before its refunds, here and everywhere. No call to the provider stands inside a transaction.
"""

import datetime as dt
import logging
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum
from django.utils.translation import gettext_lazy as _

from groupbuy.domain.accounts import Account, EntryKind
from groupbuy.domain.states import REFUND, RefundState
from groupbuy.kernel import clock
from groupbuy.kernel.errors import DomainError, StateConflict
from groupbuy.kernel.money import yuan
from groupbuy.kernel.transition import SYSTEM, move_where
from groupbuy.models import Payment, Refund, StateChange
from groupbuy.providers.credit import CREDIT
from groupbuy.providers.payment import ProviderRefused, ProviderUnavailable, RefundNotice, RefundStatus
from groupbuy.providers.payment import RefundState as AtProvider
from groupbuy.providers.registry import account_of, get_provider
from groupbuy.services import credit, journal, ledger

log = logging.getLogger(__name__)

ON_ITS_WAY = (RefundState.SENDING, RefundState.FAILED)


class AmountWrong(DomainError):
    status = 400
    code = "amount_wrong"
    message = _("金额与我们的记录不符。")


class RefundUnknown(DomainError):
    status = 404
    code = "refund_unknown"
    message = _("没有这笔退款单。")


@dataclass(frozen=True)
class Parcel:
    """Refunds of one payment that are one refund at the provider: the first one's number, the sum of all."""

    first: Refund
    payment: Payment
    amount_fen: int


def refund_send(*, refund_id: int) -> None:
    """
    Send a due refund to the provider, with all others of its payment that wait, or ask again about one that was sent.

    The number is fixed, so that a crash between any two steps repeats the same refund, never a second one. Not in
    time, 5xx: tried again later. Refused: tried five times, then a person; a provider that is down uses up none of the
    five.
    """
    parcel = _begin(refund_id)
    if parcel is None:
        return
    try:
        answer = _ask(parcel)
    except ProviderUnavailable as error:
        Refund.objects.filter(sent_as=parcel.first, state=RefundState.SENDING).update(last_error=str(error)[:200])
    except ProviderRefused as error:
        _refused(parcel, str(error))
    else:
        _answered(parcel, answer)


def _ask(parcel: Parcel) -> RefundStatus:
    """Ask about a refund that may have been sent before; send it if the provider does not know it."""
    provider = get_provider(parcel.payment.provider)
    if parcel.first.tries > 1:
        status = provider.query_refund(out_refund_no=parcel.first.out_refund_no)
        if status.state != AtProvider.ABSENT:
            return status
    return provider.refund(
        out_trade_no=parcel.payment.out_trade_no,
        out_refund_no=parcel.first.out_refund_no,
        amount_fen=parcel.amount_fen,
        total_fen=parcel.payment.amount_fen,
        reason=parcel.first.get_reason_display(),
    )


def _wait(tries: int) -> dt.timedelta:
    """2 s, 4 s, 8 s … at most an hour: most refunds are done a moment after they were accepted."""
    return dt.timedelta(seconds=min(2**tries, 3600))


@transaction.atomic
def _begin(refund_id: int) -> Parcel | None:
    """Commit the state ``sending`` and the time of the next try before the call; None when nothing is to be sent."""
    now = clock.now()
    payment = (
        Payment.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
        .filter(refunds__pk=refund_id)
        .first()
    )
    # Read after the lock: a rival may have sent it a moment ago.
    refund = Refund.objects.filter(pk=refund_id, next_try_at__lte=now).first()
    if payment is None or refund is None:
        return None
    sent = _send_waiting(payment, now) if refund.sent_as_id is None else _send_again(refund, now)
    return parcel_of(sent, payment) if sent else None


def parcel_of(refund: Refund, payment: Payment) -> Parcel:
    """Return what was sent under ``refund``'s number; it never changes."""
    total = Refund.objects.filter(sent_as=refund).aggregate(fen=Sum("amount_fen"))["fen"]
    return Parcel(refund, payment, total)


def _send_again(refund: Refund, now: dt.datetime) -> Refund:
    tries = refund.tries + 1
    sets = {"tries": tries, "next_try_at": now + _wait(tries)}
    if refund.state == RefundState.FAILED:
        again = move_parcel(
            refund, old=RefundState.FAILED, new=RefundState.SENDING, now=now, reason=f"try {tries}", sets=sets
        )
        if not again:
            raise StateConflict
    else:
        Refund.objects.filter(sent_as=refund).update(**sets)
    refund.tries = tries
    return refund


def _send_waiting(payment: Payment, now: dt.datetime) -> Refund | None:
    """Give the payment's waiting refunds one number; None when they have to wait longer, or go to a person."""
    waiting = payment.refunds.filter(state=RefundState.INTENDED)
    why = why_never(payment, now)
    if why:
        _leave_to_person(payment, why, now)
        return None
    free_at = _free_at(payment, now)
    if free_at > now:
        waiting.update(next_try_at=free_at)
        return None
    first = waiting.earliest("pk")
    first.tries = 1
    sets = {"sent_as_id": first.pk, "sent_at": now, "tries": 1, "next_try_at": now + _wait(1)}
    moved = move_where(
        REFUND,
        old=RefundState.INTENDED,
        new=RefundState.SENDING,
        where="t.payment_id = %s",
        params=[payment.pk],
        now=now,
        reason="try 1",
        sets=sets,
    )
    if first.pk not in moved:
        raise StateConflict
    return first


def why_never(payment: Payment, now: dt.datetime) -> str:
    """Say why the provider would never take another refund of this payment, or nothing."""
    assert payment.paid_at, "only what was paid is refunded"
    if payment.provider == CREDIT:
        return ""
    if now > payment.paid_at + dt.timedelta(days=settings.GROUPBUY_REFUND_DAYS):
        return f"付款已超过 {settings.GROUPBUY_REFUND_DAYS} 天，渠道不再受理"
    if payment.refunds.filter(sent_as=F("pk")).count() >= settings.GROUPBUY_REFUNDS_PER_PAYMENT:
        return f"这笔付款已退款 {settings.GROUPBUY_REFUNDS_PER_PAYMENT} 次，渠道不再受理"
    return ""


def _free_at(payment: Payment, now: dt.datetime) -> dt.datetime:
    """Return when the next parcel of a payment may leave: the one before has ended, and the provider's pause is over."""
    gap = dt.timedelta(seconds=settings.GROUPBUY_REFUND_GAP_SECONDS)
    last = payment.refunds.filter(sent_as=F("pk")).order_by("-sent_at").first()
    if last is None or payment.provider == CREDIT:
        return now
    assert last.sent_at
    return (now if last.state in ON_ITS_WAY else last.sent_at) + gap


def _leave_to_person(payment: Payment, why: str, now: dt.datetime) -> None:
    move_where(
        REFUND,
        old=RefundState.INTENDED,
        new=RefundState.MANUAL,
        where="t.payment_id = %s",
        params=[payment.pk],
        now=now,
        reason=why,
        sets={"next_try_at": None, "last_error": why},
    )


def move_parcel(
    first: Refund,
    *,
    old: str,
    new: str,
    now: dt.datetime,
    actor_id: int | None = SYSTEM,
    reason: str = "",
    sets: dict[str, object] | None = None,
) -> list[int]:
    """Move what was sent under one number, together; return the ids that were in state ``old``."""
    return move_where(
        REFUND,
        old=old,
        new=new,
        where="t.sent_as_id = %s",
        params=[first.pk],
        now=now,
        actor_id=actor_id,
        reason=reason,
        sets=sets,
    )


@transaction.atomic
def refund_apply(notice: RefundNotice) -> Payment:
    """
    Record how a refund ended, as a notice says; in any order with the answers of our own calls, and any number of times.

    :raises RefundUnknown: nothing was sent under this number for this payment.
    :raises AmountWrong: another amount than ours.
    """
    refund = (
        Refund.objects.select_related("payment", "order")
        .filter(out_refund_no=notice.out_refund_no, sent_as=F("pk"), payment__out_trade_no=notice.out_trade_no)
        .first()
    )
    if refund is None:
        raise RefundUnknown
    parcel = parcel_of(refund, refund.payment)
    if (notice.amount_fen, notice.total_fen) != (parcel.amount_fen, parcel.payment.amount_fen):
        log.error("refund amount differs", extra={"out_refund_no": notice.out_refund_no, "fen": notice.amount_fen})
        raise AmountWrong
    _ended(parcel, notice.state, notice.succeeded_at)
    return refund.payment


@transaction.atomic
def _answered(parcel: Parcel, answer: RefundStatus) -> None:
    _ended(parcel, answer.state, answer.succeeded_at)


def _ended(parcel: Parcel, state: AtProvider, succeeded_at: dt.datetime | None) -> None:
    if state == AtProvider.SUCCESS:
        _succeed(parcel, succeeded_at)
    elif state in (AtProvider.ABNORMAL, AtProvider.CLOSED):
        _give_up(parcel, state)


def _hold(parcel: Parcel) -> None:
    """
    Lock the payment before its refunds.

    :raises StateConflict: the number was replaced meanwhile, so that the answer is about one that is over.
    """
    Payment.objects.select_for_update(no_key=True).get(pk=parcel.payment.pk)
    if not Refund.objects.filter(pk=parcel.first.pk, out_refund_no=parcel.first.out_refund_no).exists():
        raise StateConflict


def _succeed(parcel: Parcel, succeeded_at: dt.datetime | None) -> None:
    """
    Record that the money is back, whatever was believed before; a second time changes nothing.

    :param succeeded_at: the provider's time, which decides on which day's bill it stands.
    """
    _hold(parcel)
    now = clock.now()
    sets: dict[str, object] = {"done_at": succeeded_at or now, "next_try_at": None, "last_error": ""}
    for old in (RefundState.SENDING, RefundState.FAILED, RefundState.MANUAL):
        done = move_parcel(parcel.first, old=old, new=RefundState.SUCCEEDED, now=now, sets=sets)
        if done:
            book_done(done, parcel.first, now)


def _give_up(parcel: Parcel, why: str) -> None:
    """Leave to a person what is not done yet: the payer cannot be reached, and asking again cannot help."""
    _hold(parcel)
    now = clock.now()
    sets: dict[str, object] = {"last_error": why, "next_try_at": None}
    move_parcel(parcel.first, old=RefundState.SENDING, new=RefundState.FAILED, now=now, reason=why, sets=sets)
    move_parcel(parcel.first, old=RefundState.FAILED, new=RefundState.MANUAL, now=now, reason="gave up", sets=sets)


def book_done(ids: list[int], refund: Refund, now: dt.datetime, *, as_credit: bool = False) -> None:
    """
    Book refunds of one order as paid back, and tell the payer once of all of them.

    :param as_credit: he has store credit in place of the money.
    """
    account = Account.CREDIT_OWED if as_credit else account_of(refund.payment.provider)
    ledger.book_rows(
        kind=EntryKind.REFUND_DONE,
        source=ledger.Source.REFUND,
        ids=ids,
        debit=Account.REFUND_DUE,
        credit=account,
        now=now,
    )
    total = Refund.objects.filter(pk__in=ids).aggregate(fen=Sum("amount_fen"))["fen"]
    payer_id, topic = refund.payment.payer_id, "refund.as_credit" if as_credit else "refund.done"
    journal.tell(topic=topic, person_id=payer_id, now=now, number=refund.order.number, yuan=yuan(total))
    if account == Account.CREDIT_OWED:
        credit.give(person_id=payer_id, amount_fen=total)


@transaction.atomic
def _refused(parcel: Parcel, why: str) -> None:
    """
    Note a refusal; after five, leave it to a person.

    :raises StateConflict: it is not being sent any more; whoever was faster was right.
    """
    _hold(parcel)
    now, why = clock.now(), why[:200]
    sets: dict[str, object] = {"last_error": why}
    if not move_parcel(parcel.first, old=RefundState.SENDING, new=RefundState.FAILED, now=now, reason=why, sets=sets):
        raise StateConflict
    refusals = StateChange.objects.filter(
        machine=REFUND.name, subject_id=parcel.first.pk, new=RefundState.FAILED
    ).count()
    if refusals >= settings.GROUPBUY_SWEEP_ATTEMPTS:
        _give_up(parcel, why)
