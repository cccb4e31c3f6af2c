"""
Deeds: what an operator does to rows, each a call of a service after a page that asks once more.

One ``Deed`` is both a button on the row's page and, if ``bulk``, an action on the list. It calls the service once per
row; a rule that says no becomes a message about that row and does not stop the others.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from groupbuy.kernel.errors import DomainError

if TYPE_CHECKING:
    from groupbuy.kernel.backoffice.base import Admin

Facts = Sequence[tuple[str, Any]]
MOST_ROWS = 200


def _always(row: Any) -> bool:
    return True


def _no_facts(row: Any) -> Facts:
    return ()


@dataclass(frozen=True)
class Done:
    """What a deed is called with. ``key`` is made when the page is shown, so that sending it twice does it once."""

    actor_id: int
    data: dict[str, Any]
    key: str


@dataclass(frozen=True)
class Deed:
    """
    :param name: of the URL and the action.
    :param permission: full codename, such as ``groupbuy.change_campaign``.
    :param do: called with the row and ``Done``; returns what to tell, or None for "done".
    :param question: what the page asks; say what cannot be undone.
    :param form: made for one row (None: for many); its cleaned data reaches ``do``.
    :param facts: pairs shown for each row before it is confirmed.
    :param applies: whether the button is shown for a row; the service is the judge, not this.
    """

    name: str
    title: str
    permission: str
    do: Callable[[Any, Done], str | SafeString | None]
    question: str
    form: Callable[[Any], type[forms.Form]] | None = None
    facts: Callable[[Any], Facts] = _no_facts
    applies: Callable[[Any], bool] = _always
    bulk: bool = True
    danger: bool = False
    icon: str = "bolt"


def respond(
    admin: "Admin", request: HttpRequest, deed: Deed, rows: Sequence[Model], *, back: str, bulk: bool
) -> HttpResponse:
    """Ask first; do it when the page comes back confirmed and its form is right."""
    actor = request.user
    if not actor.is_authenticated or not actor.has_perm(deed.permission):
        raise PermissionDenied
    confirmed = request.method == "POST" and "confirmed" in request.POST
    form_class = deed.form(None if bulk else rows[0]) if deed.form else forms.Form
    form = form_class(request.POST if confirmed else None)
    if confirmed and form.is_valid():
        done = Done(actor_id=actor.pk, data=form.cleaned_data, key=request.POST.get("key", ""))
        _do_each(request, deed, rows, done)
        return HttpResponseRedirect(back)
    return TemplateResponse(
        request,
        "backoffice/confirm.html",
        {
            **admin.admin_site.each_context(request),
            "title": deed.title,
            "opts": admin.opts,
            "deed": deed,
            "form": form,
            "back": back,
            "bulk": bulk,
            "rows": [(row, deed.facts(row)) for row in rows],
            "key": request.POST.get("key") or uuid.uuid4().hex,
            "checkbox": ACTION_CHECKBOX_NAME,
        },
    )


def _do_each(request: HttpRequest, deed: Deed, rows: Sequence[Model], done: Done) -> None:
    silent = 0
    for row in rows:
        try:
            told = deed.do(row, done)
        except DomainError as error:
            messages.error(request, f"{row}：{error.detail}")
        else:
            if told:
                messages.success(request, format_html("{}：{}", row, told))
            else:
                silent += 1
    if silent:
        messages.success(request, f"{deed.title}：成功 {silent} 项。")
