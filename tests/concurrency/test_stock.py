"""The last pieces: what is sold never passes the stock or a shopper's limit, and no two orders wait for each other."""

import threading
from collections.abc import Callable, Mapping
from functools import partial

import pytest
from django.db import OperationalError, transaction

from groupbuy.kernel.db import rows, run, sqlstate
from groupbuy.models import Offer, OfferCommunity, OfferShopper, Order
from groupbuy.services import stock
from groupbuy.services.orders import CommunityLimitReached, LimitReached, OfferSoldOut
from tests.books import assert_books, broken_books
from tests.concurrency.races import Rival, after, at_once, count, outcome_of
from tests.world import World, person, place, world

pytestmark = pytest.mark.django_db(transaction=True)

DEADLOCK, LOCK_NOT_AVAILABLE = "40P01", "55P03"

# The twin of stock._TAKE as it is often written: look whether there is enough, then add. The look is not repeated
# after the wait for the row.
LOOK_THEN_ADD = """
    WITH wanted (offer_id, quantity) AS (SELECT * FROM unnest(%(ids)s::bigint[], %(quantities)s::int[])),
    enough AS MATERIALIZED (
        SELECT o.id FROM groupbuy_offer o JOIN wanted ON wanted.offer_id = o.id
        WHERE o.stock IS NULL OR o.sold + wanted.quantity <= o.stock
    )
    UPDATE groupbuy_offer o SET sold = o.sold + wanted.quantity
    FROM enough JOIN wanted ON wanted.offer_id = enough.id WHERE o.id = enough.id RETURNING o.id
"""
LOOK_THEN_ADD_SHARE = """
    WITH wanted (offer_id, quantity, most) AS (
        SELECT * FROM unnest(%(ids)s::bigint[], %(quantities)s::int[], %(limits)s::int[])
    ), within AS MATERIALIZED (
        SELECT * FROM wanted WHERE quantity + coalesce((
            SELECT held.quantity FROM {table} held
            WHERE held.offer_id = wanted.offer_id AND held.{holder} = %(holder)s), 0) <= most
    )
    INSERT INTO {table} AS held (offer_id, {holder}, quantity)
    SELECT offer_id, %(holder)s, quantity FROM within
    ON CONFLICT (offer_id, {holder}) DO UPDATE SET quantity = held.quantity + EXCLUDED.quantity
    RETURNING held.offer_id
"""


def sold(offer: Offer) -> int:
    return Offer.objects.values_list("sold", flat=True).get(pk=offer.pk)


def buy(w: World, quantities: Mapping[Offer, int]) -> Order:
    return place(shopper=w.shopper, group=w.group, quantities=quantities)


def test_twenty_buyers_of_ten_pieces_buy_exactly_ten() -> None:
    w = world()
    buyers = [person(name=f"顾客{i}", phone=f"139000000{i:02d}") for i in range(20)]

    outcomes = at_once([partial(place, shopper=buyer, group=w.group, quantities={w.tomato: 1}) for buyer in buyers])

    assert (count(outcomes, Order), count(outcomes, OfferSoldOut)) == (10, 10)
    assert sold(w.tomato) == 10
    assert_books()


def test_the_last_piece_goes_to_one_of_two_however_they_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    seam = after(monkeypatch, stock, "take", lambda: buy(w, {w.tomato: 6}))

    buy(w, {w.tomato: 6})

    assert isinstance(seam.join(), OfferSoldOut)
    assert seam.blocked
    assert sold(w.tomato) == 6
    assert_books()


def test_twin_looking_first_and_adding_then_sells_pieces_that_are_not_there(
    monkeypatch: pytest.MonkeyPatch, without_constraint: Callable[[str, str], None]
) -> None:
    w = world()
    without_constraint("groupbuy_offer", "offer_not_oversold")
    monkeypatch.setattr(stock, "_TAKE", LOOK_THEN_ADD)
    seam = after(monkeypatch, stock, "take", lambda: buy(w, {w.tomato: 6}))

    buy(w, {w.tomato: 6})

    assert isinstance(seam.join(), Order)
    assert sold(w.tomato) == 12
    assert broken_books() == ["I1"]


def test_without_the_guard_the_table_itself_still_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    monkeypatch.setattr(stock, "_TAKE", LOOK_THEN_ADD)
    seam = after(monkeypatch, stock, "take", lambda: buy(w, {w.tomato: 6}))

    buy(w, {w.tomato: 6})

    assert "offer_not_oversold" in str(seam.join())
    assert sold(w.tomato) == 6


def test_two_first_orders_of_one_shopper_stay_within_his_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    seam = after(monkeypatch, stock, "take_share", lambda: buy(w, {w.eggs: 2}))

    buy(w, {w.eggs: 2})

    assert isinstance(seam.join(), LimitReached)
    assert seam.blocked
    assert OfferShopper.objects.get().quantity == 2
    assert_books()


def test_twin_looking_first_and_adding_then_passes_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    monkeypatch.setattr(stock, "_TAKE_SHARE", LOOK_THEN_ADD_SHARE)
    seam = after(monkeypatch, stock, "take_share", lambda: buy(w, {w.eggs: 2}))

    buy(w, {w.eggs: 2})

    assert isinstance(seam.join(), Order)
    assert OfferShopper.objects.get().quantity == 4
    assert broken_books() == ["I2"]


def buy_next_door(w: World) -> Order:
    return place(shopper=w.neighbour, group=w.group, quantities={w.tomato: 2})


def test_two_neighbours_stay_within_the_cap_of_their_community(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    Offer.objects.filter(pk=w.tomato.pk).update(per_community=3)
    seam = after(monkeypatch, stock, "take_share", partial(buy_next_door, w))

    buy(w, {w.tomato: 2})

    assert isinstance(seam.join(), CommunityLimitReached)
    assert seam.blocked
    assert OfferCommunity.objects.get().quantity == 2
    assert_books()


def test_twin_looking_first_and_adding_then_passes_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    Offer.objects.filter(pk=w.tomato.pk).update(per_community=3)
    monkeypatch.setattr(stock, "_TAKE_SHARE", LOOK_THEN_ADD_SHARE)
    seam = after(monkeypatch, stock, "take_share", partial(buy_next_door, w))

    buy(w, {w.tomato: 2})

    assert isinstance(seam.join(), Order)
    assert OfferCommunity.objects.get().quantity == 4
    assert broken_books() == ["I2-community"]


def test_orders_with_the_same_offers_in_any_order_all_get_through() -> None:
    w = world()
    Offer.objects.update(stock=None, per_shopper=None)
    there, back = [w.tomato, w.eggs, w.dumplings], [w.dumplings, w.eggs, w.tomato]

    outcomes = at_once([partial(buy, w, dict.fromkeys(offers, 2)) for offers in [there, back] * 6])

    assert count(outcomes, Order) == 12
    assert (sold(w.tomato), sold(w.eggs), sold(w.dumplings)) == (24, 24, 24)
    assert_books()


def take(quantities: Mapping[int, int]) -> None:
    with transaction.atomic():
        stock.take(quantities)


def is_free(offer: Offer) -> bool:
    """Can the offer's row be locked at once?"""
    try:
        with transaction.atomic():
            rows("SELECT id FROM groupbuy_offer WHERE id = %s FOR NO KEY UPDATE NOWAIT", [offer.pk])
    except OperationalError as error:
        if sqlstate(error) != LOCK_NOT_AVAILABLE:
            raise
        return False
    return True


def dumplings_while_tomato_is_held(w: World) -> bool:
    """Hold the tomato; let an order of dumplings and tomato wait for it; say whether the dumplings are free meanwhile."""
    waiting = Rival(partial(take, {w.dumplings.pk: 2, w.tomato.pk: 1}))
    with transaction.atomic():
        run("SELECT id FROM groupbuy_offer WHERE id = %s FOR NO KEY UPDATE", [w.tomato.pk])
        assert waiting.run_until_blocked()
        free = outcome_of(partial(is_free, w.dumplings))
    waiting.join()
    return bool(free)


def test_an_order_waits_at_the_first_counter_and_holds_no_later_one() -> None:
    assert dumplings_while_tomato_is_held(world())


def test_twin_without_one_order_of_locks_holds_one_counter_while_it_waits_for_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stock, "_TAKE", stock._TAKE.replace("ORDER BY o.id", "ORDER BY o.id DESC"))

    assert not dumplings_while_tomato_is_held(world())


def test_twin_two_orders_that_lock_crosswise_deadlock() -> None:
    w = world()
    meet = threading.Barrier(2)

    def one_by_one(first: Offer, second: Offer) -> None:
        with transaction.atomic():
            stock.take({first.pk: 1})
            meet.wait(10)
            stock.take({second.pk: 1})

    outcomes = at_once([partial(one_by_one, w.tomato, w.dumplings), partial(one_by_one, w.dumplings, w.tomato)])

    assert [sqlstate(outcome) for outcome in outcomes if outcome is not None] == [DEADLOCK]
