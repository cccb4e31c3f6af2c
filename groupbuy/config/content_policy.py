"""
The Content-Security-Policy of each part of the site: what a browser may load and run there.

Nowhere anything from another host. Our own pages have no inline script, style or handler, so that a name with markup
in it stays text even if an escape were forgotten. The back office's theme and the API's document page bring some.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]

HEADER = "Content-Security-Policy"


def policy(**changes: str) -> str:
    """Return the strict policy, with the directives in ``changes`` (dashes as underscores) instead."""
    directives = {
        "default_src": "'self'",
        "img_src": "'self' data:",
        "object_src": "'none'",
        "base_uri": "'none'",
        "form_action": "'self'",
        "frame_ancestors": "'none'",
    }
    return "; ".join(f"{name.replace('_', '-')} {value}" for name, value in (directives | changes).items())


def content_policy(get_response: GetResponse) -> GetResponse:
    """Say in every answer, errors too, what the browser may do with it."""
    # Browsers hold a form to its policy also where it is redirected to: paying leads to the development cashier.
    cashier = "{0.scheme}://{0.netloc}".format(urlsplit(settings.DEV_CASHIER_URL)) if settings.DEV_CASHIER_URL else ""
    pages = policy(form_action=f"'self' {cashier}".rstrip())
    inline_style = "'self' 'unsafe-inline'"
    parts = {
        # Alpine.js, which the theme is built on, evaluates the expressions in its attributes.
        "/admin/": policy(script_src="'self' 'unsafe-inline' 'unsafe-eval'", style_src=inline_style),
        "/api/v1/docs/": policy(style_src=inline_style),
    }

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response[HEADER] = next((rule for part, rule in parts.items() if request.path.startswith(part)), pages)
        return response

    return middleware
