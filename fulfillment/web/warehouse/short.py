"""缺货: recorded at the pick or at a position, listed, undone until the pick is closed."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from fulfillment.domain.states import ShortageCause
from fulfillment.models import Shortage, Stop
from fulfillment.services.shortages import shortage_record, shortage_undo
from fulfillment.web.warehouse.board import wave_context
from fulfillment.web.warehouse.forms import pressed, wanted_pieces
from fulfillment.web.warehouse.gates import Floor, at_wave, working
from fulfillment.web.warehouse.ways import back_to
from groupbuy.kernel import pages
from groupbuy.kernel.errors import DomainError

CAUSES = {ShortageCause.MISSING.value: "缺货", ShortageCause.DAMAGED.value: "破损"}
PER_PAGE = 50


@require_GET
@at_wave
def shortage_list(request: HttpRequest, floor: Floor) -> HttpResponse:
    """Show what was recorded, newest first, each with its undo while the pick is open."""
    found = Shortage.objects.filter(wave=floor.wave).select_related("sku", "actor").order_by("-pk")
    page = pages.one_page(request, found, per_page=PER_PAGE)
    here = Stop.objects.filter(wave=floor.wave, point__in=[row.point_id for row in page if row.point_id])
    places = dict(here.values_list("point", "position"))
    context = wave_context(floor) | {
        "page": page,
        "rows": [(row, places.get(row.point_id)) for row in page],
        "open": floor.may_work and floor.wave.pick_closed_at is None,
    }
    return render(request, "fulfillment/warehouse/shortages.html", context)


@require_POST
@at_wave
def shortage_add(request: HttpRequest, floor: Floor) -> HttpResponse:
    """Record pieces as not there: of the whole wave, or on their way to one position."""
    working(floor)
    cause = request.POST.get("cause", "")
    try:
        press = pressed(floor.wave, request.POST)
        row = shortage_record(
            wave_id=floor.wave.pk,
            sku_id=press.sku_id,
            pieces=wanted_pieces(press),
            actor_id=floor.user.pk,
            uuid=press.uuid,
            point_id=press.point_id,
            cause=cause if cause in CAUSES else ShortageCause.MISSING.value,
        )
    except DomainError as error:
        left = error.facts.get("left")
        messages.error(request, error.detail + (f"最多还能登记 {left}。" if left is not None else ""))
    else:
        messages.success(request, f"已登记{CAUSES[row.cause]} {row.pieces}，记错了可在“缺货”页撤销")
    return back_to(request, floor, "sort" if request.POST.get("position") else "pick", code=request.POST.get("sku"))


class RowForm(forms.Form):
    row = forms.IntegerField(min_value=1)


@require_POST
@at_wave
def shortage_take_back(request: HttpRequest, floor: Floor) -> HttpResponse:
    working(floor)
    form = RowForm(request.POST)
    row_id = form.cleaned_data["row"] if form.is_valid() else 0
    row = get_object_or_404(Shortage, wave=floor.wave, pk=row_id)
    try:
        shortage_undo(shortage_id=row.pk, actor_id=floor.user.pk)
    except DomainError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, "已撤销")
    return redirect("warehouse:shortages", floor.wave.public_id)
