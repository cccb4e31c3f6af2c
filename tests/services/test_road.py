"""On the road: a route leaves by itself, arrivals are told once, slips are taken back, problems reach the leader."""

import datetime as dt
from collections import Counter
from uuid import uuid4

import pytest

from fulfillment.domain.states import ProblemKind, StopState, WaveState
from fulfillment.models import Stop, StopProblem, Wave
from fulfillment.selectors.road import board
from fulfillment.services.dispatch import dispatch_send, route_depart
from fulfillment.services.handover import handover_sign
from fulfillment.services.pick_close import pick_close
from fulfillment.services.pick_records import RecordReused
from fulfillment.services.road import CratesWrong, arrival_undo, crates_return, stop_arrive, stop_problem
from fulfillment.services.route_plans import route_plan
from fulfillment.services.routes import stop_move
from fulfillment.services.waves import wave_void
from groupbuy.kernel.errors import StateConflict
from groupbuy.models import Message, Outbox
from groupbuy.services import outbox
from tests import world as build
from tests.books import assert_books
from tests.fleet import vehicle, wave_of_points
from tests.world import World, build_wave, place_and_pay, shift_clock

pytestmark = pytest.mark.django_db

LINE = {"甲": (1000, 0), "乙": (2000, 0), "丙": (3000, 0)}


@pytest.fixture
def world() -> World:
    return build.world()


@pytest.fixture
def wave(world: World) -> Wave:
    """Three stops; the last one on a route of its own."""
    made = wave_of_points(world, LINE)
    stop_move(stop_id=made.stops.get(point__name="丙").pk, route_id=None, sequence=1)
    made.refresh_from_db()
    return made


def stop(wave: Wave, name: str) -> Stop:
    return wave.stops.get(point__name=name)


def states(wave: Wave) -> list[str]:
    return [each.state for each in wave.stops.order_by("position")]


def told(topic: str) -> Counter[str]:
    return Counter(row.payload["point"] for row in Outbox.objects.filter(topic=topic))


def test_a_route_leaves_before_the_others_and_with_the_last_one_the_wave_has_left(wave: Wave) -> None:
    pick_close(wave_id=wave.pk)
    early, late = wave.routes.order_by("-number")

    route_depart(route_id=early.pk)
    wave.refresh_from_db()
    between = (wave.state, states(wave))
    route_depart(route_id=late.pk)
    wave.refresh_from_db()

    assert between == (WaveState.BUILT, ["planned", "planned", "on_the_way"])
    assert (wave.state, states(wave)) == (WaveState.DISPATCHED, ["on_the_way"] * 3)
    assert wave.dispatched_at is not None
    assert wave.routes.filter(departed_at=None).count() == 0
    assert told("delivery.on_the_way") == {"甲": 1, "乙": 1, "丙": 1}
    assert_books()


def test_the_dispatch_of_the_wave_sends_only_what_is_still_there(wave: Wave) -> None:
    pick_close(wave_id=wave.pk)
    route_depart(route_id=stop(wave, "丙").route_id)
    early = wave.routes.get(number=2).departed_at

    dispatch_send(wave_id=wave.pk)

    assert wave.routes.get(number=2).departed_at == early
    assert told("delivery.on_the_way") == {"甲": 1, "乙": 1, "丙": 1}
    assert_books()


def test_a_route_leaves_once_and_not_before_the_pick_is_closed(wave: Wave) -> None:
    route = stop(wave, "丙").route_id
    with pytest.raises(StateConflict, match="拣货还没有结束"):
        route_depart(route_id=route)
    pick_close(wave_id=wave.pk)
    route_depart(route_id=route)

    with pytest.raises(StateConflict, match="已经发车"):
        route_depart(route_id=route)
    with pytest.raises(StateConflict):
        wave_void(wave_id=wave.pk, reason="x")
    with pytest.raises(StateConflict):
        stop_move(stop_id=stop(wave, "甲").pk, route_id=route, sequence=1)
    assert told("delivery.on_the_way") == {"丙": 1}


def test_a_stop_without_a_vehicle_stays_behind_until_its_route_is_sent_off(world: World) -> None:
    vehicle(world.warehouse, "浙A00001", crates=2)
    wave = wave_of_points(world, LINE)
    route_plan(wave_id=wave.pk, seed=1, budget_s=1)

    dispatch_send(wave_id=wave.pk)
    behind = wave.stops.exclude(left_out="").get()
    left = (behind.state, told("delivery.on_the_way").total())
    route_depart(route_id=behind.route_id)

    assert left == ("planned", 2)
    assert states(wave) == ["on_the_way"] * 3
    assert_books()


def test_an_arrival_is_told_to_the_leader_and_to_everybody_whose_goods_are_in_the_wave(world: World) -> None:
    place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 1, world.eggs: 1})
    place_and_pay(shopper=world.neighbour, group=world.group, quantities={world.tomato: 1})
    place_and_pay(shopper=world.other_leader, group=world.other_group, quantities={world.tomato: 1})
    wave = build_wave(campaign=world.campaign)
    dispatch_send(wave_id=wave.pk)
    Outbox.objects.all().delete()

    stop_arrive(stop_id=wave.stops.get(point=world.near).pk)
    outbox.relay()

    found = {message.person: message.body for message in Message.objects.all()}
    unloaded = "您在 翠苑小店 的团购商品已到达，等待团长签收；签收后会通知您来提货。"
    assert found == {
        world.leader: "翠苑小店 的货品已送到，请清点后签收。",
        world.shopper: unloaded,
        world.neighbour: unloaded,
    }
    assert_books()


def test_an_arrival_by_a_slip_is_taken_back_and_nobody_is_told_twice(wave: Wave) -> None:
    dispatch_send(wave_id=wave.pk)
    first = stop(wave, "甲")

    stop_arrive(stop_id=first.pk)
    stop_arrive(stop_id=first.pk)  # a bad network sends it twice
    arrival_undo(stop_id=first.pk)
    arrival_undo(stop_id=first.pk)
    back = (stop(wave, "甲").state, stop(wave, "甲").arrived_at)
    stop_arrive(stop_id=first.pk)

    assert back == (StopState.ON_THE_WAY, None)
    assert stop(wave, "甲").arrived_at is not None
    assert (told("delivery.arrived"), told("delivery.unloaded")) == ({"甲": 1}, {"甲": 1})
    assert_books()


def test_what_the_leader_has_signed_is_not_taken_back(world: World) -> None:
    place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 1})
    wave = build_wave(campaign=world.campaign)
    dispatch_send(wave_id=wave.pk)
    only = wave.stops.get()
    handover_sign(stop_id=only.pk, actor=world.leader)

    for deed in (arrival_undo, stop_arrive):
        with pytest.raises(StateConflict):
            deed(stop_id=only.pk)
    with pytest.raises(StateConflict):
        stop_problem(stop_id=only.pk, kind=ProblemKind.CLOSED, uuid=uuid4())

    assert wave.stops.get().state == StopState.SIGNED


def test_crates_come_back_after_the_arrival_and_the_last_word_holds(wave: Wave) -> None:
    dispatch_send(wave_id=wave.pk)
    first = stop(wave, "甲")
    with pytest.raises(StateConflict, match="先标记到达"):
        crates_return(stop_id=first.pk, crates=3)
    stop_arrive(stop_id=first.pk)

    crates_return(stop_id=first.pk, crates=3)
    crates_return(stop_id=first.pk, crates=4)
    for wrong in (-1, 1000):
        with pytest.raises(CratesWrong):
            crates_return(stop_id=first.pk, crates=wrong)

    assert stop(wave, "甲").crates_back == 4


def test_a_problem_is_reported_once_and_told_to_the_leader(wave: Wave) -> None:
    dispatch_send(wave_id=wave.pk)
    uuid = uuid4()

    for _ in range(2):
        stop_problem(stop_id=stop(wave, "乙").pk, kind=ProblemKind.CLOSED, uuid=uuid, note="卷帘门关着")

    problem = StopProblem.objects.get()
    assert (problem.kind, problem.note) == ("closed", "卷帘门关着")
    assert [row.payload["problem"] for row in Outbox.objects.filter(topic="delivery.problem")] == ["没人收货"]
    assert_books()


def test_the_uuid_of_another_stops_problem_is_refused(wave: Wave) -> None:
    dispatch_send(wave_id=wave.pk)
    uuid = uuid4()
    stop_problem(stop_id=stop(wave, "乙").pk, kind=ProblemKind.CLOSED, uuid=uuid)

    with pytest.raises(RecordReused):
        stop_problem(stop_id=stop(wave, "甲").pk, kind=ProblemKind.CLOSED, uuid=uuid)

    assert StopProblem.objects.get().stop == stop(wave, "乙")


def test_the_board_says_how_late_every_stop_is(wave: Wave) -> None:
    dispatch_send(wave_id=wave.pk)
    first, second = stop(wave, "甲"), stop(wave, "乙")
    Stop.objects.filter(pk=first.pk).update(arrived_at=first.expected_at + dt.timedelta(minutes=9))  # type: ignore[operator]
    assert second.expected_at
    shift_clock(by=second.expected_at - wave.built_at + dt.timedelta(minutes=30, seconds=5))

    seen = {each.stop.point.name: each.late_minutes for tour in board(wave) for each in tour.stops}

    assert seen["甲"] == 9
    assert seen["乙"] == 30
    shift_clock(by=dt.timedelta())
