"""The small world and its people, each with a browser that is logged in. Models are imported late, as Django is up late."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from django.test import Client

if TYPE_CHECKING:
    from groupbuy.models import User
    from tests.world import World


@pytest.fixture(autouse=True)
def fresh_cache(settings: Any) -> Iterator[None]:
    """Guesses are counted in Redis, which no transaction rolls back; hashing passwords would take most of the time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def world(db: None) -> World:
    from tests import world as worlds

    return worlds.world()


def browser(user: User | None = None) -> Client:
    """A browser that checks CSRF tokens as a real one is checked is made by the test that needs it."""
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


@pytest.fixture
def visitor(world: World) -> Client:
    return browser()


@pytest.fixture
def shopper(world: World) -> Client:
    return browser(world.shopper)


@pytest.fixture
def neighbour(world: World) -> Client:
    return browser(world.neighbour)


@pytest.fixture
def leader(world: World) -> Client:
    return browser(world.leader)


@pytest.fixture
def other_leader(world: World) -> Client:
    return browser(world.other_leader)
