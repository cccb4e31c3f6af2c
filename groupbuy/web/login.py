"""Logging in to the shop by phone and one-time code, where a code can be had."""

from typing import cast

from django.contrib.auth import login as session_login
from django.contrib.auth import logout as session_logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from groupbuy.kernel import guesses, pages
from groupbuy.kernel.errors import DomainError
from groupbuy.models import User
from groupbuy.providers import login_code
from groupbuy.services.accounts import phone_login
from groupbuy.web.forms import PhoneLogin

BACKEND = "groupbuy.services.accounts.PhoneOrNameBackend"


def person(request: HttpRequest) -> User:
    """Return who is logged in; the view stands behind ``login_required``."""
    return cast("User", request.user)


@pages.page
@require_http_methods(["GET", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Log a shopper in and send him on to ``next``. Without a provider of codes the page says where to go instead."""
    form = PhoneLogin(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = _judged(**form.cleaned_data)
        except DomainError as error:
            pages.blame(form, error)
        else:
            session_login(request, user, backend=BACKEND)
            return redirect(_next(request))
    context = {"form": form, "next": _next(request), "available": login_code.available()}
    return render(request, "groupbuy/login.html", context | {"code": login_code.DEVELOPMENT_CODE})


def _judged(*, phone: str, code: str) -> User:
    guesses.count(pages.CODE_SCOPE, phone, limit=pages.WRONG_TRIES, seconds=pages.WRONG_TRIES_SECONDS)
    user = phone_login(phone=phone, code=code)
    guesses.forgive(pages.CODE_SCOPE, phone)
    return user


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    session_logout(request)
    return redirect("shop:home")


def _next(request: HttpRequest) -> str:
    """Return where to go after the log-in: only to a page of our own."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    own = url_has_allowed_host_and_scheme(asked, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return asked if own else "/g/orders/"
