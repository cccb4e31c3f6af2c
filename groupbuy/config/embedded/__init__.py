"""
A real PostgreSQL and a real Redis from wheels, run as plain servers on this machine.

For demo, tests and small trials; ``DATABASE_URL`` and ``REDIS_URL`` switch to servers of one's own.
Nothing here needs Django, so that the servers can start before the settings are read.
"""

from groupbuy.config.embedded.errors import ServiceError
from groupbuy.config.embedded.services import Addresses, Status, addresses, remove, start, status, stop

__all__ = ["Addresses", "ServiceError", "Status", "addresses", "remove", "start", "status", "stop"]
