"""The page on which pieces of a paid order are taken away before the cutoff."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from groupbuy.kernel import pages
from groupbuy.kernel.errors import DomainError
from groupbuy.models import Order, OrderLine
from groupbuy.services.order_amend import order_amend
from groupbuy.web.login import person
from groupbuy.web.orders import own_order


@pages.page
@require_http_methods(["GET", "POST"])
@login_required(login_url="shop:login")
def order_amending(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show how many pieces each line has; POST keeps fewer. Sending it twice does it once."""
    order = own_order(request, public_id)
    if request.method == "GET":
        rows = [(_field(line), line) for line in order.lines.all() if line.due]
        return render(request, "groupbuy/order_amend.html", {"order": order, "rows": rows})
    try:
        order_amend(order=order, keep=_kept(order, request.POST), actor=person(request))
    except DomainError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, "订单已修改，减掉的金额会原路退回。")
    return redirect("shop:order", public_id)


def _field(line: OrderLine) -> str:
    return f"keep-{line.public_id}"


def _kept(order: Order, data: QueryDict) -> dict[UUID, int]:
    """Read the numbers of the form; a line without a number stays as it is."""
    asked = {line.public_id: data.get(_field(line), "") for line in order.lines.all()}
    return {line: int(raw) for line, raw in asked.items() if raw.isascii() and raw.isdigit() and len(raw) <= 4}
