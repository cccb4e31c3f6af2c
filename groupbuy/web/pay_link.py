"""``/pay/<token>/``: an order as whoever got its pay link may see it, and paying it."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from groupbuy.kernel import clock, pages
from groupbuy.kernel.errors import DomainError
from groupbuy.selectors.pay_links import is_payable, order_behind
from groupbuy.services.payments import payment_start
from groupbuy.web.login import person

GONE = 410


@never_cache
@pages.page
@require_GET
def show(request: HttpRequest, token: str) -> HttpResponse:
    """Show what is to be paid while it can be paid, afterwards only how it ended. ``?back=1``: from the cashier."""
    order = order_behind(token)
    payable = is_payable(order, clock.now())
    context = {
        "order": order,
        "payable": payable,
        "waiting": payable and "back" in request.GET,
        "token": token,
        "cashier": bool(settings.DEV_CASHIER_URL),
    }
    return render(request, "groupbuy/pay_link.html", context, status=200 if payable or order.paid_at else GONE)


@never_cache
@pages.page
@require_POST
@login_required(login_url="shop:login")
def pay(request: HttpRequest, token: str) -> HttpResponse:
    """Start a payment of the person who is logged in; refunds go back to him."""
    order, payer = order_behind(token), person(request)
    here = reverse("shop:pay", args=[token])
    try:
        _payment, prepay = payment_start(order=order, payer=payer, payer_ref=payer.public_id.hex)
    except DomainError as error:
        messages.error(request, error.detail)
        return redirect(here)
    if not settings.DEV_CASHIER_URL:
        messages.warning(request, "请在微信小程序里完成支付。")
        return redirect(here)
    back = urlencode({"back": request.build_absolute_uri(f"{here}?back=1")})
    return redirect(f"{settings.DEV_CASHIER_URL}{prepay.prepay_id}?{back}")
