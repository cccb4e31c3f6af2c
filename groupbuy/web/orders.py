"""A shopper's orders: the list, one order with its money explained, paying, cancelling."""

from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from groupbuy.domain.states import OrderState
from groupbuy.kernel import clock, pages
from groupbuy.kernel.errors import DomainError, StateConflict
from groupbuy.models import Order
from groupbuy.providers.credit import CREDIT
from groupbuy.selectors import credit, groups, pages_shop
from groupbuy.selectors import orders as reads
from groupbuy.services.orders import order_cancel
from groupbuy.services.payments import DEFAULT_PROVIDER, payment_start
from groupbuy.services.reorder import order_reorder
from groupbuy.web.cart import FIELD
from groupbuy.web.login import person

HTMX_STOP = 286  # htmx's own status: swap this in and stop polling


def own_order(request: HttpRequest, public_id: UUID) -> Order:
    """Return an order of the person who is logged in; anybody else's is as missing as one that never was."""
    return get_object_or_404(reads.own(person(request)), public_id=public_id)


def _is_shopper(request: HttpRequest, order: Order) -> bool:
    return order.shopper_id == person(request).pk


@pages.page
@require_GET
@login_required(login_url="shop:login")
def order_list(request: HttpRequest) -> HttpResponse:
    orders = reads.own(person(request)).order_by("-id")
    return render(request, "groupbuy/orders.html", {"now": clock.now(), "page": pages.one_page(request, orders)})


@pages.page
@require_GET
@login_required(login_url="shop:login")
def order_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show an order. ``?back=1`` is the way back from the cashier: the page waits until the payment is known."""
    order, now = own_order(request, public_id), clock.now()
    context = {
        "now": now,
        "order": order,
        "story": reads.story(order),
        "waiting": "back" in request.GET and order.state == OrderState.PLACED and now < order.pay_by,
        "may_pay": order.state == OrderState.PLACED and now < order.pay_by,
        "may_cancel": order.state in (OrderState.PLACED, OrderState.PAID) and groups.is_open(order.campaign, now),
        "may_reorder": _is_shopper(request, order)
        and order.state == OrderState.PLACED
        and groups.is_open(order.campaign, now),
        "may_amend": order.state == OrderState.PAID and groups.is_open(order.campaign, now),
        "cashier": bool(settings.DEV_CASHIER_URL),
        "credit_fen": credit.balance(person(request)),
    }
    return render(request, "groupbuy/order.html", context)


@pages.page
@require_GET
@login_required(login_url="shop:login")
def order_state(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Asked every two seconds by the page that waits for a payment: reloads it once the answer is known."""
    order = own_order(request, public_id)
    if order.state == OrderState.PLACED and clock.now() < order.pay_by:
        return HttpResponse(status=204)
    return HttpResponse(status=HTMX_STOP, headers={"HX-Redirect": reverse("shop:order", args=[public_id])})


@pages.page
@require_POST
@login_required(login_url="shop:login")
def order_pay(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Start the payment and send the payer to the development cashier; elsewhere he pays in the mini-program."""
    order, by_credit = own_order(request, public_id), request.POST.get("provider") == CREDIT
    here = reverse("shop:order", args=[public_id])
    try:
        payer = person(request)
        provider = CREDIT if by_credit else DEFAULT_PROVIDER
        _payment, prepay = payment_start(order=order, payer=payer, payer_ref=payer.public_id.hex, provider=provider)
    except DomainError as error:
        messages.error(request, error.detail)
        return redirect(here)
    if by_credit:
        messages.success(request, "已用余额支付。")
        return redirect(here)
    if not settings.DEV_CASHIER_URL:
        messages.warning(request, "请在微信小程序里完成支付。")
        return redirect(here)
    back = urlencode({"back": request.build_absolute_uri(f"{here}?back=1")})
    return redirect(f"{settings.DEV_CASHIER_URL}{prepay.prepay_id}?{back}")


@pages.page
@require_POST
@login_required(login_url="shop:login")
def order_again(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """
    Cancel an order that is not paid and fill the cart with it.

    Only for the shopper: in the cart of a leader who pays for a neighbour, it would become an order of the leader's.
    """
    order = own_order(request, public_id)
    if not _is_shopper(request, order):
        raise Http404
    code = pages_shop.share_code_of(order)
    try:
        if code is None:
            raise StateConflict
        order_reorder(order=order, actor=person(request))
    except DomainError as error:
        messages.error(request, error.detail)
        return redirect("shop:order", public_id)
    messages.success(request, "原订单已取消，请修改后重新下单。")
    cart = {f"{FIELD}{line.offer.public_id}": line.quantity for line in order.lines.all()}
    query = urlencode({"group": order.group.public_id, **cart})
    return redirect(f"{reverse('shop:shop', args=[code])}?{query}")


@pages.page
@require_http_methods(["GET", "POST"])
@login_required(login_url="shop:login")
def order_cancelling(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Ask once more, then cancel."""
    order = own_order(request, public_id)
    if request.method == "GET":
        return render(request, "groupbuy/order_cancel.html", {"order": order})
    try:
        order_cancel(order=order, actor=person(request))
    except DomainError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, "订单已取消。已支付的金额会原路退回。" if order.paid_at else "订单已取消。")
    return redirect("shop:order", public_id)
