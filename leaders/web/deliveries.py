"""到货: deliveries on their way, counting them, signing for them."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from fulfillment.domain.states import DiscrepancyKind, StopState
from fulfillment.models import Stop
from fulfillment.selectors import stops
from fulfillment.selectors.stops import ExpectedLine
from fulfillment.services.handover import Counted, handover_sign
from groupbuy.kernel import clock, pages
from groupbuy.kernel.errors import DomainError
from leaders.web.gates import Desk, at_desk


@dataclass(frozen=True)
class CountLine:
    """An expected line with what the leader found missing; sale units."""

    expected: ExpectedLine
    short: int
    broken: int

    @property
    def arrived(self) -> int:
        return self.expected.quantity - self.short - self.broken


@require_GET
@at_desk
def stop_list(request: HttpRequest, desk: Desk) -> HttpResponse:
    mine = stops.served_by(desk.user)
    context = {
        "now": clock.now(),
        "desk": desk,
        "to_sign": stops.to_sign(desk.user),
        "planned": mine.filter(state=StopState.PLANNED).order_by("wave__delivery_date", "pk"),
        "page": pages.one_page(request, mine.filter(state=StopState.SIGNED).order_by("-signed_at")),
    }
    return render(request, "leaders/deliveries.html", context)


@require_GET
@at_desk
def stop_detail(request: HttpRequest, desk: Desk, public_id: UUID) -> HttpResponse:
    """Show what should be in the crates; differences typed here go to the review page by GET and change nothing."""
    stop = _own(desk, public_id)
    context = {
        "now": clock.now(),
        "desk": desk,
        "stop": stop,
        "lines": _count(stop, request.GET),
        "may_sign": stop.state in (StopState.ON_THE_WAY, StopState.ARRIVED),
        "differences": stop.discrepancies.select_related("sku").order_by("pk"),
    }
    return render(request, "leaders/delivery.html", context)


@require_http_methods(["GET", "POST"])
@at_desk
def stop_sign(request: HttpRequest, desk: Desk, public_id: UUID) -> HttpResponse:
    """Say once more what will be signed for, then sign."""
    stop = _own(desk, public_id)
    lines = _count(stop, request.POST if request.method == "POST" else request.GET)
    if request.method == "POST":
        try:
            handover_sign(stop_id=stop.pk, actor=desk.user, counted=_counted(lines))
        except DomainError as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, "已签收，已通知顾客来提货。")
        return redirect("leader:delivery", public_id)
    context = {
        "desk": desk,
        "stop": stop,
        "lines": lines,
        "missing": [line for line in lines if line.short or line.broken],
        "too_many": any(line.arrived < 0 for line in lines),
        "back": request.GET.urlencode(),
    }
    return render(request, "leaders/delivery_sign.html", context)


def _own(desk: Desk, public_id: UUID) -> Stop:
    return get_object_or_404(stops.served_by(desk.user), public_id=public_id)


def _count(stop: Stop, data: QueryDict) -> list[CountLine]:
    return [
        CountLine(line, _pieces(data.get(f"short-{line.code}")), _pieces(data.get(f"broken-{line.code}")))
        for line in stops.expected_lines(stop)
    ]


def _pieces(raw: str | None) -> int:
    return int(raw) if raw and raw.isascii() and raw.isdigit() and len(raw) <= 5 else 0


def _counted(lines: list[CountLine]) -> list[Counted]:
    found = [
        Counted(line.expected.sku_id, kind, quantity)
        for line in lines
        for kind, quantity in ((DiscrepancyKind.SHORT, line.short), (DiscrepancyKind.BROKEN, line.broken))
    ]
    return [each for each in found if each.quantity]
