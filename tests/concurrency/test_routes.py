"""Routes change while others work on the same wave: somebody goes first, and nobody writes over the other."""

from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from fulfillment.models import RoutePlan, Wave
from fulfillment.selectors import tours
from fulfillment.services import route_plans, routes
from fulfillment.services.picking import pick_confirm
from fulfillment.services.route_plans import CannotPlan, route_plan, route_plan_ask, route_plan_run
from fulfillment.services.route_solver import improve
from fulfillment.services.routes import stop_move
from groupbuy.kernel.errors import StateConflict
from tests.books import assert_books
from tests.concurrency.races import Work, at_once, before, count
from tests.fleet import order_of, vehicle, wave_of_points
from tests.world import World, world

pytestmark = pytest.mark.django_db(transaction=True)

SQUARE = {"东南": (1000, 0), "西北": (-1000, 2000), "东北": (1000, 2000), "西南": (-1000, 0)}


def given() -> tuple[World, Wave]:
    w = world()
    vehicle(w.warehouse, "浙A00001")
    return w, wave_of_points(w, SQUARE)


def last_first(wave: Wave) -> Work:
    stop = wave.stops.get(point__name="西南")
    return partial(stop_move, stop_id=stop.pk, route_id=stop.route_id, sequence=1)


def test_a_plan_does_not_write_over_what_a_person_moved_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    _, wave = given()
    seam = before(monkeypatch, route_plans, "_apply", last_first(wave))

    plan = route_plan(wave_id=wave.pk, seed=1, budget_s=1)

    assert seam.join() is None
    assert plan.state == "failed"
    assert order_of(wave) == [("一号线", ["西南", "东南", "西北", "东北"])]
    assert_books()


def test_twin_without_looking_at_the_version_the_plan_undoes_the_move(monkeypatch: pytest.MonkeyPatch) -> None:
    _, wave = given()
    seam = before(monkeypatch, route_plans, "_apply", last_first(wave))
    monkeypatch.setattr(route_plans, "_unchanged", lambda *_: True)

    plan = route_plan(wave_id=wave.pk, seed=1, budget_s=1)

    seam.join()
    assert plan.state == "done"
    assert order_of(wave)[0][1][0] != "西南" or order_of(wave)[0][1][1] != "东南"


def picks(w: World, wave: Wave) -> Work:
    return partial(pick_confirm, wave_id=wave.pk, sku_id=w.eggs.sku_id, pieces=1, actor_id=w.picker.pk, uuid=uuid4())


def test_the_first_pick_waits_until_positions_are_given_out(monkeypatch: pytest.MonkeyPatch) -> None:
    w, wave = given()
    seam = before(monkeypatch, routes, "layout_write", picks(w, wave))

    last_first(wave)()

    assert seam.blocked
    assert not isinstance(seam.join(), Exception)
    assert wave.stops.get(point__name="西南").position == 1
    assert_books()


def test_twin_without_the_lock_positions_change_under_the_pickers_hands(monkeypatch: pytest.MonkeyPatch) -> None:
    w, wave = given()
    seam = before(monkeypatch, routes, "layout_write", picks(w, wave))
    monkeypatch.setattr(routes, "wave_to_plan", lambda pk: Wave.objects.select_related("warehouse").get(pk=pk))

    last_first(wave)()

    assert not seam.blocked
    assert not isinstance(seam.join(), Exception)
    assert tours.positions_stand(wave)
    assert wave.stops.get(point__name="西南").position == 1  # renumbered although somebody had begun


def test_of_several_who_ask_one_gets_a_plan() -> None:
    _, wave = given()

    outcomes = at_once([partial(route_plan_ask, wave_id=wave.pk, seed=number) for number in range(4)])

    assert (count(outcomes, RoutePlan), count(outcomes, CannotPlan)) == (1, 3)


def test_of_several_workers_one_runs_the_plan() -> None:
    _, wave = given()
    plan = route_plan_ask(wave_id=wave.pk, seed=1, budget_s=1)

    outcomes = at_once([partial(route_plan_run, plan_id=plan.pk)] * 3)

    assert (outcomes.count(None), count(outcomes, StateConflict)) == (1, 2)
    plan.refresh_from_db()
    wave.refresh_from_db()
    assert (plan.state, wave.paper_version) == ("done", 2)
    assert_books()


def test_twin_a_plan_that_is_taken_without_looking_is_run_by_all(monkeypatch: pytest.MonkeyPatch) -> None:
    _, wave = given()
    plan = route_plan_ask(wave_id=wave.pk, seed=1, budget_s=1)
    runs: list[Any] = []

    def counted(*args: Any, **kwargs: Any) -> Any:
        runs.append(1)
        return improve(*args, **kwargs)

    monkeypatch.setattr(route_plans, "improve", counted)
    monkeypatch.setattr(route_plans, "_take", lambda pk: RoutePlan.objects.get(pk=pk))

    at_once([partial(route_plan_run, plan_id=plan.pk)] * 3)

    assert len(runs) == 3
