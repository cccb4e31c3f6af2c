"""格口: every position of a wave with what lies there, and what one of them still lacks."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from fulfillment.selectors import puts
from fulfillment.web.warehouse.board import wave_context
from fulfillment.web.warehouse.gates import Floor, at_wave


@require_GET
@at_wave
def position_list(request: HttpRequest, floor: Floor) -> HttpResponse:
    """Show a page of positions in their order, behind ``after``; and first what is to be taken back."""
    raw = request.GET.get("after", "")
    after = int(raw) if raw.isascii() and raw.isdigit() and len(raw) <= 6 else 0
    places = puts.of_positions(floor.wave, after=after, limit=puts.PER_PAGE + 1)
    context = wave_context(floor) | {
        "places": places[: puts.PER_PAGE],
        "after": after,
        "more_after": places[puts.PER_PAGE - 1].position if len(places) > puts.PER_PAGE else None,
        "surplus": puts.surplus(floor.wave),
    }
    return render(request, "fulfillment/warehouse/positions.html", context)
