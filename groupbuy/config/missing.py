"""What an address answers that is none, or that is written wrongly: the API's shape of errors, or a page."""

from __future__ import annotations

from typing import Any, NoReturn

from django.http import HttpRequest, HttpResponseBase
from django.views.defaults import page_not_found
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.views import APIView


class _NoDoor(APIView):
    """Answers every method, with or without a token, as a door answers for a row that is not there."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotFound


_no_door = _NoDoor.as_view()


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """The project's ``handler404``."""
    return _no_door(request) if request.path.startswith("/api/") else page_not_found(request, exception)
