"""The people of the small world, each with a client of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.people import (
    ActingAs,
    fresh_cache,
    leader,
    neighbour,
    other_leader,
    picker,
    shopper,
    staff,
    visitor,
    world,
)

if TYPE_CHECKING:
    from groupbuy.models import User
    from tests.api.callers import Caller

__all__ = ["fresh_cache", "leader", "neighbour", "other_leader", "picker", "shopper", "staff", "visitor", "world"]


@pytest.fixture
def acting_as() -> ActingAs:
    def caller(user: User | None) -> Caller:
        from tests.api.callers import Caller

        return Caller(user)

    return caller
