"""称重: goods that are settled by weight, position by position, with what they should weigh beside it."""

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_POST

from fulfillment.models import WeightEntry
from fulfillment.selectors import weigh_states
from fulfillment.selectors.scans import Scan, scan
from fulfillment.services.picking import NotInWave
from fulfillment.services.weights import weight_record, weight_undo
from fulfillment.web.warehouse.board import wave_context
from fulfillment.web.warehouse.forms import pressed, wanted_pieces
from fulfillment.web.warehouse.gates import Floor, at_wave, working
from fulfillment.web.warehouse.short import RowForm
from fulfillment.web.warehouse.ways import back_to, number
from groupbuy.kernel.errors import DomainError


@require_GET
@at_wave
def weigh_page(request: HttpRequest, floor: Floor) -> HttpResponse:
    """Show the goods to be weighed; ``code`` opens a SKU, or with ``sku`` already open one of its positions."""
    found = scan(floor.wave, request.GET.get("code", ""))
    opened = scan(floor.wave, request.GET.get("sku", "")) if found.place else found
    context = (
        wave_context(floor)
        | _opened(floor, found, opened, number(request.GET.get("after")))
        | {
            "found": found,
            "skus": weigh_states.skus(floor.wave),
            "event": uuid4(),
            "open": floor.may_work and floor.wave.pick_closed_at is None,
        }
    )
    return render(request, "fulfillment/warehouse/weigh.html", context)


def _opened(floor: Floor, found: Scan, opened: Scan, after: int) -> dict[str, Any]:
    """Return the SKU that is open with a page of its positions, and the one of them that was scanned."""
    if not opened.sku_ids:
        return {"states": [], "opened_code": ""}
    sku_id = opened.sku_ids[0]
    states = weigh_states.of_sku(floor.wave, sku_id, after=after, limit=weigh_states.PER_PAGE + 1)
    shown = states[: weigh_states.PER_PAGE]
    here = weigh_states.at_point(floor.wave, sku_id, found.place.point_id) if found.place else None
    return {
        "opened_code": shown[0].code if shown else "",
        "states": shown,
        "more_after": shown[-1].position if len(states) > len(shown) else None,
        "here": here or next((state for state in shown if state.real is None and not found.place), None),
        "not_weighed": not states and not after,
    }


@require_POST
@at_wave
def weight_add(request: HttpRequest, floor: Floor) -> HttpResponse:
    """Record what lies at a position weighs in all, in base units."""
    working(floor)
    try:
        press = pressed(floor.wave, request.POST)
        if press.point_id is None:
            raise NotInWave
        entry = weight_record(
            wave_id=floor.wave.pk,
            sku_id=press.sku_id,
            point_id=press.point_id,
            real_base=wanted_pieces(press),
            actor_id=floor.user.pk,
            uuid=press.uuid,
        )
    except DomainError as error:
        nominal = error.facts.get("nominal")
        messages.error(request, error.detail + (f"应重 {nominal}。" if nominal is not None else ""))
    else:
        messages.success(request, f"{request.POST['position']} 号格口已记 {entry.real_base}")
    return back_to(request, floor, "weigh", code=request.POST.get("sku"))


@require_POST
@at_wave
def weight_take_back(request: HttpRequest, floor: Floor) -> HttpResponse:
    working(floor)
    form: forms.Form = RowForm(request.POST)
    row_id = form.cleaned_data["row"] if form.is_valid() else 0
    entry = get_object_or_404(WeightEntry.objects.select_related("sku"), wave=floor.wave, pk=row_id)
    try:
        weight_undo(weight_id=entry.pk, actor_id=floor.user.pk)
    except DomainError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, "已撤销，请重新称")
    return back_to(request, floor, "weigh", code=entry.sku.code)
