"""Taking offers out of the orders of a campaign; the caller holds the campaign's row."""

import datetime as dt
from collections.abc import Sequence

from django.db.models import F

from groupbuy.domain.states import ORDER, PAID_FOR, OrderState, OutcomeKind
from groupbuy.domain.words import RefundReason
from groupbuy.kernel.db import rows, run
from groupbuy.kernel.transition import move_where
from groupbuy.models import Offer
from groupbuy.services import refunds, stock


def take_out(
    offer_ids: Sequence[int], *, reason: RefundReason, topic: str, why: str, now: dt.datetime, actor_id: int | None
) -> None:
    """
    Refund what paid orders still hold of the offers, end the orders that hold nothing else, and sell no more of them.

    A fixed number of statements. Unpaid orders with these offers have ended before.

    :param topic: of the message to each payer, one for each line.
    :param why: written in the history of the orders that end.
    """
    lines = rows(
        """
        SELECT line.id, line.order_id, line.quantity - line.short - line.refunded AS pieces
        FROM groupbuy_orderline line JOIN groupbuy_order o ON o.id = line.order_id
        WHERE line.offer_id = ANY(%s) AND o.state IN ('paid', 'accepted')
          AND line.quantity > line.short + line.refunded
        """,
        [list(offer_ids)],
    )
    held = sorted({line["order_id"] for line in lines})
    ended = refunded(
        """t.id = ANY(%s) AND NOT EXISTS (
            SELECT FROM groupbuy_orderline other WHERE other.order_id = t.id AND NOT other.offer_id = ANY(%s)
               AND other.quantity > other.short + other.refunded)""",
        [held, list(offer_ids)],
        reason=why,
        now=now,
        actor_id=actor_id,
    )
    _tell(topic, [line["id"] for line in lines], now)
    refunds.refund_whole(held, offer_ids=offer_ids, reason=reason, now=now)
    stock.give_back(ended)
    gone = set(ended)
    stock.give_back_pieces({line["id"]: line["pieces"] for line in lines if line["order_id"] not in gone})
    run(
        "UPDATE groupbuy_orderoutcome SET kind = %s, at = %s WHERE order_id = ANY(%s)",
        [OutcomeKind.REFUNDED, now, ended],
    )
    # Stock sinks to what is sold, so that ordering needs no other question than the one it asks anyway.
    Offer.objects.filter(pk__in=offer_ids).update(withdrawn_at=now, stock=F("sold"))


def refunded(where: str, params: Sequence[object], *, reason: str, now: dt.datetime, actor_id: int | None) -> list[int]:
    """Move paid and accepted orders (trusted SQL on alias ``t``) to refunded; return their ids."""
    ended = []
    for old in PAID_FOR:
        ended += move_where(
            ORDER,
            old=old,
            new=OrderState.REFUNDED,
            where=where,
            params=params,
            now=now,
            actor_id=actor_id,
            reason=reason,
        )
    return ended


def _tell(topic: str, line_ids: Sequence[int], now: dt.datetime) -> None:
    """Tell the payer of each line, and whoever would collect it, what goes back; called before it does."""
    run(
        """
        INSERT INTO groupbuy_outbox (topic, payload, created_at, next_try_at, tries, last_error)
        SELECT %s, jsonb_build_object('person_id', person.id, 'number', o.number, 'name', line.name,
                   'yuan', to_char((line.net_fen - line.refunded_fen) / 100.0, 'FM999999999990.00')), %s, %s, 0, ''
        FROM groupbuy_orderline line JOIN groupbuy_order o ON o.id = line.order_id
        CROSS JOIN LATERAL (SELECT o.payer_id UNION SELECT o.shopper_id) AS person (id)
        WHERE line.id = ANY(%s)
        """,
        [topic, now, now, list(line_ids)],
    )
