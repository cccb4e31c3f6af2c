"""Orders that were paid before they came here, by an import or a replay."""

import datetime as dt
from collections.abc import Sequence

from groupbuy.domain.accounts import Account, EntryKind
from groupbuy.domain.states import ORDER, PAYMENT, OrderState, PaymentState
from groupbuy.kernel.transition import born, move_where
from groupbuy.services import ledger


def paid_elsewhere(*, campaign_id: int, payment_ids: Sequence[int], reason: str, now: dt.datetime) -> None:
    """
    Pay every placed order of a campaign. A fixed number of statements, whatever the number of orders.

    :param payment_ids: created payments of whole orders; an order that cost nothing is paid without one.
    :param reason: where it was paid, for the history.
    """
    born(PAYMENT, ids=payment_ids, state=PaymentState.CREATED, now=now, reason=reason)
    placed, campaign = "t.campaign_id = %s", [campaign_id]
    move_where(ORDER, old=OrderState.PLACED, new=OrderState.PAID, where=placed, params=campaign, now=now)
    move_where(
        PAYMENT,
        old=PaymentState.CREATED,
        new=PaymentState.PAID,
        where="t.id = ANY(%s)",
        params=[list(payment_ids)],
        now=now,
        sets={"counts": True},
    )
    ledger.book_rows(
        kind=EntryKind.PAYMENT,
        source=ledger.Source.PAYMENT,
        ids=payment_ids,
        debit=Account.PROVIDER,
        credit=Account.HELD,
        now=now,
    )
