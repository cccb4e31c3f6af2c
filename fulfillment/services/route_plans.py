"""
Planning the routes of a wave by the solver: asked for, worked out outside of any transaction, applied in a short one.

The record is the row, not the message: whoever finds it due takes it, and a worker that was killed loses its lease.
"""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as now_in_words
from django.utils.translation import gettext_lazy as _

from fulfillment.domain.states import ROUTE_PLAN, RoutePlanState
from fulfillment.domain.tours import Drop, Plan, Van, cost_mfen, fixed_plan, length_m
from fulfillment.models import DriverPost, Route, RoutePlan, Vehicle, Wave
from fulfillment.selectors import tours
from fulfillment.services.paper_issues import papers_reissue
from fulfillment.services.route_layout import Draft, drafts_of, layout_write
from fulfillment.services.route_solver import improve
from fulfillment.services.routes import wave_to_plan
from groupbuy.kernel import clock
from groupbuy.kernel.errors import DomainError, StateConflict
from groupbuy.kernel.transition import born, move, moved

LONGEST_BUDGET_S = 300
SPARE_S = 120
"""What a run may take besides its search, before another worker takes it up."""


class CannotPlan(StateConflict):
    code = "cannot_plan"
    message = _("现在不能优化线路。")


def route_plan(*, wave_id: int, seed: int, budget_s: int, actor_id: int | None = None) -> RoutePlan:
    """
    Plan the routes of a wave now, in this process: the same wave, seed and budget give the same routes.

    :param budget_s: at most so many seconds of search, 1 to 300.
    :raises CannotPlan: nothing to plan with, or a plan is under way.
    """
    plan = route_plan_ask(wave_id=wave_id, seed=seed, budget_s=budget_s, actor_id=actor_id)
    route_plan_run(plan_id=plan.pk)
    plan.refresh_from_db()
    return plan


@transaction.atomic
def route_plan_ask(*, wave_id: int, seed: int, budget_s: int | None = None, actor_id: int | None = None) -> RoutePlan:
    """
    Ask for a plan; a sweep works it out.

    :raises CannotPlan: no vehicles, no place of the warehouse, too many stops, a plan under way, a route that has left.
    :raises StateConflict: the wave has left or is void.
    """
    wave = wave_to_plan(wave_id)
    _check(wave)
    now = clock.now()
    plan = RoutePlan.objects.create(
        wave=wave,
        seed=seed,
        budget_s=min(budget_s or settings.GROUPBUY_ROUTE_BUDGET_SECONDS, LONGEST_BUDGET_S),
        asked_by_id=actor_id,
        asked_at=now,
    )
    born(ROUTE_PLAN, ids=[plan.pk], state=RoutePlanState.ASKED, now=now, actor_id=actor_id)
    return plan


def _check(wave: Wave) -> None:
    """:raises CannotPlan: with the one thing that has to be done first."""
    most = settings.GROUPBUY_ROUTE_MOST_STOPS
    if not tours.knows_home(wave):
        raise CannotPlan(_("请先在后台填写仓库的经纬度。"))
    if not tours.vans(wave):
        raise CannotPlan(_("这个仓库没有发车后仍在班次内的车辆，请先在后台登记车辆。"))
    if wave.stops.count() > most:
        raise CannotPlan(_("站点超过 %(most)d 个，请分波次或按固定线路配送。") % {"most": most})
    if tours.has_grids(wave):
        raise CannotPlan(_("有网格仓的波次按固定线路配送。"))
    if wave.routes.exclude(departed_at=None).exists():
        raise CannotPlan(_("已有线路提前发车，不能再整体优化。"))
    if wave.route_plans.filter(state__in=[RoutePlanState.ASKED, RoutePlanState.RUNNING]).exists():
        raise CannotPlan(_("这个波次的线路正在优化，请等它完成。"))


def route_plan_run(*, plan_id: int) -> None:
    """
    Take a plan that is due, search, and apply what was found if the wave is still what it was.

    :raises StateConflict: somebody else has taken it.
    """
    plan = _take(plan_id)
    try:
        case = _read(plan)
        found = improve(
            case.start,
            drops=case.layout.all_drops,
            vans=case.vans,
            roads=tours.roads(),
            seed=plan.seed,
            budget_s=plan.budget_s,
        )
        _apply(plan, case, found.plan, cut_short=found.cut_short)
    except DomainError as error:
        _fail(plan, error)


def _take(plan_id: int) -> RoutePlan:
    now = clock.now()
    plan = RoutePlan.objects.get(pk=plan_id)
    lease_ends_at = now + dt.timedelta(seconds=plan.budget_s + SPARE_S)
    if not moved(
        ROUTE_PLAN,
        pk=plan_id,
        old=RoutePlanState.ASKED,
        new=RoutePlanState.RUNNING,
        now=now,
        sets={"lease_ends_at": lease_ends_at},
    ):
        lost = RoutePlan.objects.filter(pk=plan_id, state=RoutePlanState.RUNNING, lease_ends_at__lt=now)
        if not lost.update(lease_ends_at=lease_ends_at):
            raise StateConflict
    return plan


@dataclass(frozen=True)
class Case:
    """What a plan is made from: the routes as they are, the vehicles, and the plan that these make."""

    layout: tours.Layout
    vans: tuple[Van, ...]
    start: Plan


def _read(plan: RoutePlan) -> Case:
    with transaction.atomic():
        wave = wave_to_plan(plan.wave_id)
        layout, vans = tours.layout(wave, weighed=True), tours.vans(wave)
    return Case(layout, vans, fixed_plan(layout.fixed, vans, tours.roads()))


@transaction.atomic
def _apply(plan: RoutePlan, case: Case, found: Plan, *, cut_short: bool) -> None:
    wave = wave_to_plan(plan.wave_id)
    if not _unchanged(wave, case):
        raise StateConflict(_("计算期间单据或线路有变，请重新优化。"))
    drafts = _drafts(case, found)
    if drafts != drafts_of(case.layout):
        layout_write(wave, drafts, renumber=not tours.positions_stand(wave))
        papers_reissue(wave_id=wave.pk, reason=now_in_words("线路优化"), actor_id=plan.asked_by_id)
    _finish(plan, case, found, cut_short=cut_short)


def _unchanged(wave: Wave, case: Case) -> bool:
    """Whatever changes a route or what it brings issues the papers again; a route that leaves does not."""
    return wave.paper_version == case.layout.wave.paper_version and not wave.routes.exclude(departed_at=None).exists()


def _finish(plan: RoutePlan, case: Case, found: Plan, *, cut_short: bool) -> None:
    now, roads = clock.now(), tours.roads()
    sets = {
        "finished_at": now,
        "lease_ends_at": None,
        "paper_version": case.layout.wave.paper_version,
        "cut_short": cut_short,
        "before_fen": _fen(cost_mfen(case.start, roads)),
        "after_fen": _fen(cost_mfen(found, roads)),
        "before_m": length_m(case.start, roads),
        "after_m": length_m(found, roads),
        "before_left_out": len(case.start.missed),
        "after_left_out": len(found.missed),
    }
    move(ROUTE_PLAN, pk=plan.pk, old=RoutePlanState.RUNNING, new=RoutePlanState.DONE, now=now, sets=sets)


def _fen(mfen: int) -> int:
    """Round half up."""
    return (mfen + 500) // 1000


@transaction.atomic
def _fail(plan: RoutePlan, error: DomainError) -> None:
    now = clock.now()
    sets = {"finished_at": now, "lease_ends_at": None, "failure": error.detail[:200]}
    moved(ROUTE_PLAN, pk=plan.pk, old=RoutePlanState.RUNNING, new=RoutePlanState.FAILED, now=now, sets=sets)


def _drafts(case: Case, found: Plan) -> list[Draft]:
    """Number the tours; a vehicle that has a route already goes on under its name. The stops left out come last."""
    old = {route.vehicle_id: route for route in reversed(case.layout.routes) if route.vehicle_id}
    vehicles = Vehicle.objects.in_bulk([tour.van.vehicle_id for tour in found.tours])
    drivers = _drivers(case.layout.wave)
    ordered = sorted(found.tours, key=lambda tour: _place(old.get(tour.van.vehicle_id), tour.van))
    drafts = [
        _tour_draft(number, vehicles[tour.van.vehicle_id], old.get(tour.van.vehicle_id), tour.drops, drivers)
        for number, tour in enumerate(ordered, 1)
    ]
    if found.missed:
        drops = tuple(missed.drop for missed in found.missed)
        why = {missed.drop.stop_id: missed.why for missed in found.missed}
        drafts.append(Draft(len(drafts) + 1, now_in_words("待安排"), None, None, drops, why))
    return drafts


def _drivers(wave: Wave) -> set[int]:
    posts = DriverPost.objects.filter(warehouse=wave.warehouse_id, active=True)
    return set(posts.values_list("user_id", flat=True))


def _place(route: Route | None, van: Van) -> tuple[int, int, int]:
    return (1, 0, van.vehicle_id) if route is None else (0, route.number, van.vehicle_id)


def _tour_draft(number: int, vehicle: Vehicle, old: Route | None, drops: tuple[Drop, ...], drivers: set[int]) -> Draft:
    if old:
        return Draft(number, old.name, vehicle, old.driver_id, drops)
    return Draft(number, str(vehicle), vehicle, vehicle.driver_id if vehicle.driver_id in drivers else None, drops)
