"""Django looks for ``DatabaseWrapper`` here; see ``ENGINE`` in ``config/databases.py``."""

from __future__ import annotations

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """
        Tell whether a connection kept from the request before may serve this one.

        A server that has ended a connection has closed its socket, and said why: both make it readable, which a
        healthy one between two requests is not. Only then, or after an error, is the server asked.
        """
        if self.connection is None or self.connection.closed:
            return False
        if not self.errors_occurred and not _readable(self.connection.fileno()):
            return True
        return bool(super().is_usable())


def _readable(socket: int) -> bool:
    poll = select.poll()
    poll.register(socket, select.POLLIN)
    return bool(poll.poll(0))
