"""``/warehouse/``: the waves of my warehouses with how far they are, kept fresh while somebody looks."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from fulfillment.domain.layouts import LAYOUTS, PaperKind
from fulfillment.domain.states import WaveState
from fulfillment.models import PickLine, Shortage, Wave
from fulfillment.selectors import progress, puts, rights, tours, waves
from fulfillment.selectors.papers import wave_label
from fulfillment.selectors.wave_intake import waiting
from fulfillment.web.warehouse.gates import Floor, at_wave, on_floor
from groupbuy.kernel import clock, pages
from groupbuy.models import User

WAVES_PER_PAGE = 20


@require_GET
@on_floor
def board(request: HttpRequest, user: User) -> HttpResponse:
    """Show the waves that are not on their way first; a part of the page asks again every few seconds."""
    mine = waves.visible_to(user).order_by("-delivery_date", "-number")
    open_first = mine.filter(state=WaveState.BUILT).order_by("dispatch_at", "pk")
    page = pages.one_page(request, mine.exclude(state=WaveState.BUILT), per_page=WAVES_PER_PAGE)
    context = {
        "now": clock.now(),
        "user": user,
        "waiting": waves.waiting(user),
        "open": _cards(list(open_first)),
        "page": page,
        "gone": _cards(page),
    }
    part = request.headers.get("HX-Request") == "true"
    return render(request, f"fulfillment/warehouse/{'parts/board' if part else 'board'}.html", context)


def _cards(found: Any) -> list[dict[str, Any]]:
    ids = [wave.pk for wave in found]
    done, totals = progress.of_waves(ids), waves.totals_of(ids)
    return [
        {"wave": wave, "label": wave_label(wave), "progress": done[wave.pk], "totals": totals.get(wave.pk)}
        for wave in found
    ]


@require_GET
@at_wave
def wave_page(request: HttpRequest, floor: Floor) -> HttpResponse:
    """Show one wave: how far it is, what is printed of it, what can be done with it."""
    wave = floor.wave
    context = wave_context(floor) | _state_of(wave)
    context |= {"papers": _papers(floor), "now": clock.now(), "issue": wave.issues.latest("version")}
    if floor.may_work:
        late = waiting(warehouse_id=wave.warehouse_id, delivery_date=wave.delivery_date, wave_id=wave.pk)
        context["late"] = len(late)
    return render(request, "fulfillment/warehouse/wave.html", context)


@require_GET
@at_wave
def wave_live(request: HttpRequest, floor: Floor) -> HttpResponse:
    """Answer the part of the wave's page that changes while people work."""
    return render(request, "fulfillment/warehouse/parts/wave_live.html", wave_context(floor) | _state_of(floor.wave))


def wave_context(floor: Floor) -> dict[str, Any]:
    """What every page of a wave shows in its head."""
    weighs = PickLine.objects.filter(wave=floor.wave, paper_version=floor.wave.paper_version, sku__weighed=True)
    return {
        "floor": floor,
        "wave": floor.wave,
        "label": wave_label(floor.wave),
        "user": floor.user,
        "weighs": weighs.exists(),
    }


def _state_of(wave: Wave) -> dict[str, Any]:
    return {
        "progress": progress.of_wave(wave),
        "zones": progress.of_zones(wave),
        "totals": waves.totals(wave),
        "surplus": puts.surplus(wave, limit=6),
        "short": Shortage.objects.filter(wave=wave, undone_at=None).count(),
        "picked_too_many": progress.picked_too_many(wave),
    }


def _papers(floor: Floor) -> list[tuple[str, str]]:
    """What this person may print; the list of the grids only where there are any."""
    left_out = () if tours.has_grids(floor.wave) else (PaperKind.GRID,)
    return [
        (kind.value, layout.title.zh)
        for kind, layout in LAYOUTS.items()
        if kind not in left_out and rights.may_print(floor.user, kind)
    ]
