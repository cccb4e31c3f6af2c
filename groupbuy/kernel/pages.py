"""What every page stands on: errors of the services become pages or lines in a form (the API's twin is ``drf.py``)."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db import DatabaseError, InterfaceError
from django.db.models import QuerySet
from django.forms import BaseForm
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from groupbuy.kernel.db import may_pass
from groupbuy.kernel.errors import DomainError, Forbidden, Missing, Unavailable

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

PER_PAGE = 20

# Counts of wrong guesses that the API's doors keep too: they do not multiply with doors.
CODE_SCOPE = "login_code"
PASSWORD_SCOPE = "password"  # noqa: S105 - the name of a count
WRONG_TRIES = 10
WRONG_TRIES_SECONDS = 10 * 60


def page(view: View[P]) -> View[P]:
    """Answer what a view did not catch itself: missing 404, forbidden 403, outside or database too busy 503."""

    @wraps(view)
    def answered(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except Missing as error:
            raise Http404(error.detail) from error
        except Forbidden as error:
            raise PermissionDenied(error.detail) from error
        except Unavailable as error:
            return render(request, "503.html", {"detail": error.detail}, status=503)
        except (DatabaseError, InterfaceError) as error:
            if not may_pass(error):
                raise
            return render(request, "503.html", status=503)

    return answered


def blame(form: BaseForm, error: DomainError) -> None:
    """Show a service's refusal at the field that it is about, or above the form."""
    shown = {field.name for field in form.visible_fields()}
    form.add_error(error.attr if error.attr in shown else None, error.detail)


def one_page(request: HttpRequest, rows: QuerySet[Any], per_page: int = PER_PAGE) -> "Page[Any]":
    """Cut the page that ``?page=`` asks for; a number out of range is the nearest page."""
    return Paginator(rows, per_page).get_page(request.GET.get("page"))
