"""What every action of an operator has in common: done once, safe to die in, as dear for 30 orders as for 3."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from fulfillment.services.waves import wave_build, wave_void
from groupbuy.domain.words import PointRole
from groupbuy.kernel.db import rows
from groupbuy.kernel.errors import StateConflict
from groupbuy.models import Campaign, PointStaff
from groupbuy.services.campaign_changes import campaign_cancel, campaign_extend, offer_withdraw
from groupbuy.services.campaign_holds import campaign_hold, campaign_release
from groupbuy.services.campaigns import OfferWanted
from groupbuy.services.cutoff import campaign_close, campaign_freeze
from groupbuy.services.group_moves import group_move
from tests.books import assert_books
from tests.world import HOUR, World, open_campaign, place, place_and_pay, world

pytestmark = pytest.mark.django_db

WHY = "演练"


def withdraw(campaign: Campaign, w: World) -> None:
    offer_withdraw(offer_id=campaign.offers.order_by("pk")[0].pk, reason=WHY, actor_id=w.staff.pk)


def cancel(campaign: Campaign, w: World) -> None:
    campaign_cancel(campaign_id=campaign.pk, reason=WHY, actor_id=w.staff.pk)


def extend(campaign: Campaign, w: World) -> None:
    campaign_extend(campaign_id=campaign.pk, cutoff_at=campaign.cutoff_at + HOUR, reason=WHY, actor_id=w.staff.pk)


def take_back(campaign: Campaign, w: World) -> None:
    campaign_extend(campaign_id=campaign.pk, cutoff_at=campaign.cutoff_at, reason=WHY, actor_id=w.staff.pk)


def close_early(campaign: Campaign, w: World) -> None:
    campaign_close(campaign_id=campaign.pk, early=True, actor_id=w.staff.pk)


def move(campaign: Campaign, w: World) -> None:
    post = PointStaff.objects.get(user=w.other_leader, role=PointRole.LEADER)
    group_move(group_id=campaign.groups.get(point=w.near).pk, post_id=post.pk, reason=WHY, actor_id=w.staff.pk)


def hold(campaign: Campaign, w: World) -> None:
    campaign_hold(campaign_id=campaign.pk, reason=WHY, actor_id=w.staff.pk)


def release(campaign: Campaign, w: World) -> None:
    campaign_release(campaign_id=campaign.pk, actor_id=w.staff.pk)


def void_and_hold(campaign: Campaign, w: World) -> None:
    place_in = campaign_wave(campaign)
    wave_void(wave_id=place_in, reason=WHY, actor_id=w.staff.pk, hold=[campaign.pk])


def campaign_wave(campaign: Campaign) -> int:
    (found,) = rows("SELECT wave_id FROM fulfillment_wavecampaign WHERE campaign_id = %s", [campaign.pk])
    return int(found["wave_id"])


def in_wave(campaign: Campaign, w: World) -> None:
    close_early(campaign, w)
    campaign_freeze(campaign_id=campaign.pk)
    wave_build(warehouse_id=w.warehouse.pk, delivery_date=campaign.delivery_date)


@dataclass(frozen=True)
class Action:
    """:param before: what must have happened. :param again: what a second call raises; None: it does nothing."""

    do: Callable[[Campaign, World], None]
    statements: int
    before: Callable[[Campaign, World], None] | None = None
    again: type[Exception] | None = None


ACTIONS = {
    "withdraw": Action(withdraw, 35),
    "cancel": Action(cancel, 27),
    "extend": Action(extend, 6),
    "take the extension back": Action(take_back, 7, before=extend),
    "close early": Action(close_early, 6),
    "move": Action(move, 19),
    "hold": Action(hold, 5),
    "release": Action(release, 5, before=hold),
    "void and hold": Action(void_and_hold, 10, before=in_wave, again=StateConflict),
}
ALL = pytest.mark.parametrize("action", list(ACTIONS.values()), ids=list(ACTIONS))


def crowd(w: World, orders: int, action: Action) -> Campaign:
    """Open a campaign of two offers with ``orders`` orders: a third unpaid, a third with both, a third with one."""
    wanted = [OfferWanted(sku=w.tomato.sku, price_fen=399), OfferWanted(sku=w.eggs.sku, price_fen=1590)]
    campaign = open_campaign(warehouse=w.warehouse, points=[w.near, w.far], offers=wanted)
    near = campaign.groups.get(point=w.near)
    tomato, eggs = campaign.offers.order_by("pk")
    for _ in range(orders // 3):
        place(shopper=w.shopper, group=near, quantities={tomato: 1})
        place_and_pay(shopper=w.shopper, group=near, quantities={tomato: 1, eggs: 1})
        place_and_pay(shopper=w.neighbour, group=near, quantities={tomato: 2})
    if action.before:
        action.before(campaign, w)
    return campaign


def everything() -> dict[str, str]:
    """Return a fingerprint of every table of the application."""
    tables = rows(
        "SELECT relname AS name FROM pg_stat_user_tables WHERE relname ~ '^(groupbuy|fulfillment|leaders)_' ORDER BY 1"
    )
    return {table["name"]: _fingerprint(table["name"]) for table in tables}


def _fingerprint(table: str) -> str:
    sql = f"SELECT coalesce(md5(string_agg(t::text, '' ORDER BY t::text)), '') AS print FROM {table} t"  # noqa: S608
    return str(rows(sql)[0]["print"])


class Killed(Exception):
    """The process died after a statement; its transaction is rolled back."""


def dying_after(statements: int) -> Callable[..., Any]:
    left = [statements]

    def execute(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        left[0] -= 1
        if left[0] == 0:
            raise Killed
        return result

    return execute


@ALL
def test_a_second_call_changes_nothing(action: Action) -> None:
    w = world()
    campaign = crowd(w, 3, action)
    action.do(campaign, w)
    before = everything()

    if action.again:
        with pytest.raises(action.again), transaction.atomic():
            action.do(campaign, w)
    else:
        action.do(campaign, w)

    assert everything() == before
    assert_books()


@ALL
def test_an_action_that_dies_after_any_statement_has_done_nothing_and_can_be_done(action: Action) -> None:
    w = world()
    campaign = crowd(w, 3, action)
    before = everything()

    for dies_after in range(1, action.statements + 1):
        with pytest.raises(Killed), connection.execute_wrapper(dying_after(dies_after)):
            action.do(campaign, w)
    assert everything() == before
    action.do(campaign, w)

    assert everything() != before
    assert_books()


@ALL
def test_an_action_takes_the_same_number_of_statements_for_3_orders_and_30(action: Action) -> None:
    w = world()
    counts = []

    for orders in (3, 30):
        campaign = crowd(w, orders, action)
        with CaptureQueriesContext(connection) as seen:
            action.do(campaign, w)
        counts.append(len([query for query in seen if "SAVEPOINT" not in query["sql"]]))

    assert counts == [action.statements, action.statements]
    assert_books()
