"""Who may sit at the leader's desk: whoever holds an active post at a pickup point, as leader or helper."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from groupbuy.domain.words import PointRole
from groupbuy.kernel import pages
from groupbuy.models import PointStaff, User
from groupbuy.selectors.posts import points_of

P = ParamSpec("P")


@dataclass(frozen=True)
class Desk:
    """The person and his active posts, at least one."""

    user: User
    posts: list[PointStaff]

    @property
    def leads(self) -> bool:
        """Is he a leader somewhere, not only a helper?"""
        return any(post.role == PointRole.LEADER for post in self.posts)


def at_desk(
    view: Callable[Concatenate[HttpRequest, Desk, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Hand the view its desk; strangers are asked to log in, everybody else is told how to become a leader."""

    @wraps(view)
    def gated(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), reverse("leader:login"))
        user = request.user
        posts = list(points_of(user))
        if not posts:
            return render(request, "leaders/not_leader.html", status=403)
        return view(request, Desk(user, posts), *args, **kwargs)

    return pages.page(gated)
