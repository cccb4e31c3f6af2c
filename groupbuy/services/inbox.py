"""A person's messages: reading them."""

import datetime as dt

from groupbuy.kernel import clock
from groupbuy.models import Message, User


def messages_read(*, person: User, until: dt.datetime) -> int:
    """Mark everything that came up to ``until`` as read; return how many were unread."""
    return Message.objects.filter(person=person, read_at=None, created_at__lte=until).update(read_at=clock.now())
