"""What an order reads is read inside the gate: an operator may have changed it while the order waited."""

import pytest
from django.db import transaction

from groupbuy.kernel.db import GATE_CAMPAIGN, close_gate
from groupbuy.models import Group
from groupbuy.services import order_terms
from tests.concurrency.races import Rival
from tests.world import World, place, world

pytestmark = pytest.mark.django_db(transaction=True)


def order_while_the_group_moves(w: World) -> str:
    """Let an order come while an operator moves the group to the far point; return the order's point."""
    rival = Rival(lambda: place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1}).point.name)
    w.other_group.delete()
    with transaction.atomic():
        close_gate(GATE_CAMPAIGN, w.campaign.pk)
        Group.objects.filter(pk=w.group.pk).update(point=w.far, leader=w.other_leader)
        assert rival.run_until_blocked()
    return str(rival.join())


def test_an_order_that_waits_for_a_move_of_its_group_goes_to_the_new_point() -> None:
    assert order_while_the_group_moves(world()) == "古荡驿站"


def test_twin_an_order_without_the_gate_goes_to_the_point_that_the_group_has_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(order_terms, "_enter_gate_of", lambda _: None)

    # It waits all the same, for the group's row, but only with its insert: after it has read.
    assert order_while_the_group_moves(world()) == "翠苑小店"
