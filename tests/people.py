"""
The small world and its people as fixtures, for folders whose tests act as one of them.

A folder's ``conftest.py`` imports them and says by a fixture ``acting_as`` what acts for a person: a browser that is
logged in, a client of the API. Models are imported late: a conftest is read before Django is up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import caches

if TYPE_CHECKING:
    from groupbuy.models import User
    from tests.world import World

ActingAs = Callable[["User | None"], Any]


@pytest.fixture
def world(db: None) -> World:
    from tests import world as worlds

    return worlds.world()


@pytest.fixture(autouse=True)
def fresh_cache() -> Iterator[None]:
    """Guesses are counted in Redis, which no transaction rolls back."""
    cache = caches["default"]  # the one of the settings, also if the test puts another in its place
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def visitor(db: None, acting_as: ActingAs) -> Any:
    return acting_as(None)


@pytest.fixture
def shopper(world: World, acting_as: ActingAs) -> Any:
    return acting_as(world.shopper)


@pytest.fixture
def neighbour(world: World, acting_as: ActingAs) -> Any:
    return acting_as(world.neighbour)


@pytest.fixture
def leader(world: World, acting_as: ActingAs) -> Any:
    return acting_as(world.leader)


@pytest.fixture
def other_leader(world: World, acting_as: ActingAs) -> Any:
    return acting_as(world.other_leader)


@pytest.fixture
def picker(world: World, acting_as: ActingAs) -> Any:
    return acting_as(world.picker)


@pytest.fixture
def staff(world: World, acting_as: ActingAs) -> Any:
    return acting_as(world.staff)
