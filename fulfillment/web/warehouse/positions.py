"""格口: every position of a wave with what lies there, and what one of them still lacks."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from fulfillment.selectors import puts
from fulfillment.web.warehouse.board import wave_context
from fulfillment.web.warehouse.gates import Floor, at_wave
from fulfillment.web.warehouse.ways import number


@require_GET
@at_wave
def position_list(request: HttpRequest, floor: Floor) -> HttpResponse:
    """Show a page of positions in their order, behind ``after``; and first what is to be taken back."""
    after = number(request.GET.get("after"))
    places = puts.of_positions(floor.wave, after=after, limit=puts.PER_PAGE + 1)
    context = wave_context(floor) | {
        "places": places[: puts.PER_PAGE],
        "more_after": places[puts.PER_PAGE - 1].position if len(places) > puts.PER_PAGE else None,
        "surplus": puts.surplus(floor.wave),
    }
    return render(request, "fulfillment/warehouse/positions.html", context)
