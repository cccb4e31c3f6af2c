"""代下单: a leader orders for a neighbour who cannot or will not do it himself."""

from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from groupbuy.domain.words import PayBy
from groupbuy.kernel import clock, pages
from groupbuy.kernel.errors import DomainError
from groupbuy.models import Group
from groupbuy.selectors import groups
from groupbuy.services.idempotency import Answer, checked_key, run_once
from groupbuy.services.neighbours import neighbour_order, neighbour_quote
from groupbuy.services.order_terms import PriceChanged
from leaders.web.forms_neighbour import NeighbourForm
from leaders.web.gates import Desk, at_desk


@require_http_methods(["GET", "POST"])
@at_desk
def order_new(request: HttpRequest, desk: Desk, public_id: UUID) -> HttpResponse:
    """The first POST shows the total, the second places the order at it; whoever pays now goes on to paying."""
    group = get_object_or_404(groups.served_by(desk.user), public_id=public_id)
    now = clock.now()
    form = NeighbourForm(request.POST or None, group=group, now=now)
    total_fen: int | None = None
    if request.method == "POST" and form.is_valid():
        try:
            if form.cleaned_data["expected_fen"] is not None:
                placed = _place_once(desk, group, form)
                to_pay = form.cleaned_data["pay"] == PayBy.LEADER
                return redirect("shop:order" if to_pay else "leader:order", placed)
            total_fen = _total(desk, group, form)
        except DomainError as error:
            total_fen = error.facts["total_fen"] if isinstance(error, PriceChanged) else None
            pages.blame(form, error)
    form.hide(expected_fen=total_fen, key=uuid4().hex)
    context = {"now": now, "desk": desk, "group": group, "form": form, "total_fen": total_fen}
    return render(request, "leaders/neighbour_order.html", context)


def _total(desk: Desk, group: Group, form: NeighbourForm) -> int:
    quote = neighbour_quote(
        actor=desk.user, group_id=group.public_id, neighbour=form.neighbour, lines=form.lines_wanted
    )
    return quote.total_fen


def _place_once(desk: Desk, group: Group, form: NeighbourForm) -> str:
    """Place the order of this form once, however often it is sent; return the order's public id."""
    fields = form.cleaned_data

    def work() -> Answer:
        order = neighbour_order(
            actor=desk.user,
            group_id=group.public_id,
            neighbour=form.neighbour,
            lines=form.lines_wanted,
            pay_by=PayBy(fields["pay"]),
            expected_fen=fields["expected_fen"],
            remark=fields["remark"],
        )
        return Answer(status=201, data={"order": str(order.public_id)})

    asked = {name: str(value) for name, value in fields.items() if name != "key"}
    request = {"door": "page neighbour order", "group": str(group.public_id), "asked": asked}
    answer = run_once(actor_id=desk.user.pk, key=checked_key(fields["key"]), request=request, work=work)
    return str(answer.data["order"])
