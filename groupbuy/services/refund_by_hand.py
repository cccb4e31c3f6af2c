"""
Refunds that the machine has given up, in the hands of a person: tried again, paid back outside, or turned into credit.

Each locks the payment's row first, as sending does, so that one of them wins and the others find another state.
"""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from groupbuy.domain.states import REFUND, RefundState
from groupbuy.kernel import clock
from groupbuy.kernel.errors import DomainError, Invalid, StateConflict
from groupbuy.kernel.ids import uuid7
from groupbuy.kernel.transition import move
from groupbuy.models import Payment, Refund
from groupbuy.providers.payment import RefundState as AtProvider
from groupbuy.services import journal
from groupbuy.services.refund_sending import ON_ITS_WAY, book_done, move_parcel, why_never


class RefundHopeless(DomainError):
    code = "refund_hopeless"
    message = _("渠道不再受理这笔付款的退款。")


class RefundBusy(DomainError):
    code = "refund_busy"
    message = _("这笔付款的另一笔退款还在途中，请等它结束后再试。")


class ParcelSplit(DomainError):
    code = "parcel_split"
    message = _("与它合并发出的退款已有人工处理的，不能再按原金额重试。")


@transaction.atomic
def refund_retry(*, refund: Refund, actor_id: int) -> int:
    """
    Hand a refund back to the sweep, with all that was sent under its number; return how many those are.

    The number stays, so that the provider can never pay twice. Only a number that the provider itself has closed, under
    which no money has moved or ever will, is replaced; and what was never sent begins anew.

    :raises StateConflict: it is not on the list of a person.
    :raises ParcelSplit: a part of what was sent under the number has been settled by a person.
    :raises RefundBusy: another parcel of the payment is on its way.
    :raises RefundHopeless: the provider takes no more refunds of this payment.
    """
    payment = Payment.objects.select_for_update(no_key=True).get(pk=refund.payment_id)
    # Read after the lock: a rival may have settled a part a moment ago.
    refund = Refund.objects.select_related("sent_as").get(pk=refund.pk)
    if refund.state != RefundState.MANUAL:
        raise StateConflict
    now, first = clock.now(), refund.sent_as
    if first is None or refund.last_error == AtProvider.CLOSED:
        moved = _begin_anew(payment, refund, now, actor_id)
    else:
        moved = _ask_again(payment, first, now, actor_id)
    for pk in moved:
        journal.audit(
            action="refund_retry",
            subject_kind="refund",
            subject_id=pk,
            now=now,
            actor_id=actor_id,
            number=(first or refund).out_refund_no,
            reason=refund.last_error,
        )
    return len(moved)


def _ask_again(payment: Payment, first: Refund, now: dt.datetime, actor_id: int) -> list[int]:
    _check_whole(first)
    if payment.refunds.filter(state__in=ON_ITS_WAY).exists():
        raise RefundBusy
    return _again(first, RefundState.SENDING, now, actor_id, {"next_try_at": now})


def _begin_anew(payment: Payment, refund: Refund, now: dt.datetime, actor_id: int) -> list[int]:
    why, first = why_never(payment, now), refund.sent_as
    if why:
        raise RefundHopeless(why)
    sets: dict[str, object] = {"next_try_at": now, "tries": 0, "sent_as_id": None, "sent_at": None, "billed_date": None}
    if first is None:
        reason = "retried"
        move(
            REFUND,
            pk=refund.pk,
            old=RefundState.MANUAL,
            new=RefundState.INTENDED,
            now=now,
            actor_id=actor_id,
            reason=reason,
            sets=sets,
        )
        return [refund.pk]
    _check_whole(first)
    Refund.objects.filter(pk=first.pk, state=RefundState.MANUAL).update(out_refund_no=uuid7().hex)
    return _again(first, RefundState.INTENDED, now, actor_id, sets)


def _check_whole(first: Refund) -> None:
    """The number stands for one amount: it is tried with all that was sent under it or not at all."""
    if Refund.objects.filter(sent_as=first).exclude(state=RefundState.MANUAL).exists():
        raise ParcelSplit


def _again(first: Refund, new: RefundState, now: dt.datetime, actor_id: int, sets: dict[str, object]) -> list[int]:
    return move_parcel(first, old=RefundState.MANUAL, new=new, now=now, actor_id=actor_id, reason="retried", sets=sets)


@transaction.atomic
def refund_settle_by_hand(*, refund: Refund, actor_id: int, note: str) -> None:
    """
    Record that a person has paid one refund back that no machine could.

    :param note: how, for whoever checks it later; at most 200 characters.
    :raises Invalid: no note.
    :raises StateConflict: it is not on the list of a person.
    """
    _settle(refund, actor_id=actor_id, note=note, as_credit=False)


@transaction.atomic
def refund_settle_as_credit(*, refund: Refund, actor_id: int, note: str) -> None:
    """
    Give the payer store credit in place of the money, for good, and tell him.

    :param note: why, for example that he agreed to it; at most 200 characters.
    :raises Invalid: no note.
    :raises StateConflict: it is not on the list of a person.
    """
    _settle(refund, actor_id=actor_id, note=note, as_credit=True)


def _settle(refund: Refund, *, actor_id: int, note: str, as_credit: bool) -> None:
    note = note.strip()
    if not note:
        raise Invalid(_("请填写说明。"), attr="note")
    # The gate against a retry, which sends whole parcels: it must not count on a part that is settled here.
    Payment.objects.select_for_update(no_key=True).get(pk=refund.payment_id)
    now = clock.now()
    move(
        REFUND,
        pk=refund.pk,
        old=RefundState.MANUAL,
        new=RefundState.SUCCEEDED,
        now=now,
        actor_id=actor_id,
        reason=note,
        sets={"done_at": now, "last_error": "", "as_credit": as_credit},
    )
    journal.audit(
        action="refund_as_credit" if as_credit else "refund_by_hand",
        subject_kind="refund",
        subject_id=refund.pk,
        now=now,
        actor_id=actor_id,
        fen=refund.amount_fen,
        reason=note,
    )
    book_done([refund.pk], refund, now, as_credit=as_credit)
