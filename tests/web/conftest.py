"""The people of the small world, each with a browser that is logged in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client

from tests.people import ActingAs, fresh_cache, leader, neighbour, other_leader, picker, shopper, visitor, world

if TYPE_CHECKING:
    from groupbuy.models import User

__all__ = ["fresh_cache", "leader", "neighbour", "other_leader", "picker", "shopper", "visitor", "world"]


def browser(user: User | None = None) -> Client:
    """A browser that checks CSRF tokens as a real one is checked is made by the test that needs it."""
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


@pytest.fixture
def acting_as() -> ActingAs:
    return browser
