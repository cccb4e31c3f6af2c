"""What later stages do to order lines: pieces collected, sales booked. Only this app writes its tables."""

import datetime as dt
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext_lazy as _

from groupbuy.domain.accounts import Account, EntryKind
from groupbuy.kernel.db import run
from groupbuy.kernel.errors import DomainError
from groupbuy.services import ledger


class NothingLeft(DomainError):
    code = "nothing_left_to_collect"
    message = _("可提件数不足，可能已被提走或已退款。")


def lines_collect(pieces: Mapping[int, int]) -> None:
    """
    Count pieces of accepted order lines as collected, all or none.

    :param pieces: order line id -> sale units, >= 1.
    :raises NothingLeft: a line has fewer pieces left to collect; nothing is counted.

    One statement; rows are locked in the order of their ids. The caller's transaction rolls back on the error.
    """
    ids = sorted(pieces)
    collected = run(
        """
        WITH wanted (line_id, quantity) AS (SELECT * FROM unnest(%s::bigint[], %s::int[])),
        locked AS (
            SELECT line.id FROM groupbuy_orderline line JOIN wanted ON wanted.line_id = line.id
            JOIN groupbuy_order o ON o.id = line.order_id
            WHERE o.state = 'accepted' ORDER BY line.id FOR NO KEY UPDATE OF line
        )
        UPDATE groupbuy_orderline line SET collected = line.collected + wanted.quantity
        FROM locked JOIN wanted ON wanted.line_id = locked.id
        WHERE line.id = locked.id
          AND line.collected + wanted.quantity <= line.quantity - line.short - line.refunded
        """,
        [ids, [pieces[i] for i in ids]],
    )
    if collected < len(ids):
        raise NothingLeft


def sales_book(*, source_kind: str, amounts: Sequence[ledger.Amount], now: dt.datetime) -> None:
    """Book net sales of collected pieces: from what is held for shoppers to what is earned."""
    ledger.book_amounts(
        kind=EntryKind.SALE,
        source_kind=source_kind,
        amounts=amounts,
        debit=Account.HELD,
        credit=Account.EARNED,
        now=now,
    )
