"""The three roles of the back office, logged in, beside the small world."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from tests.people import world

if TYPE_CHECKING:
    from tests.world import World

__all__ = ["world"]


@pytest.fixture
def member(db: None) -> Callable[[str], Client]:
    """Log in a member of the staff in a role; his account's name is the role's."""
    from groupbuy.models import User
    from groupbuy.services.roles import roles_ensure

    def log_in(role: str) -> Client:
        user = User.objects.create_user(role, None, display_name=role, is_staff=True)
        user.groups.add(roles_ensure()[role])
        return logged_in(user)

    return log_in


def logged_in(user: object) -> Client:
    client = Client()
    client.force_login(user)  # type: ignore[arg-type]
    return client


@pytest.fixture
def operator(member: Callable[[str], Client]) -> Client:
    return member("平台运营")


@pytest.fixture
def finance(member: Callable[[str], Client]) -> Client:
    return member("财务")


@pytest.fixture
def clerk(member: Callable[[str], Client]) -> Client:
    """A clerk of no warehouse yet."""
    return member("仓库文员")


@pytest.fixture
def boss(db: None) -> Client:
    from groupbuy.models import User

    return logged_in(User.objects.create_superuser("boss", None, display_name="总管"))


@pytest.fixture
def busy(world: World) -> World:
    """The world after a whole day: something is in every table that the back office lists."""
    from tests.admin.busy import make_busy

    make_busy(world)
    return world
