"""订单: the orders that a leader looks after."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from groupbuy.kernel import clock, pages
from groupbuy.models import Order
from groupbuy.selectors import orders as reads
from groupbuy.selectors.pay_links import is_payable, pay_url
from groupbuy.services.phones import phone_reveal
from leaders.selectors import pages_desk
from leaders.web.forms import OrderFilter
from leaders.web.gates import Desk, at_desk


@require_GET
@at_desk
def order_list(request: HttpRequest, desk: Desk) -> HttpResponse:
    form = OrderFilter(request.GET, user=desk.user)
    found = pages_desk.orders_found(reads.served_by(desk.user), **form.wanted)
    context = {"desk": desk, "form": form, "page": pages.one_page(request, found), "filtered": bool(form.wanted)}
    return render(request, "leaders/orders.html", context)


@require_GET
@at_desk
def order_detail(request: HttpRequest, desk: Desk, public_id: UUID) -> HttpResponse:
    return _show(request, desk, get_object_or_404(reads.served_by(desk.user), public_id=public_id))


@never_cache
@require_POST
@at_desk
def order_phone(request: HttpRequest, desk: Desk, public_id: UUID) -> HttpResponse:
    """Show the page once with the full number; it is written down who asked."""
    order = get_object_or_404(reads.served_by(desk.user), public_id=public_id)
    return _show(request, desk, order, phone=phone_reveal(order=order, actor=desk.user))


def _show(request: HttpRequest, desk: Desk, order: Order, phone: str = "") -> HttpResponse:
    now = clock.now()
    context = {
        "now": now,
        "desk": desk,
        "order": order,
        "story": reads.story(order),
        "phone": phone,
        "may_reveal": order.leader_id == desk.user.pk,
        "pay_url": pay_url(order) if is_payable(order, now) else "",
    }
    return render(request, "leaders/order.html", context)
