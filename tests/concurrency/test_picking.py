"""Several workers on one list: what they confirm adds up, is never more than is wanted, and never overwritten."""

from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from fulfillment.models import PickEvent, PickProgress, PutEvent, PutProgress, Wave
from fulfillment.services import picking, putting
from fulfillment.services.dispatch import dispatch_send
from fulfillment.services.picking import BeyondDemand, pick_confirm, pick_undo, put_confirm, put_rest, put_undo
from groupbuy.kernel.db import rows, run
from groupbuy.kernel.errors import StateConflict
from tests.books import assert_books, broken_books
from tests.concurrency.races import Work, after, at_once, before, count
from tests.world import World, build_wave, place_and_pay, world

pytestmark = pytest.mark.django_db(transaction=True)


def on_the_floor() -> tuple[World, Wave]:
    """A wave of 8 tomatoes, 6 for the near point and 2 for the far one."""
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 6})
    place_and_pay(shopper=w.neighbour, group=w.other_group, quantities={w.tomato: 2})
    return w, build_wave(campaign=w.campaign)


def pick(w: World, wave: Wave, pieces: int, uuid: UUID | None = None) -> Work:
    return partial(
        pick_confirm,
        wave_id=wave.pk,
        sku_id=w.tomato.sku_id,
        pieces=pieces,
        actor_id=w.picker.pk,
        uuid=uuid or uuid4(),
    )


def put(w: World, wave: Wave, pieces: int, uuid: UUID | None = None) -> Work:
    return partial(
        put_confirm,
        wave_id=wave.pk,
        point_id=w.near.pk,
        sku_id=w.tomato.sku_id,
        pieces=pieces,
        actor_id=w.picker.pk,
        uuid=uuid or uuid4(),
    )


def rest(w: World, wave: Wave) -> Work:
    return partial(
        put_rest,
        wave_id=wave.pk,
        sku_id=w.tomato.sku_id,
        point_ids=[w.near.pk, w.far.pk],
        actor_id=w.picker.pk,
        uuid=uuid4(),
    )


def picked() -> int:
    return PickProgress.objects.get().pieces


def test_two_workers_on_one_sku_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    w, wave = on_the_floor()
    seam = after(monkeypatch, picking, "_note_pick", pick(w, wave, 3))

    pick(w, wave, 5)()

    assert isinstance(seam.join(), PickEvent)
    assert picked() == 8
    assert_books()


def test_of_twelve_workers_who_want_a_piece_each_eight_get_one() -> None:
    w, wave = on_the_floor()

    outcomes = at_once([pick(w, wave, 1) for _ in range(12)])

    assert (count(outcomes, PickEvent), count(outcomes, BeyondDemand)) == (8, 4)
    assert picked() == 8
    assert_books()


def test_the_last_pieces_go_to_one_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    w, wave = on_the_floor()
    seam = before(monkeypatch, PickEvent.objects, "get", pick(w, wave, 5))

    pick(w, wave, 5)()

    refused = seam.join()
    assert seam.blocked
    assert isinstance(refused, BeyondDemand)
    assert refused.facts == {"left": 3}
    assert picked() == 5
    assert_books()


class Between:
    """Where the rival of a twin comes in: between two steps that the product does in one, or under one lock."""

    @staticmethod
    def steps() -> None: ...


def read_then_write(sql: str, params: Any = None) -> int:
    """Count as a careless page would: read the counter, add to it, write the sum."""
    if "INTO fulfillment_pickprogress" not in sql:
        return run(sql, params)
    found = rows("SELECT pieces FROM fulfillment_pickprogress WHERE sku_id = %(sku)s", params)
    Between.steps()
    return run(
        "INSERT INTO fulfillment_pickprogress (wave_id, sku_id, pieces) VALUES (%(wave)s, %(sku)s, %(sum)s)"
        " ON CONFLICT (wave_id, sku_id) DO UPDATE SET pieces = excluded.pieces",
        params | {"sum": params["pieces"] + (found[0]["pieces"] if found else 0)},
    )


def test_twin_whoever_writes_what_he_has_read_overwrites_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    w, wave = on_the_floor()
    monkeypatch.setattr(picking, "run", read_then_write)
    seam = before(monkeypatch, Between, "steps", pick(w, wave, 3))

    pick(w, wave, 2)()

    assert isinstance(seam.join(), PickEvent)
    assert picked() == 2
    assert broken_books() == ["I4-picked"]


def test_one_event_sent_by_eight_hands_at_once_counts_once() -> None:
    w, wave = on_the_floor()
    event = uuid4()

    answers = at_once([pick(w, wave, 2, event)] * 8)

    assert {answer.pk for answer in answers} == {PickEvent.objects.get().pk}
    assert picked() == 2
    assert_books()


def test_two_who_undo_one_confirmation_undo_it_once() -> None:
    w, wave = on_the_floor()
    event = uuid4()
    pick(w, wave, 5)()
    pick(w, wave, 3, event)()

    at_once([partial(pick_undo, event=event, actor_id=w.picker.pk, uuid=uuid4()) for _ in range(4)])

    assert picked() == 5
    assert PickEvent.objects.filter(undoes__isnull=False).count() == 1
    assert_books()


def test_two_who_put_the_rest_put_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    w, wave = on_the_floor()
    seam = after(monkeypatch, putting, "_count_put", rest(w, wave))

    mine = rest(w, wave)()

    assert seam.blocked
    assert (len(mine), seam.join()) == (2, [])
    assert sorted(PutProgress.objects.values_list("pieces", flat=True)) == [2, 6]
    assert_books()


def test_twin_without_the_skus_row_both_put_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    w, wave = on_the_floor()
    count_put = putting._count_put

    def without_holding(wave_id: int, sku_id: int, pieces: int) -> None:
        if pieces:
            Between.steps()
            count_put(wave_id, sku_id, pieces)

    monkeypatch.setattr(putting, "_count_put", without_holding)
    seam = before(monkeypatch, Between, "steps", rest(w, wave))

    rest(w, wave)()

    assert len(seam.join()) == 2
    assert sorted(PutProgress.objects.values_list("pieces", flat=True)) == [4, 12]
    assert broken_books() == ["I4-put"]


def test_putting_by_the_piece_and_undoing_at_once_leaves_the_sum_of_both() -> None:
    w, wave = on_the_floor()
    press = uuid4()
    put(w, wave, 4, press)()

    at_once([put(w, wave, 1), partial(put_undo, batch=press, actor_id=w.picker.pk, uuid=uuid4()), put(w, wave, 1)])

    assert PutProgress.objects.get().pieces == 2
    assert PutEvent.objects.count() == 4
    assert_books()


def test_a_worker_who_was_first_is_counted_before_the_truck_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    w, wave = on_the_floor()
    seam = after(monkeypatch, picking, "share_wave", partial(dispatch_send, wave_id=wave.pk))

    pick(w, wave, 2)()

    assert seam.join() is None
    assert seam.blocked
    assert picked() == 2
    with pytest.raises(StateConflict):
        pick(w, wave, 1)()
    assert_books()


def test_twin_without_the_shared_row_the_truck_leaves_under_the_workers_hands(monkeypatch: pytest.MonkeyPatch) -> None:
    w, wave = on_the_floor()
    monkeypatch.setattr(picking, "share_wave", lambda _: 1)
    seam = before(monkeypatch, picking, "_note_pick", partial(dispatch_send, wave_id=wave.pk))

    pick(w, wave, 2)()

    assert seam.join() is None
    assert not seam.blocked
    wave.refresh_from_db()
    assert (wave.state, picked()) == ("dispatched", 2)
