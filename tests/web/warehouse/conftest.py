"""A wave on the floor, and where its pages are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fulfillment.models import Wave
    from tests.world import World


@pytest.fixture
def wave(world: World) -> Wave:
    """Seven tomatoes (five near, two far) and two boxes of eggs (near)."""
    from tests import world as worlds

    worlds.place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 5, world.eggs: 2})
    worlds.place_and_pay(shopper=world.neighbour, group=world.other_group, quantities={world.tomato: 2})
    return worlds.build_wave(campaign=world.campaign)


@pytest.fixture
def where(wave: Wave) -> str:
    return f"/warehouse/waves/{wave.public_id}/"
