"""Rebuilding while people order: what is being written counts, whether it was committed before or after."""

from functools import partial
from typing import Any

import pytest
from django.db import transaction

from groupbuy.config.management.commands.rebuild_balances import derived
from groupbuy.kernel.db import run
from groupbuy.selectors.derived import Derived
from groupbuy.services import rebuilding
from groupbuy.services.rebuilding import rebuild
from tests.books import assert_books
from tests.concurrency.races import Rival
from tests.world import World, place, world

pytestmark = pytest.mark.django_db(transaction=True)


def sold() -> Derived:
    return next(column for column in derived() if column.name == "groupbuy_offer.sold")


def order_during_rebuild(w: World) -> None:
    """The counter is wrong; an order has taken its piece and is not committed when the rebuilding begins."""
    run("UPDATE groupbuy_offer SET sold = sold + 5 WHERE id = %s", [w.tomato.pk])
    rival = Rival(partial(rebuild, sold()))
    with transaction.atomic():
        place(shopper=w.shopper, group=w.group, quantities={w.tomato: 1})
        assert rival.run_until_blocked()
    rival.join()


def test_an_order_that_is_committed_during_the_rebuilding_is_counted() -> None:
    w = world()

    order_during_rebuild(w)

    w.tomato.refresh_from_db()
    assert w.tomato.sold == 1
    assert_books()


def test_twin_without_the_lock_its_piece_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()

    def unlocked(sql: str, params: Any = None) -> int:
        return 0 if sql.startswith("LOCK") else run(sql, params)

    monkeypatch.setattr(rebuilding, "run", unlocked)

    order_during_rebuild(w)

    w.tomato.refresh_from_db()
    assert w.tomato.sold == 0
