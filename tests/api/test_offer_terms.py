"""Staff change an offer of an open campaign through the API."""

import datetime as dt
from typing import Any

from groupbuy.models import AuditEvent
from tests.api.callers import Caller, problem
from tests.world import World, place

TERMS: dict[str, Any] = {
    "price_fen": 350,
    "price_steps": [{"at": "2030-01-01T13:00:00Z", "fen": 299}],
    "stock": 20,
    "per_shopper": 5,
    "per_community": None,
}


def test_terms_are_read_and_replaced_as_a_whole(world: World, staff: Caller) -> None:
    path = f"offers/{world.tomato.public_id}/terms/"
    before = staff.get(path).json()

    answer = staff.send("put", path, TERMS | {"reason": "到货多"})

    world.tomato.refresh_from_db()
    assert before == {"price_fen": 399, "price_steps": [], "stock": 10, "per_shopper": None, "per_community": None}
    assert (answer.status_code, answer.json()) == (200, TERMS)
    assert (world.tomato.price_fen, world.tomato.stock, world.tomato.per_shopper) == (350, 20, 5)
    starts_at = dt.datetime(2030, 1, 1, 13, tzinfo=dt.UTC)
    assert list(world.tomato.price_steps.values_list("starts_at", "price_fen")) == [(starts_at, 299)]
    assert AuditEvent.objects.get(action="offer_change").actor == world.staff


def test_less_stock_than_is_sold_is_refused_with_what_is_sold(world: World, staff: Caller) -> None:
    place(shopper=world.shopper, group=world.group, quantities={world.tomato: 3})

    answer = staff.send("put", f"offers/{world.tomato.public_id}/terms/", TERMS | {"stock": 2, "reason": "x"})

    assert problem(answer) == (409, "below_sold", "stock")
    assert answer.json()["sold"] == 3
    world.tomato.refresh_from_db()
    assert world.tomato.price_fen == 399
