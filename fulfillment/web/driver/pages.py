"""``/driver/``: a driver's routes, and one route stop by stop. Every button may be pressed twice on a bad network."""

from collections.abc import Callable
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth import logout as session_logout
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from fulfillment.domain.states import ProblemKind, StopState
from fulfillment.models import Stop
from fulfillment.models.delivery import PROBLEMS
from fulfillment.selectors import driver
from fulfillment.services import road
from fulfillment.web.driver.gates import Wheel, at_wheel, driving
from groupbuy.kernel import clock
from groupbuy.kernel.errors import DomainError, Invalid
from groupbuy.kernel.password_login import PasswordLogin
from groupbuy.models import User


class Login(LoginView):
    template_name = "fulfillment/driver/login.html"
    authentication_form = PasswordLogin
    next_page = "driver:day"
    redirect_authenticated_user = True


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    session_logout(request)
    return redirect("driver:login")


@require_GET
@driving
def day(request: HttpRequest, user: User) -> HttpResponse:
    routes = driver.of_these_days(driver.routes_of(user), clock.local_date(clock.now()))
    return render(request, "fulfillment/driver/day.html", {"user": user, "routes": routes})


@require_GET
@at_wheel
def route_page(request: HttpRequest, wheel: Wheel) -> HttpResponse:
    calls = driver.calls(wheel.route)
    waiting = [call for call in calls if call.live.stop.state == StopState.ON_THE_WAY]
    context = {
        "wheel": wheel,
        "route": wheel.route,
        "calls": calls,
        "next": waiting[0] if waiting else None,
        "done": sum(call.live.stop.state in (StopState.ARRIVED, StopState.SIGNED) for call in calls),
        "crates": sum(call.live.stop.crates for call in calls),
        "problems": PROBLEMS,
    }
    return render(request, "fulfillment/driver/route.html", context)


class CratesForm(forms.Form):
    crates = forms.IntegerField(
        min_value=0,
        max_value=road.MOST_CRATES,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), road.CratesWrong.message),
    )


class ProblemForm(forms.Form):
    """``uuid`` was made with the page, so that sending it twice reports once."""

    kind = forms.ChoiceField(
        choices=PROBLEMS, error_messages=dict.fromkeys(("required", "invalid_choice"), _("请选择遇到了什么问题。"))
    )
    note = forms.CharField(max_length=200, required=False)
    uuid = forms.UUIDField()


@require_POST
@at_wheel
def arrive(request: HttpRequest, wheel: Wheel, public_id: UUID) -> HttpResponse:
    stop = _stop(wheel, public_id)
    return _done(request, wheel, stop, lambda: road.stop_arrive(stop_id=stop.pk, actor_id=wheel.actor_id))


@require_POST
@at_wheel
def undo(request: HttpRequest, wheel: Wheel, public_id: UUID) -> HttpResponse:
    stop = _stop(wheel, public_id)
    return _done(request, wheel, stop, lambda: road.arrival_undo(stop_id=stop.pk, actor_id=wheel.actor_id))


@require_POST
@at_wheel
def crates(request: HttpRequest, wheel: Wheel, public_id: UUID) -> HttpResponse:
    stop = _stop(wheel, public_id)
    form = CratesForm(request.POST)

    def keep() -> None:
        _require(form)
        road.crates_return(stop_id=stop.pk, crates=form.cleaned_data["crates"], actor_id=wheel.actor_id)
        messages.success(request, f"{stop.point.name}：已记下收回 {form.cleaned_data['crates']} 个周转箱。")

    return _done(request, wheel, stop, keep)


@require_POST
@at_wheel
def problem(request: HttpRequest, wheel: Wheel, public_id: UUID) -> HttpResponse:
    stop = _stop(wheel, public_id)
    form = ProblemForm(request.POST)

    def report() -> None:
        _require(form)
        data = form.cleaned_data
        road.stop_problem(
            stop_id=stop.pk,
            kind=ProblemKind(data["kind"]),
            uuid=data["uuid"],
            note=data["note"],
            actor_id=wheel.actor_id,
        )
        messages.success(request, f"{stop.point.name}：问题已报告，仓库和团长都能看到。")

    return _done(request, wheel, stop, report)


def _stop(wheel: Wheel, public_id: UUID) -> Stop:
    return get_object_or_404(Stop.objects.select_related("point"), route=wheel.route, public_id=public_id)


def _require(form: forms.Form) -> None:
    """:raises Invalid: with the first thing that is wrong in the form."""
    if not form.is_valid():
        raise Invalid(str(next(iter(form.errors.values()))[0]))


def _done(request: HttpRequest, wheel: Wheel, stop: Stop, deed: Callable[[], None]) -> HttpResponse:
    """Do it and show the stop again; a refusal is said at the top of the page, so that nobody misses it."""
    page = reverse("driver:route", args=[wheel.key])
    try:
        deed()
    except DomainError as error:
        messages.error(request, error.detail)
        return redirect(page)
    return redirect(f"{page}#stop-{stop.sequence}")
