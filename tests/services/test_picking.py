"""Picking and putting: counted once, never beyond the demand, undone by an event of its own."""

from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fulfillment.models import PickEvent, PickLine, PickProgress, PutEvent, PutProgress, SortLine, Wave
from fulfillment.selectors import progress, puts
from fulfillment.services import picking
from fulfillment.services.dispatch import dispatch_send
from fulfillment.services.picking import BeyondDemand, EventReused, NothingToUndo, NotInWave
from fulfillment.services.waves import wave_void
from groupbuy.kernel.errors import Invalid, StateConflict
from tests.books import assert_books
from tests.world import World, build_wave, place_and_pay, world

pytestmark = pytest.mark.django_db


@dataclass
class Floor:
    """A wave of 7 tomatoes (5 near, 2 far) and 2 boxes of eggs (near), and the picker who works on it."""

    w: World
    wave: Wave

    @property
    def tomato(self) -> int:
        return self.w.tomato.sku_id

    def pick(self, pieces: int, uuid: UUID | None = None) -> PickEvent:
        return picking.pick_confirm(
            wave_id=self.wave.pk, sku_id=self.tomato, pieces=pieces, actor_id=self.w.picker.pk, uuid=uuid or uuid4()
        )

    def put(self, pieces: int, uuid: UUID | None = None) -> PutEvent:
        return picking.put_confirm(
            wave_id=self.wave.pk,
            point_id=self.w.near.pk,
            sku_id=self.tomato,
            pieces=pieces,
            actor_id=self.w.picker.pk,
            uuid=uuid or uuid4(),
        )

    def put_rest(self, uuid: UUID) -> list[PutEvent]:
        return picking.put_rest(
            wave_id=self.wave.pk,
            sku_id=self.tomato,
            point_ids=[self.w.near.pk, self.w.far.pk],
            actor_id=self.w.picker.pk,
            uuid=uuid,
        )

    def counted(self) -> tuple[int, int]:
        row = PickProgress.objects.filter(wave=self.wave, sku=self.tomato).first()
        return (row.pieces, row.put) if row else (0, 0)

    def at_positions(self) -> dict[int, int]:
        return dict(PutProgress.objects.filter(sku=self.tomato).values_list("point_id", "pieces"))


@pytest.fixture
def floor() -> Floor:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 5, w.eggs: 2})
    place_and_pay(shopper=w.neighbour, group=w.other_group, quantities={w.tomato: 2})
    return Floor(w, build_wave(campaign=w.campaign))


def test_confirmations_add_up_to_the_demand(floor: Floor) -> None:
    floor.pick(3)
    floor.pick(4)

    assert floor.counted() == (7, 0)
    assert_books()


def test_more_than_is_left_is_refused_with_what_is_left(floor: Floor) -> None:
    floor.pick(4)

    with pytest.raises(BeyondDemand, match="还差 3 份，您输入了 5。") as refused:
        floor.pick(5)

    assert refused.value.facts == {"left": 3}
    assert floor.counted() == (4, 0)
    assert PickEvent.objects.count() == 1


def test_what_is_complete_takes_no_more(floor: Floor) -> None:
    floor.pick(7)

    with pytest.raises(BeyondDemand, match="已经齐了"):
        floor.pick(1)


def test_the_same_event_again_counts_nothing(floor: Floor) -> None:
    event = uuid4()

    first = floor.pick(3, event)
    again = floor.pick(3, event)

    assert again == first
    assert floor.counted() == (3, 0)


def test_an_event_of_something_else_is_not_taken_for_a_repeat(floor: Floor) -> None:
    event = uuid4()
    floor.pick(3, event)

    with pytest.raises(EventReused):
        floor.pick(2, event)
    assert floor.counted() == (3, 0)


@pytest.mark.parametrize("pieces", [0, -1, 1_000_000])
def test_a_number_that_cannot_be_is_refused(floor: Floor, pieces: int) -> None:
    with pytest.raises(Invalid):
        floor.pick(pieces)


def test_an_undone_confirmation_can_be_made_again_but_not_undone_again(floor: Floor) -> None:
    event, undoing = uuid4(), uuid4()
    floor.pick(7, event)

    undone = picking.pick_undo(event=event, actor_id=floor.w.picker.pk, uuid=undoing)
    same = picking.pick_undo(event=event, actor_id=floor.w.picker.pk, uuid=undoing)

    assert (undone.pieces, same) == (-7, undone)
    assert floor.counted() == (0, 0)
    with pytest.raises(NothingToUndo):
        picking.pick_undo(event=event, actor_id=floor.w.picker.pk, uuid=uuid4())
    with pytest.raises(NothingToUndo):
        picking.pick_undo(event=undoing, actor_id=floor.w.picker.pk, uuid=uuid4())
    floor.pick(7)
    assert_books()


def test_what_was_brought_back_cannot_be_undone_too(floor: Floor) -> None:
    event = uuid4()
    floor.pick(5, event)
    back = {"wave_id": floor.wave.pk, "sku_id": floor.tomato, "actor_id": floor.w.picker.pk}
    picking.pick_return(**back, pieces=2, uuid=uuid4())

    with pytest.raises(NothingToUndo):
        picking.pick_undo(event=event, actor_id=floor.w.picker.pk, uuid=uuid4())
    with pytest.raises(BeyondDemand, match="这里只有 3 件，您输入了 4。"):
        picking.pick_return(**back, pieces=4, uuid=uuid4())
    assert floor.counted() == (3, 0)
    assert_books()


def test_a_position_takes_what_it_wants_and_no_more(floor: Floor) -> None:
    floor.put(2)

    with pytest.raises(BeyondDemand, match="还差 3 份，您输入了 4。"):
        floor.put(4)
    floor.put(3)

    assert floor.at_positions() == {floor.w.near.pk: 5}
    assert floor.counted() == (0, 5)
    assert_books()


def test_a_position_that_does_not_want_the_goods_is_refused(floor: Floor) -> None:
    with pytest.raises(NotInWave):
        picking.put_confirm(
            wave_id=floor.wave.pk,
            point_id=floor.w.far.pk,
            sku_id=floor.w.eggs.sku_id,
            pieces=1,
            actor_id=floor.w.picker.pk,
            uuid=uuid4(),
        )
    with pytest.raises(NotInWave):
        picking.pick_confirm(
            wave_id=floor.wave.pk,
            sku_id=floor.w.dumplings.sku_id,
            pieces=1,
            actor_id=floor.w.picker.pk,
            uuid=uuid4(),
        )
    assert not PutEvent.objects.exists()


def test_the_rest_of_a_sku_is_put_in_one_press_and_undone_in_one(floor: Floor) -> None:
    floor.put(2)
    press = uuid4()

    put = floor.put_rest(press)
    assert floor.put_rest(press) == put

    assert [(event.point_id, event.pieces) for event in put] == [(floor.w.near.pk, 3), (floor.w.far.pk, 2)]
    assert floor.counted() == (0, 7)
    assert_books()
    undoing = uuid4()
    undone = picking.put_undo(batch=press, actor_id=floor.w.picker.pk, uuid=undoing)
    assert picking.put_undo(batch=press, actor_id=floor.w.picker.pk, uuid=undoing) == undone
    assert floor.at_positions() == {floor.w.near.pk: 2, floor.w.far.pk: 0}
    assert floor.counted() == (0, 2)
    assert_books()


def test_an_undoing_needs_a_number_of_its_own(floor: Floor) -> None:
    event = uuid4()
    floor.put(2, event)

    with pytest.raises(EventReused):
        picking.put_undo(batch=event, actor_id=floor.w.picker.pk, uuid=event)
    with pytest.raises(NothingToUndo):
        picking.put_undo(batch=uuid4(), actor_id=floor.w.picker.pk, uuid=uuid4())
    assert floor.counted() == (0, 2)


def test_a_wave_that_has_left_or_is_void_takes_nothing(floor: Floor) -> None:
    event = uuid4()
    floor.pick(1, event)
    dispatch_send(wave_id=floor.wave.pk)

    for late in (
        lambda: floor.pick(1),
        lambda: floor.put(1),
        lambda: picking.pick_undo(event=event, actor_id=floor.w.picker.pk, uuid=uuid4()),
    ):
        with pytest.raises(StateConflict):
            late()
    assert floor.counted() == (1, 0)


def test_a_void_wave_takes_nothing(floor: Floor) -> None:
    wave_void(wave_id=floor.wave.pk, reason="重做")

    with pytest.raises(StateConflict):
        floor.put_rest(uuid4())


def test_progress_is_counted_by_wave_zone_sku_and_position(floor: Floor) -> None:
    floor.pick(3)
    floor.put(2)

    whole = progress.of_wave(floor.wave)
    zones = progress.of_zones(floor.wave)
    tomato, eggs = progress.pick_states(floor.wave)
    first, second = puts.of_positions(floor.wave)

    assert (whole.quantity, whole.picked, whole.put) == (9, 3, 2)
    assert (whole.picked_percent, whole.put_percent) == (33, 22)
    assert {zone: (each.quantity, each.picked, each.put) for zone, each in zones.items()} == {
        "ambient": (7, 3, 2),
        "chilled": (2, 0, 0),
    }
    assert (tomato.code, tomato.left, tomato.left_cases, tomato.left_pieces) == ("TOMATO", 4, 0, 4)
    assert (eggs.code, eggs.left, eggs.done) == ("EGGS", 2, False)
    assert (first.position, first.quantity, first.put, first.open_skus) == (1, 7, 2, 2)
    assert (second.position, second.quantity, second.put, second.open_skus) == (2, 2, 0, 1)
    assert [(at.position, at.left) for at in puts.of_sku(floor.wave, floor.tomato)] == [(1, 3), (2, 2)]
    assert [at.position for at in puts.of_sku(floor.wave, floor.tomato, after=1)] == [2]


def test_a_re_issue_with_less_demand_shows_what_to_take_back(floor: Floor) -> None:
    """The next version wants 1 tomato less at the near point, and none at the far one."""
    floor.put_rest(uuid4())
    floor.pick(7)
    _issue_again(floor, near=4)

    assert [(at.position, at.surplus, at.left) for at in puts.surplus(floor.wave)] == [(1, 1, 0), (2, 2, 0)]
    assert progress.of_wave(floor.wave).put_percent == 66
    (tomato,) = progress.pick_states(floor.wave, sku_ids=[floor.tomato])
    assert (tomato.left, tomato.surplus) == (0, 3)
    with pytest.raises(BeyondDemand, match="已经多了 3 份，请拿回。"):
        floor.pick(1)
    picking.put_return(
        wave_id=floor.wave.pk,
        point_id=floor.w.far.pk,
        sku_id=floor.tomato,
        pieces=2,
        actor_id=floor.w.picker.pk,
        uuid=uuid4(),
    )
    assert [at.position for at in puts.surplus(floor.wave)] == [1]
    assert floor.counted() == (7, 5)


def _issue_again(floor: Floor, *, near: int) -> None:
    floor.wave.paper_version = 2
    floor.wave.save()
    for line in SortLine.objects.filter(wave=floor.wave, paper_version=1).exclude(point=floor.w.far):
        line.pk, line.paper_version = None, 2
        line.quantity = near if line.sku_id == floor.tomato else line.quantity
        line.save()
    for card in PickLine.objects.filter(wave=floor.wave, paper_version=1):
        card.pk, card.paper_version = None, 2
        card.quantity = near if card.sku_id == floor.tomato else card.quantity
        card.cases, card.pieces = divmod(card.quantity, card.case_size)
        card.save()


def test_putting_everywhere_takes_as_many_statements_as_putting_to_one_position(floor: Floor) -> None:
    with CaptureQueriesContext(connection) as one:
        picking.put_rest(
            wave_id=floor.wave.pk,
            sku_id=floor.w.eggs.sku_id,
            point_ids=[floor.w.near.pk],
            actor_id=floor.w.picker.pk,
            uuid=uuid4(),
        )
    with CaptureQueriesContext(connection) as two:
        floor.put_rest(uuid4())

    assert (len(one), len(two)) == (9, 9), [query["sql"] for query in two]
