"""分拣: one SKU at a time to the positions that get it, confirmed one by one or a page at once, undone."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from fulfillment.selectors import last_steps, progress, puts
from fulfillment.selectors.scans import Scan, scan
from fulfillment.services import picking
from fulfillment.web.warehouse.board import wave_context
from fulfillment.web.warehouse.forms import UndoForm, pressed, wanted_pieces
from fulfillment.web.warehouse.gates import Floor, at_wave, working
from fulfillment.web.warehouse.ways import back_to, number
from groupbuy.kernel.errors import DomainError


@require_GET
@at_wave
def sort_page(request: HttpRequest, floor: Floor) -> HttpResponse:
    """
    Show the SKUs that are still to be put; ``code`` opens a SKU, or with ``sku`` already open one of its positions.

    A position alone shows what it still lacks. ``after``: the position behind which the page begins.
    """
    found = scan(floor.wave, request.GET.get("code", ""))
    opened = scan(floor.wave, request.GET.get("sku", "")) if found.place else found
    context = (
        wave_context(floor)
        | _sku_state(floor, opened, number(request.GET.get("after")))
        | {
            "found": found,
            "here": _numbered(_here(floor, found, opened)),
            "states": [] if opened.sku_ids or found.place else progress.pick_states(floor.wave),
            "step": last_steps.last_put(wave_id=floor.wave.pk, actor_id=floor.user.pk),
            "event": uuid4(),
            "undoing": uuid4(),
            "missing": uuid4(),
        }
    )
    return render(request, "fulfillment/warehouse/sort.html", context)


def _sku_state(floor: Floor, opened: Scan, after: int) -> dict[str, Any]:
    """Return the SKU that is open with the positions that still lack it, a page of them."""
    if len(opened.sku_ids) != 1:
        return {"choices": progress.pick_states(floor.wave, sku_ids=opened.sku_ids) if opened.sku_ids else []}
    (sku_id,) = opened.sku_ids
    (state,) = progress.pick_states(floor.wave, sku_ids=[sku_id])
    places = puts.of_sku(floor.wave, sku_id, after=after, only_open=True, limit=puts.PER_PAGE + 1)
    shown = places[: puts.PER_PAGE]
    return {
        "opened": state,
        "places": _numbered(shown),
        "upto": shown[-1].position if shown else 0,
        "more_after": shown[-1].position if len(places) > len(shown) else None,
        "after": after,
        "back": _numbered(puts.surplus(floor.wave, sku_id=sku_id)),
    }


def _numbered(places: list[puts.PutState]) -> list[tuple[puts.PutState, UUID]]:
    """Give each place's button the number of its press."""
    return [(place, uuid4()) for place in places]


def _here(floor: Floor, found: Scan, opened: Scan) -> list[puts.PutState]:
    """Return what the position that was scanned gets: all of it, or only of the SKU that is open."""
    if found.place is None:
        return []
    sku_id = opened.sku_ids[0] if len(opened.sku_ids) == 1 else None
    return puts.of_point(floor.wave, found.place.point_id, sku_id=sku_id)


@require_POST
@at_wave
def put_confirm(request: HttpRequest, floor: Floor) -> HttpResponse:
    """Count what lies at one position now, or what was taken out of it again."""
    working(floor)
    try:
        press = pressed(floor.wave, request.POST)
        if press.point_id is None:
            raise picking.NotInWave
        do = picking.put_return if "back" in request.POST else picking.put_confirm
        do(
            wave_id=floor.wave.pk,
            point_id=press.point_id,
            sku_id=press.sku_id,
            pieces=wanted_pieces(press),
            actor_id=floor.user.pk,
            uuid=press.uuid,
        )
    except DomainError as error:
        messages.error(request, error.detail)
    else:
        done = "已拿回" if "back" in request.POST else "已放"
        messages.success(request, f"{request.POST.get('position', '')} 号格口{done} {press.pieces}")
    return back_to(request, floor, "sort", code=request.POST.get("sku"))


@require_POST
@at_wave
def put_all(request: HttpRequest, floor: Floor) -> HttpResponse:
    """Count what the page shows, from one position to another, as put."""
    working(floor)
    try:
        press = pressed(floor.wave, request.POST)
        after, upto = number(request.POST.get("after")), number(request.POST.get("upto"))
        shown = puts.of_sku(floor.wave, press.sku_id, after=after, only_open=True)
        put = picking.put_rest(
            wave_id=floor.wave.pk,
            sku_id=press.sku_id,
            point_ids=[place.point_id for place in shown if place.position <= upto],
            actor_id=floor.user.pk,
            uuid=press.uuid,
        )
    except DomainError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, f"已放 {len(put)} 个格口，共 {sum(event.pieces for event in put)}")
    return back_to(request, floor, "sort", code=request.POST.get("sku"))


@require_POST
@at_wave
def put_undo(request: HttpRequest, floor: Floor) -> HttpResponse:
    working(floor)
    form = UndoForm(request.POST)
    try:
        if form.is_valid():
            said = form.cleaned_data
            picking.put_undo(batch=said["step"], actor_id=floor.user.pk, uuid=said["event"])
            messages.success(request, "已撤销")
    except DomainError as error:
        messages.error(request, error.detail)
    return back_to(request, floor, "sort", code=request.POST.get("sku"))
