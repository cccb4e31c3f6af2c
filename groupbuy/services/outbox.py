"""The relay: every committed outbox row becomes one message, however often it runs (I14)."""

import datetime as dt
import logging

from django.db import transaction

from groupbuy.domain.messages import compose
from groupbuy.kernel import clock
from groupbuy.models import Message, Outbox

log = logging.getLogger(__name__)

BATCH = 500
MAX_TRIES = 5


def relay() -> int:
    """Deliver what is due, oldest first, batch by batch; return how many messages were written."""
    total = 0
    while True:
        taken, written = _relay_batch()
        total += written
        if taken < BATCH:
            return total


@transaction.atomic
def _relay_batch() -> tuple[int, int]:
    now = clock.now()
    due = list(
        Outbox.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(applied_at=None, next_try_at__lte=now)
        .order_by("next_try_at")[:BATCH]
    )
    messages = [message for message in (_message(row, now) for row in due) if message]
    Message.objects.bulk_create(messages, ignore_conflicts=True)
    Outbox.objects.filter(pk__in=[message.outbox_id for message in messages]).update(applied_at=now, next_try_at=None)
    return len(due), len(messages)


def _message(row: Outbox, now: dt.datetime) -> Message | None:
    """Compose the message of a row; a row that cannot be composed is put off, and after five tries left to a person."""
    try:
        title, body = compose(row.topic, row.payload)
        return Message(outbox=row, person_id=row.payload["person_id"], title=title, body=body, created_at=now)
    except KeyError as error:
        log.exception("outbox row cannot be told", extra={"outbox": row.pk, "topic": row.topic})
        row.tries += 1
        row.last_error = f"missing {error}"[:200]
        row.next_try_at = None if row.tries >= MAX_TRIES else now + dt.timedelta(seconds=30 * row.tries)
        row.save(update_fields=["tries", "last_error", "next_try_at"])
        return None
