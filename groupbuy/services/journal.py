"""Writing down what happened, in the transaction in which it happened: audit rows and facts to be told."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from groupbuy.kernel.db import prepared, run
from groupbuy.models import AuditEvent


def audit(
    *, action: str, subject_kind: str, subject_id: int, now: dt.datetime, actor_id: int | None = None, **facts: Any
) -> None:
    """Write one audit row. ``facts`` are JSON-ready and hold no phone numbers."""
    AuditEvent.objects.create(
        actor_id=actor_id, action=action, subject_kind=subject_kind, subject_id=subject_id, facts=facts, at=now
    )


def tell(*, topic: str, person_id: int, now: dt.datetime, also_id: int | None = None, **facts: Any) -> None:
    """
    Put a message for one person into the outbox; the relay delivers it exactly once.

    :param topic: a key of ``domain.messages.TEXTS``; ``facts`` fill its text and hold no personal data.
    :param also_id: somebody who is told the same, such as the neighbour who collects what another has paid; it may be
        the same person, who then is told once.
    """
    people = sorted({person_id, also_id or person_id})
    prepared(
        "INSERT INTO groupbuy_outbox (topic, payload, created_at, next_try_at, tries, last_error)"
        " SELECT %s::text, jsonb_build_object('person_id', person) || %s::jsonb, %s::timestamptz, %s::timestamptz, 0, ''"
        " FROM unnest(%s::bigint[]) AS person",
        [topic, json.dumps(facts), now, now, people],
    )


def tell_orders(*, topic: str, order_ids: Sequence[int], now: dt.datetime) -> None:
    """
    Tell the payer of each order, and whoever collects it if that is another, with its number and its total less what
    was given back; one statement.
    """
    run(
        """
        INSERT INTO groupbuy_outbox (topic, payload, created_at, next_try_at, tries, last_error)
        SELECT %s, jsonb_build_object('person_id', person.id, 'number', number,
                   'yuan', to_char((total_fen - given_back.fen) / 100.0, 'FM999999999990.00')), %s, %s, 0, ''
        FROM groupbuy_order o
        CROSS JOIN LATERAL (SELECT sum(refunded_fen) AS fen FROM groupbuy_orderline WHERE order_id = o.id) AS given_back
        CROSS JOIN LATERAL (SELECT o.payer_id UNION SELECT o.shopper_id) AS person (id)
        WHERE o.id = ANY(%s)
        """,
        [topic, now, now, list(order_ids)],
    )
