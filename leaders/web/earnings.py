"""收益: every fen of commission, down to the line that it came from."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from groupbuy.kernel import clock, pages
from leaders.selectors import earnings, pages_desk
from leaders.web.forms import EarningsFilter
from leaders.web.gates import Desk, at_desk


@require_GET
@at_desk
def earned(request: HttpRequest, desk: Desk) -> HttpResponse:
    now = clock.now()
    form = EarningsFilter(request.GET, user=desk.user)
    found = pages_desk.entries_of(earnings.entries(desk.user), **form.wanted)
    context = {
        "now": now,
        "desk": desk,
        "form": form,
        "totals": earnings.totals(leader=desk.user, now=now),
        "page": pages.one_page(request, found),
        "filtered": any(form.wanted.values()),
    }
    return render(request, "leaders/earnings.html", context)
