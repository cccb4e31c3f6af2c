"""拣货: the pick list by zone and bin, one SKU opened by its barcode, confirmed, undone."""

from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from fulfillment.selectors import last_steps, progress
from fulfillment.selectors.progress import PickState
from fulfillment.selectors.scans import scan
from fulfillment.services import picking
from fulfillment.web.warehouse.board import wave_context
from fulfillment.web.warehouse.forms import UndoForm, pressed, wanted_pieces
from fulfillment.web.warehouse.gates import Floor, at_wave, working
from fulfillment.web.warehouse.ways import back_to
from groupbuy.domain.words import Zone
from groupbuy.kernel.errors import DomainError


@require_GET
@at_wave
def pick_page(request: HttpRequest, floor: Floor) -> HttpResponse:
    """Show what is still to be fetched; ``code`` opens one SKU, ``zone`` keeps to one zone."""
    zone = request.GET.get("zone", "")
    states = progress.pick_states(floor.wave, zone=zone if zone in tuple(Zone) else "")
    found = scan(floor.wave, request.GET.get("code", ""))
    context = wave_context(floor) | {
        "found": found,
        "opened": _opened(floor, found.sku_ids),
        "choices": progress.pick_states(floor.wave, sku_ids=found.sku_ids) if len(found.sku_ids) > 1 else [],
        "zone": zone,
        "zones": progress.of_zones(floor.wave),
        "open": [state for state in states if not state.done],
        "done": [state for state in states if state.done],
        "step": last_steps.last_pick(wave_id=floor.wave.pk, actor_id=floor.user.pk),
        "event": uuid4(),
        "undoing": uuid4(),
        "missing": uuid4(),
    }
    return render(request, "fulfillment/warehouse/pick.html", context)


def _opened(floor: Floor, sku_ids: tuple[int, ...]) -> PickState | None:
    return progress.pick_states(floor.wave, sku_ids=sku_ids)[0] if len(sku_ids) == 1 else None


@require_POST
@at_wave
def pick_confirm(request: HttpRequest, floor: Floor) -> HttpResponse:
    """Count what was typed as picked, or as brought back to its bin."""
    working(floor)
    try:
        press = pressed(floor.wave, request.POST)
        do = picking.pick_return if "back" in request.POST else picking.pick_confirm
        do(
            wave_id=floor.wave.pk,
            sku_id=press.sku_id,
            pieces=wanted_pieces(press),
            actor_id=floor.user.pk,
            uuid=press.uuid,
        )
    except DomainError as error:
        messages.error(request, error.detail)
        return back_to(request, floor, "pick", code=request.POST.get("sku"))
    (state,) = progress.pick_states(floor.wave, sku_ids=[press.sku_id])
    messages.success(
        request, f"{state.name} {'拿回' if 'back' in request.POST else '已拣'} {press.pieces} {state.unit}"
    )
    return back_to(request, floor, "pick", code=press.code if state.left else None)


@require_POST
@at_wave
def pick_undo(request: HttpRequest, floor: Floor) -> HttpResponse:
    working(floor)
    form = UndoForm(request.POST)
    try:
        if form.is_valid():
            said = form.cleaned_data
            picking.pick_undo(event=said["step"], actor_id=floor.user.pk, uuid=said["event"])
            messages.success(request, "已撤销")
    except DomainError as error:
        messages.error(request, error.detail)
    return back_to(request, floor, "pick", code=request.POST.get("sku"))
