"""What is done with a whole wave, each asked once more first: build, close the pick, send off, void."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from fulfillment.selectors import progress, waves
from fulfillment.selectors.pick_preview import pick_preview
from fulfillment.services.dispatch import dispatch_send
from fulfillment.services.shortages import pick_close
from fulfillment.services.waves import wave_build, wave_void
from fulfillment.web.warehouse.board import wave_context
from fulfillment.web.warehouse.gates import Floor, at_wave, on_floor, working
from groupbuy.kernel.errors import DomainError
from groupbuy.models import User


class ReasonForm(forms.Form):
    reason = forms.CharField(max_length=200, error_messages={"required": "请写明原因。"})


class BuildForm(forms.Form):
    warehouse = forms.IntegerField(min_value=1)
    delivery_date = forms.DateField()


def _ask(
    request: HttpRequest, floor: Floor, deed: str, do: Callable[[], None], done: str, **shown: Any
) -> HttpResponse:
    """Show what the deed means; on the second press do it and go back to the wave."""
    working(floor)
    if request.method == "POST":
        try:
            do()
        except DomainError as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, done)
        return redirect("warehouse:wave", floor.wave.public_id)
    context = wave_context(floor) | {"deed": deed, "progress": progress.of_wave(floor.wave)} | shown
    return render(request, "fulfillment/warehouse/deed.html", context)


@require_http_methods(["GET", "POST"])
@at_wave
def close(request: HttpRequest, floor: Floor) -> HttpResponse:
    """结束拣货: who goes without what, and what goes back, before it is final."""
    return _ask(
        request,
        floor,
        "close",
        lambda: pick_close(wave_id=floor.wave.pk, actor_id=floor.user.pk),
        "已结束拣货，缺货和少重的钱会自动退回",
        preview=pick_preview(floor.wave),
    )


@require_http_methods(["GET", "POST"])
@at_wave
def dispatch(request: HttpRequest, floor: Floor) -> HttpResponse:
    return _ask(
        request,
        floor,
        "dispatch",
        lambda: dispatch_send(wave_id=floor.wave.pk, actor_id=floor.user.pk),
        "已发车，已通知团长",
        preview=None if floor.wave.pick_closed_at else pick_preview(floor.wave),
    )


@require_http_methods(["GET", "POST"])
@at_wave
def void(request: HttpRequest, floor: Floor) -> HttpResponse:
    form = ReasonForm(request.POST or None)

    def do() -> None:
        wave_void(wave_id=floor.wave.pk, reason=form.cleaned_data["reason"], actor_id=floor.user.pk)

    if request.method == "POST" and not form.is_valid():
        messages.error(request, "请写明原因。")
        return redirect("warehouse:void", floor.wave.public_id)
    return _ask(request, floor, "void", do, "已作废，其中的活动会进入下一个波次")


@require_POST
@on_floor
def build(request: HttpRequest, user: User) -> HttpResponse:
    """Build the wave of a warehouse and day now instead of at its hour."""
    form = BuildForm(request.POST)
    asked = form.cleaned_data if form.is_valid() else {}
    day: dt.date | None = asked.get("delivery_date")
    if not any(
        (each.warehouse_id, each.delivery_date) == (asked.get("warehouse"), day) for each in waves.waiting(user)
    ):
        raise Http404
    assert day is not None
    wave = wave_build(warehouse_id=asked["warehouse"], delivery_date=day, actor_id=user.pk)
    if wave is None:
        messages.warning(request, "没有可以生成波次的订单")
        return redirect("warehouse:board")
    messages.success(request, "波次已生成")
    return redirect("warehouse:wave", wave.public_id)
