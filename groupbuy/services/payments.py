"""
Being paid: start, notice, query, close.

No call to the provider stands inside a transaction. Whether a payment counts is decided by one guarded move of its
order (placed -> paid); whatever cannot make that move is refunded.
"""

import datetime as dt
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from groupbuy.domain.accounts import Account, EntryKind
from groupbuy.domain.states import ORDER, PAID_FOR, PAYMENT, OrderState, PaymentState
from groupbuy.domain.words import RefundReason
from groupbuy.kernel import clock
from groupbuy.kernel.db import prepared
from groupbuy.kernel.errors import DomainError, StateConflict, Unavailable
from groupbuy.kernel.money import yuan
from groupbuy.kernel.transition import born, move, move_where, moved
from groupbuy.models import Order, Payment, User
from groupbuy.providers.credit import CREDIT
from groupbuy.providers.payment import (
    CloseResult,
    NoMerchant,
    PaymentProvider,
    Prepay,
    ProviderRefused,
    ProviderUnavailable,
    RefundNotice,
    TradeState,
    TradeStatus,
)
from groupbuy.providers.registry import account_of, get_provider
from groupbuy.services import credit, journal, ledger, refund_sending, refunds
from groupbuy.services.refund_sending import AmountWrong

log = logging.getLogger(__name__)

DEFAULT_PROVIDER = "wechat"
FIRST_QUERY = dt.timedelta(seconds=10)
SLOWEST_QUERY = dt.timedelta(minutes=10)


class PayDeadlinePassed(DomainError):
    code = "pay_deadline_passed"
    message = _("支付时限已过，请重新下单。")


class PaymentUnavailable(Unavailable):
    code = "payment_unavailable"
    message = _("支付渠道暂时没有响应，订单已保留，请稍后再次支付。")


class PaymentUnknown(DomainError):
    status = 404
    code = "payment_unknown"
    message = _("没有这笔支付单。")


def payment_start(
    *, order: Order, payer: User, payer_ref: str, provider: str = DEFAULT_PROVIDER
) -> tuple[Payment, Prepay]:
    """
    Announce an order's payment to the provider and return what the payer's client needs; by store credit, pay it.

    Asking again returns the same payment: one is pending per order. Another payer's, or one through another provider,
    is closed first, so that nobody can pay it any more. Not atomic: commit, HTTP call, commit.

    :param payer_ref: who pays, as the provider knows him.
    :raises StateConflict: the order is not waiting for payment.
    :raises PayDeadlinePassed: its time to pay is over.
    :raises PaymentUnavailable: the provider does not answer, or we have no merchant there; the order stays as it is.
    :raises CreditShort: the payer's credit is less than the total.
    """
    if provider == CREDIT and order.state == OrderState.PLACED:
        # Asked first, so that nothing is closed in vain; the guarded UPDATE that takes it is the judge.
        credit.check(person=payer, amount_fen=order.total_fen)
    client = _client(provider, order)
    _close_others(order, payer, provider)
    if provider == CREDIT:
        return _pay_by_credit(order, payer), Prepay(prepay_id="", client_params={})
    payment = _pending(order, provider, payer)
    try:
        prepay = client.prepay(
            out_trade_no=payment.out_trade_no,
            amount_fen=payment.amount_fen,
            description=order.campaign.title,
            payer_ref=payer_ref,
            expires_at=order.pay_by,
        )
    except (ProviderUnavailable, ProviderRefused) as error:
        log.warning("prepay failed", extra={"out_trade_no": payment.out_trade_no, "error": str(error)})
        # A refusal may mean that it is paid already: let the sweep ask at once.
        Payment.objects.filter(pk=payment.pk, state=PaymentState.CREATED).update(next_query_at=clock.now())
        raise PaymentUnavailable from error
    Payment.objects.filter(pk=payment.pk).update(prepay_id=prepay.prepay_id)
    payment.prepay_id = prepay.prepay_id
    return payment, prepay


def _client(provider: str, order: Order) -> PaymentProvider:
    """
    Return the provider's client, before a payment is written that nobody could ask about or close.

    :raises PaymentUnavailable: there is no merchant; what is wrong with the order itself is said first.
    """
    try:
        return get_provider(provider)
    except NoMerchant as error:
        _require_waiting(order, clock.now())
        log.warning("no merchant is set up", extra={"provider": provider, "error": str(error)})
        raise PaymentUnavailable from error


def _close_others(order: Order, payer: User, provider: str) -> None:
    """:raises PaymentUnavailable: somebody else's payment is pending, and its provider does not answer."""
    for other in order.payments.filter(state=PaymentState.CREATED).exclude(payer=payer, provider=provider):
        try:
            close_at_provider(other)
        except ProviderUnavailable as error:
            raise PaymentUnavailable from error


@transaction.atomic
def _pay_by_credit(order: Order, payer: User) -> Payment:
    """Pay at once: order, payment, ledger and balance in one transaction. Asking again gives the payment that was made."""
    state = Order.objects.select_for_update(no_key=True).values_list("state", flat=True).get(pk=order.pk)
    if state in PAID_FOR:
        done = order.payments.filter(counts=True, provider=CREDIT, payer=payer).first()
        if done:
            return done
    payment = _pending(order, CREDIT, payer)
    credit.take(person=payer, amount_fen=payment.amount_fen)
    due = _due(payment.out_trade_no, payment.amount_fen)
    _apply(due, payment.out_trade_no, payment.created_at, payment.created_at)
    return Payment.objects.get(pk=payment.pk)


def _require_waiting(order: Order, now: dt.datetime) -> None:
    if order.state != OrderState.PLACED:
        raise StateConflict(_("订单不在待支付状态。"))
    if order.pay_by <= now:
        raise PayDeadlinePassed


@transaction.atomic
def _pending(order: Order, provider: str, payer: User | None = None) -> Payment:
    """
    Return the order's pending payment, made anew if there is none.

    :param payer: None: the order's own.
    :raises StateConflict: also when another person, or another provider's payment, was a moment faster.
    """
    payer_id = order.payer_id if payer is None else payer.pk
    now = clock.now()
    locked = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
    _require_waiting(locked, now)
    pending = locked.payments.filter(state=PaymentState.CREATED).first()
    if pending:
        if (pending.payer_id, pending.provider) != (payer_id, provider):
            raise StateConflict(_("另一笔支付正在进行，请稍后再试。"))
        return pending
    payment = Payment(
        order=locked,
        payer_id=payer_id,
        provider=provider,
        amount_fen=locked.total_fen,
        created_at=now,
        next_query_at=now + FIRST_QUERY,
    )
    payment.out_trade_no = payment.public_id.hex
    payment.save(force_insert=True)
    born(PAYMENT, ids=[payment.pk], state=PaymentState.CREATED, now=now, actor_id=payer_id)
    return payment


@transaction.atomic
def payment_notice(*, provider: str, headers: Mapping[str, str], body: bytes) -> None:
    """
    Take in one notice of the provider about a payment or a refund: verified over the raw body, applied once however
    often it comes.

    :raises groupbuy.providers.payment.NoticeForged: it is not genuine; nothing changes.
    :raises PaymentUnknown, RefundUnknown: no such payment or refund; the provider sends it again.
    :raises AmountWrong: another amount than ours; nothing changes.
    """
    now = clock.now()
    notice = get_provider(provider).read_notice(headers=headers, body=body, now=now)
    if isinstance(notice, RefundNotice):
        payment_id = refund_sending.refund_apply(notice).pk
    elif notice.trade_state == TradeState.SUCCESS:
        due = _due(notice.out_trade_no, notice.amount_fen)
        if due.state != PaymentState.PAID:
            _apply(due, notice.transaction_id, notice.paid_at, now)
        payment_id = due.id
    else:
        return
    prepared(
        "INSERT INTO groupbuy_paymentnotice (notice_id, payment_id, event_type, received_at) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (notice_id) DO NOTHING",
        [notice.notice_id, payment_id, notice.event_type, now],
    )


@transaction.atomic
def payment_apply(*, out_trade_no: str, transaction_id: str, amount_fen: int, paid_at: dt.datetime) -> Payment:
    """
    Record that the provider was paid. Idempotent: a payment is applied once.

    It counts if its order was still waiting and ``paid_at`` (the provider's time) is not after the pay deadline;
    otherwise the whole payment is refunded, exactly once (I8).

    :raises PaymentUnknown: no payment of ours has this number.
    :raises AmountWrong: ``amount_fen`` is not what we asked for.
    """
    due = _due(out_trade_no, amount_fen)
    if due.state != PaymentState.PAID:
        _apply(due, transaction_id, paid_at, clock.now())
    return Payment.objects.get(pk=due.id)


@dataclass(frozen=True)
class Due:
    """A payment whose row is locked, and its order's before it."""

    id: int
    order_id: int
    number: str
    shopper_id: int
    payer_id: int
    provider: str
    amount_fen: int
    state: str


# The order's row is locked before the payment's, here and everywhere, so that cancel and pay cannot deadlock. The
# payment's comes out as it is once its lock is held, whatever it was when the wait began.
_LOCK = """
    WITH held AS (
        SELECT o.id, o.number, o.shopper_id FROM groupbuy_order o
        WHERE o.id = (SELECT order_id FROM groupbuy_payment WHERE out_trade_no = %(number)s) FOR NO KEY UPDATE OF o
    )
    SELECT p.id, p.order_id, held.number, held.shopper_id, p.payer_id, p.provider, p.amount_fen, p.state
    FROM held JOIN groupbuy_payment p ON p.order_id = held.id
    WHERE p.out_trade_no = %(number)s FOR NO KEY UPDATE OF p
"""


def _due(out_trade_no: str, amount_fen: int) -> Due:
    """:raises PaymentUnknown: no payment has this number. :raises AmountWrong: it asks for another amount."""
    found = prepared(_LOCK, {"number": out_trade_no})
    if not found:
        raise PaymentUnknown
    due = Due(**found[0])
    if due.amount_fen != amount_fen:
        log.error("payment amount differs", extra={"out_trade_no": out_trade_no, "amount_fen": amount_fen})
        raise AmountWrong
    return due


def _apply(due: Due, transaction_id: str, paid_at: dt.datetime, now: dt.datetime) -> None:
    counted = moved(
        ORDER,
        pk=due.order_id,
        old=OrderState.PLACED,
        new=OrderState.PAID,
        now=now,
        sets={"paid_at": paid_at, "payer_id": due.payer_id},
        only="t.pay_by >= %s",
        params=[paid_at],
    )
    sets = {"transaction_id": transaction_id, "paid_at": paid_at, "next_query_at": None, "counts": counted}
    move(PAYMENT, pk=due.id, old=due.state, new=PaymentState.PAID, now=now, sets=sets)
    ledger.book_rows(
        kind=EntryKind.PAYMENT if counted else EntryKind.PAYMENT_TO_REFUND,
        source=ledger.Source.PAYMENT,
        ids=[due.id],
        debit=account_of(due.provider),
        credit=Account.HELD if counted else Account.REFUND_DUE,
        now=now,
    )
    if counted:
        journal.tell(
            topic="order.paid",
            person_id=due.payer_id,
            also_id=due.shopper_id,
            now=now,
            number=due.number,
            yuan=yuan(due.amount_fen),
        )
    else:
        payment = Payment.objects.select_related("order").get(pk=due.id)
        double = payment.order.payments.filter(counts=True).exists()
        reason = RefundReason.DOUBLE_PAYMENT if double else RefundReason.LATE_PAYMENT
        refunds.refund_payment(payment, reason=reason, now=now)


def payment_query(*, payment_id: int) -> None:
    """
    Ask the provider about a payment of which no notice came; close it there when its order no longer waits.

    The provider, not a notice, is the truth. Not in time: asked again later.
    """
    payment = Payment.objects.select_related("order").get(pk=payment_id)
    if payment.state == PaymentState.PAID:
        return
    _plan_next_query(payment)
    provider = get_provider(payment.provider)
    try:
        status = provider.query(out_trade_no=payment.out_trade_no)
        if status.state in (TradeState.SUCCESS, TradeState.REFUND):
            _apply_status(payment, status)
        elif status.state in (TradeState.CLOSED, TradeState.REVOKED):
            _closed(payment)
        elif payment.order.state != OrderState.PLACED:
            close_at_provider(payment)
    except ProviderUnavailable as error:
        log.warning("query failed", extra={"out_trade_no": payment.out_trade_no, "error": str(error)})


def _plan_next_query(payment: Payment) -> None:
    """10 s, 20 s, 40 s … at most ten minutes apart; written before the call, so that a crash does not loop."""
    wait = min(FIRST_QUERY * 2 ** min(payment.queries, 8), SLOWEST_QUERY)
    Payment.objects.filter(pk=payment.pk).exclude(state=PaymentState.PAID).update(
        next_query_at=clock.now() + wait, queries=payment.queries + 1
    )


def _apply_status(payment: Payment, status: TradeStatus) -> None:
    assert status.transaction_id
    assert status.amount_fen is not None
    assert status.paid_at
    payment_apply(
        out_trade_no=payment.out_trade_no,
        transaction_id=status.transaction_id,
        amount_fen=status.amount_fen,
        paid_at=status.paid_at,
    )


def close_at_provider(payment: Payment) -> bool:
    """
    Close a payment at its provider; return whether nobody can pay it any more. One that was faster is applied.

    :raises ProviderUnavailable: nothing is known; ask again.
    """
    provider = get_provider(payment.provider)
    if provider.close(out_trade_no=payment.out_trade_no) == CloseResult.ALREADY_PAID:
        _apply_status(payment, provider.query(out_trade_no=payment.out_trade_no))
        return False
    _closed(payment)
    return True


@transaction.atomic
def _closed(payment: Payment) -> None:
    """Record that the provider has closed it; one that was paid meanwhile stays paid."""
    move_where(
        PAYMENT,
        old=PaymentState.CREATED,
        new=PaymentState.CLOSED,
        where="t.id = %s",
        params=[payment.pk],
        now=clock.now(),
        sets={"next_query_at": None},
    )
