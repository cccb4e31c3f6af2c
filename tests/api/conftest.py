"""The small world and its people, each with a client. Models are imported late: pytest reads this file before Django is up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache

if TYPE_CHECKING:
    from groupbuy.models import User
    from tests.api.callers import Caller
    from tests.world import World


def caller(user: User | None) -> Caller:
    from tests.api.callers import Caller

    return Caller(user)


@pytest.fixture(autouse=True)
def _fresh_cache() -> Iterator[None]:
    """Guesses are counted in Redis, which no transaction rolls back."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def world(db: None) -> World:
    from tests import world as worlds

    return worlds.world()


@pytest.fixture
def shopper(world: World) -> Caller:
    return caller(world.shopper)


@pytest.fixture
def neighbour(world: World) -> Caller:
    return caller(world.neighbour)


@pytest.fixture
def leader(world: World) -> Caller:
    return caller(world.leader)


@pytest.fixture
def other_leader(world: World) -> Caller:
    return caller(world.other_leader)


@pytest.fixture
def picker(world: World) -> Caller:
    return caller(world.picker)


@pytest.fixture
def staff(world: World) -> Caller:
    return caller(world.staff)


@pytest.fixture
def visitor(db: None) -> Caller:
    return caller(None)
