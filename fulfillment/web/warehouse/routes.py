"""线路: the routes of a wave on one picture, how full and how late they are; moving stops, planning, sending off."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET, require_POST

from fulfillment.domain.states import RoutePlanState
from fulfillment.exports.route_map import colour_of
from fulfillment.exports.route_strip import strips
from fulfillment.models import DriverPost, Route, RoutePlan, Stop, Vehicle, Wave
from fulfillment.selectors import road
from fulfillment.services.dispatch import route_depart
from fulfillment.services.driver_links import driver_link_make
from fulfillment.services.route_plans import route_plan_ask
from fulfillment.services.routes import route_assign, stop_move
from fulfillment.web.warehouse.board import wave_context
from fulfillment.web.warehouse.gates import Floor, at_wave, working
from fulfillment.web.warehouse.route_pictures import picture, stations
from groupbuy.kernel.errors import DomainError, Invalid
from groupbuy.models import User

UNDER_WAY = (RoutePlanState.ASKED, RoutePlanState.RUNNING)


class MoveForm(forms.Form):
    route = forms.UUIDField(required=False)
    sequence = forms.IntegerField(min_value=1, max_value=100_000, error_messages={"required": "请填写第几站。"})


class AssignForm(forms.Form):
    vehicle = forms.ModelChoiceField(Vehicle.objects.none(), required=False)
    driver = forms.ModelChoiceField(User.objects.none(), required=False)

    def __init__(self, *args: Any, wave: Wave, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["vehicle"].queryset = vehicles_of(wave)  # type: ignore[attr-defined]
        self.fields["driver"].queryset = drivers_of(wave)  # type: ignore[attr-defined]


def vehicles_of(wave: Wave) -> QuerySet[Vehicle]:
    return Vehicle.objects.filter(warehouse=wave.warehouse_id, active=True).order_by("name", "plate")


def drivers_of(wave: Wave) -> QuerySet[User]:
    posts = DriverPost.objects.filter(warehouse=wave.warehouse_id, active=True)
    return User.objects.filter(pk__in=posts.values("user")).order_by("display_name")


@require_GET
@at_wave
def routes_page(request: HttpRequest, floor: Floor) -> HttpResponse:
    """Show everything; while a plan is worked out or vehicles are on the road, a part of the page asks again."""
    wave = floor.wave
    context = wave_context(floor) | live(floor) | {"vehicles": vehicles_of(wave), "drivers": drivers_of(wave)}
    return render(request, "fulfillment/warehouse/routes.html", context)


@require_GET
@at_wave
def routes_live(request: HttpRequest, floor: Floor) -> HttpResponse:
    """Answer the part of the page that changes while vehicles are on the road or a plan is worked out."""
    return render(request, "fulfillment/warehouse/parts/routes_live.html", wave_context(floor) | live(floor))


def live(floor: Floor) -> dict[str, Any]:
    wave = floor.wave
    board = road.board(wave)
    plan = wave.route_plans.order_by("-pk").first()
    return {
        "tours": [(colour_of(place), tour) for place, tour in enumerate(board)],
        "picture": picture(wave, board),
        "plan": plan,
        "planning": plan is not None and plan.state in UNDER_WAY,
        "saved_fen": _saved(plan),
        "left_out": [stop for tour in board for stop in tour.stops if stop.stop.left_out],
        "may_plan": floor.may_work and all(tour.route.departed_at is None for tour in board),
    }


def _saved(plan: RoutePlan | None) -> int | None:
    if plan is None or plan.before_fen is None or plan.after_fen is None or plan.before_left_out != plan.after_left_out:
        return None
    return plan.before_fen - plan.after_fen


@require_GET
@at_wave
def routes_strips(request: HttpRequest, floor: Floor) -> HttpResponse:
    """Show a strip for each route, to be printed: a sheet for each."""
    board = road.board(floor.wave)
    sheets = [(tour, mark_safe(sheet)) for tour in board for sheet in strips(stations(floor.wave, tour))]  # noqa: S308 - ditto
    return render(request, "fulfillment/warehouse/strips.html", wave_context(floor) | {"sheets": sheets})


@require_POST
@at_wave
def plan_ask(request: HttpRequest, floor: Floor) -> HttpResponse:
    """Ask for better routes. The seed counts up, so that asking again looks elsewhere."""
    seed = floor.wave.route_plans.count()
    return _done(
        request,
        floor,
        lambda: route_plan_ask(wave_id=floor.wave.pk, seed=seed, actor_id=floor.user.pk),
        "已开始优化线路，完成后会显示在这里",
    )


@require_POST
@at_wave
def move(request: HttpRequest, floor: Floor, stop_id: UUID) -> HttpResponse:
    stop = get_object_or_404(Stop, wave=floor.wave, public_id=stop_id)
    form = MoveForm(request.POST)

    def do() -> None:
        if not form.is_valid():
            raise Invalid("请选择线路，并填写第几站。")
        wanted = form.cleaned_data["route"]
        route = get_object_or_404(Route, wave=floor.wave, public_id=wanted) if wanted else None
        stop_move(
            stop_id=stop.pk,
            route_id=route.pk if route else None,
            sequence=form.cleaned_data["sequence"],
            actor_id=floor.user.pk,
        )

    return _done(request, floor, do, f"{stop.point.name} 已调整，单据已出新版")


@require_POST
@at_wave
def assign(request: HttpRequest, floor: Floor, route_id: UUID) -> HttpResponse:
    route = _route(floor, route_id)
    form = AssignForm(request.POST, wave=floor.wave)

    def do() -> None:
        if not form.is_valid():
            raise Invalid("车辆或司机不在这个仓库的名单里。")
        vehicle, driver = form.cleaned_data["vehicle"], form.cleaned_data["driver"]
        route_assign(
            route_id=route.pk,
            vehicle_id=vehicle.pk if vehicle else None,
            driver_id=driver.pk if driver else None,
            actor_id=floor.user.pk,
        )

    return _done(request, floor, do, f"{route.name} 已安排")


@require_POST
@at_wave
def depart(request: HttpRequest, floor: Floor, route_id: UUID) -> HttpResponse:
    route = _route(floor, route_id)
    return _done(
        request,
        floor,
        lambda: route_depart(route_id=route.pk, actor_id=floor.user.pk),
        f"{route.name} 已发车，已通知团长",
    )


@require_POST
@at_wave
def link(request: HttpRequest, floor: Floor, route_id: UUID) -> HttpResponse:
    """Show the address once, to be sent to the driver; the one made before ends."""
    working(floor)
    route = _route(floor, route_id)
    try:
        url = driver_link_make(route_id=route.pk, actor_id=floor.user.pk)
    except DomainError as error:
        messages.error(request, error.detail)
        return redirect("warehouse:routes", floor.wave.public_id)
    route.refresh_from_db()
    return render(request, "fulfillment/warehouse/driver_link.html", wave_context(floor) | {"route": route, "url": url})


def _route(floor: Floor, public_id: UUID) -> Route:
    return get_object_or_404(Route, wave=floor.wave, public_id=public_id)


def _done(request: HttpRequest, floor: Floor, deed: Callable[[], object], done: str) -> HttpResponse:
    working(floor)
    try:
        deed()
    except DomainError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, done)
    return redirect("warehouse:routes", floor.wave.public_id)
