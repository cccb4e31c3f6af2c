"""A state moves along its machine's edges, once, with one history row; the database refuses whoever tries otherwise."""

import pytest
from django.db import IntegrityError, transaction

from groupbuy.domain.states import CAMPAIGN, ORDER, CampaignState, OrderState
from groupbuy.kernel import clock
from groupbuy.kernel.db import run
from groupbuy.kernel.errors import StateConflict
from groupbuy.kernel.transition import born, move, move_where
from groupbuy.models import Campaign, StateChange
from tests.world import place, world

pytestmark = pytest.mark.django_db


def test_a_move_changes_state_and_version_and_writes_history() -> None:
    w = world()
    now = clock.now()

    move(
        CAMPAIGN,
        pk=w.campaign.pk,
        old=CampaignState.OPEN,
        new=CampaignState.CLOSING,
        now=now,
        actor_id=w.staff.pk,
        reason="why",
        sets={"closed_at": now},
    )

    moved = Campaign.objects.get(pk=w.campaign.pk)
    assert (moved.state, moved.version, moved.closed_at) == ("closing", w.campaign.version + 1, now)
    last = StateChange.objects.filter(machine="campaign", subject_id=w.campaign.pk).latest("pk")
    assert (last.old, last.new, last.actor_id, last.reason, last.at) == ("open", "closing", w.staff.pk, "why", now)


def test_a_row_that_has_moved_on_is_a_conflict_and_leaves_no_history() -> None:
    w = world()
    before = StateChange.objects.count()

    with pytest.raises(StateConflict):
        move(CAMPAIGN, pk=w.campaign.pk, old=CampaignState.DRAFT, new=CampaignState.OPEN, now=clock.now())

    assert StateChange.objects.count() == before


def test_an_edge_that_the_machine_does_not_have_is_refused_before_the_database_is_asked() -> None:
    w = world()

    with pytest.raises(AssertionError, match="frozen"):
        move(CAMPAIGN, pk=w.campaign.pk, old=CampaignState.OPEN, new=CampaignState.FROZEN, now=clock.now())
    with pytest.raises(AssertionError, match="open -> draft"):
        move(CAMPAIGN, pk=w.campaign.pk, old=CampaignState.OPEN, new=CampaignState.DRAFT, now=clock.now())


def test_a_set_moves_in_one_statement_and_only_from_the_old_state() -> None:
    w = world()
    first = place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    second = place(shopper=w.neighbour, group=w.group, quantities={w.tomato: 1})
    gone = place(shopper=w.neighbour, group=w.group, quantities={w.tomato: 1})
    move(ORDER, pk=gone.pk, old=OrderState.PLACED, new=OrderState.CANCELLED, now=clock.now())

    moved = move_where(
        ORDER,
        old=OrderState.PLACED,
        new=OrderState.CANCELLED,
        where="t.campaign_id = %s",
        params=[w.campaign.pk],
        now=clock.now(),
    )

    assert sorted(moved) == [first.pk, second.pk]
    assert StateChange.objects.filter(machine="order", new="cancelled").count() == 3


def test_a_row_is_born_in_a_start_state_only() -> None:
    with pytest.raises(AssertionError):
        born(ORDER, ids=[1], state=OrderState.PAID, now=clock.now())


@pytest.mark.parametrize(
    "change",
    [
        "state = 'frozen', version = version + 1",
        "state = 'draft', version = version + 1",
        "state = 'closing'",
        "state = 'closing', version = version + 2",
        "state = 'nonsense', version = version + 1",
    ],
)
def test_the_database_refuses_a_raw_update_along_no_edge_or_with_another_version(change: str) -> None:
    w = world()

    with pytest.raises(IntegrityError, match="is not a move"), transaction.atomic():
        run(f"UPDATE groupbuy_campaign SET {change} WHERE id = %s", [w.campaign.pk])  # noqa: S608 -- the cases above

    assert Campaign.objects.get(pk=w.campaign.pk).state == "open"


def test_one_bad_row_stops_the_whole_raw_update() -> None:
    w = world()
    place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
    paid = place(shopper=w.neighbour, group=w.group, quantities={w.tomato: 1})
    move(ORDER, pk=paid.pk, old=OrderState.PLACED, new=OrderState.PAID, now=clock.now())

    with pytest.raises(IntegrityError, match=f"order {paid.pk}: paid -> cancelled"), transaction.atomic():
        run("UPDATE groupbuy_order SET state = 'cancelled', version = version + 1")


def test_other_columns_change_without_a_move() -> None:
    w = world()

    assert run("UPDATE groupbuy_campaign SET title = 'another' WHERE id = %s", [w.campaign.pk]) == 1
