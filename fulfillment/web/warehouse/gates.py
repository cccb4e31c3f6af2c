"""Who may stand on the floor: people with a post in a warehouse, and staff who may view waves."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from fulfillment.domain.states import WaveState
from fulfillment.models import Wave
from fulfillment.selectors import rights, waves
from groupbuy.kernel import pages
from groupbuy.kernel.errors import Forbidden
from groupbuy.models import User

P = ParamSpec("P")


@dataclass(frozen=True)
class Floor:
    """The person; ``wave`` is the one he looks at, which is of his warehouse."""

    user: User
    wave: Wave

    @property
    def may_work(self) -> bool:
        """May he change what is done of the wave now?"""
        return self.wave.state == WaveState.BUILT and rights.may_dispatch(self.user, self.wave)


def on_floor(
    view: Callable[Concatenate[HttpRequest, User, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Hand the view the person; strangers are asked to log in, everybody else is told whom to ask for a post."""

    @wraps(view)
    def gated(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), reverse("warehouse:login"))
        if not rights.may_see_waves(request.user):
            return render(request, "fulfillment/warehouse/no_post.html", status=403)
        return view(request, request.user, *args, **kwargs)

    return never_cache(pages.page(gated))


def at_wave(
    view: Callable[Concatenate[HttpRequest, Floor, P], HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Hand the view the wave that the address names; another warehouse's wave is as missing as none."""

    def found(request: HttpRequest, user: User, public_id: UUID, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        wave = get_object_or_404(waves.visible_to(user), public_id=public_id)
        return view(request, Floor(user, wave), *args, **kwargs)

    return on_floor(wraps(view)(found))


def working(floor: Floor) -> None:
    """:raises Forbidden: the person may look at the wave but not work on it."""
    if not rights.may_dispatch(floor.user, floor.wave):
        raise Forbidden
