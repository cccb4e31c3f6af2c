"""Who sits at the wheel: a driver who is logged in and whose route it is, or whoever holds the route's newest link."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from fulfillment.models import Route
from fulfillment.selectors import driver
from fulfillment.selectors.driver import DriverLinkOver
from groupbuy.kernel import pages
from groupbuy.kernel.errors import Missing
from groupbuy.models import User

P = ParamSpec("P")
GONE = 410


@dataclass(frozen=True)
class Wheel:
    """
    A route and who drives it.

    :param key: how the address names the route: its id, or the token of a link.
    :param actor_id: by a link, whoever the route was given to.
    """

    route: Route
    key: str
    actor_id: int | None
    user: User | None


def driving(
    view: Callable[Concatenate[HttpRequest, User, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Hand the view the driver; strangers are asked to log in, everybody else is told whom to ask for a post."""

    @wraps(view)
    def gated(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), reverse("driver:login"))
        if not driver.drives(request.user):
            return render(request, "fulfillment/driver/no_post.html", {"user": request.user}, status=403)
        return view(request, request.user, *args, **kwargs)

    return never_cache(pages.page(gated))


def at_wheel(view: Callable[Concatenate[HttpRequest, Wheel, P], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Hand the view the route that the address names; another driver's route is as missing as none."""

    @driving
    def by_post(request: HttpRequest, user: User, /, key: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        route = driver.routes_of(user).filter(public_id=_uuid(key)).first()
        if route is None:
            raise Missing
        return view(request, Wheel(route, key, user.pk, user), *args, **kwargs)

    def by_link(request: HttpRequest, /, key: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            route = driver.route_behind(key)
        except DriverLinkOver as error:
            return render(request, "fulfillment/driver/link_over.html", {"detail": error.detail}, status=GONE)
        return view(request, Wheel(route, key, route.driver_id, None), *args, **kwargs)

    linked = never_cache(pages.page(by_link))

    @wraps(view)
    def gated(request: HttpRequest, /, key: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        return (linked if "." in key else by_post)(request, key, *args, **kwargs)

    return gated


def _uuid(key: str) -> UUID:
    try:
        return UUID(key)
    except ValueError as error:
        raise Missing from error
