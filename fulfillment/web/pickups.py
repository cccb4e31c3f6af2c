"""``/my/pickups/``: a shopper's goods: on the way, arrived, collected; with the code to show at the point."""

from typing import cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from fulfillment.selectors import parcels, pickups
from groupbuy.kernel import clock, pages
from groupbuy.models import User


@never_cache
@pages.page
@require_GET
@login_required(login_url="shop:login")
def mine(request: HttpRequest) -> HttpResponse:
    page = pages.one_page(request, pickups.own(cast("User", request.user)), per_page=10)
    unpacked = parcels.parcels(list(page))
    context = {"now": clock.now(), "page": page, "parcels": unpacked, "public_url": settings.PUBLIC_URL}
    return render(request, "fulfillment/my_pickups.html", context)
