"""``/``: what this is and where to go."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from groupbuy.kernel import clock, pages
from groupbuy.selectors import pages_shop


@pages.page
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Show the doors; a demo also shows shops to try."""
    now = clock.now()
    shops = pages_shop.shops_to_try(now=now) if settings.DEV_PROVIDERS else []
    return render(request, "groupbuy/home.html", {"now": now, "shops": shops, "demo": settings.DEV_PROVIDERS})
