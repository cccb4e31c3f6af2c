"""提货: the code, what is in the parcel, handing it out."""

import unicodedata
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from fulfillment.models import Pickup
from fulfillment.selectors import parcels, pickups
from fulfillment.selectors.parcels import Parcel
from fulfillment.services.pickups import pickup_confirm
from groupbuy.kernel import clock, guesses, pages
from groupbuy.kernel.errors import DomainError, Invalid, Unavailable
from leaders.web.forms import CodeForm, ConfirmForm, Search
from leaders.web.gates import Desk, at_desk

SCOPE = "pickup_code"
PIECES = "n-"


class CodeUnknown(Invalid):
    code = "pickup_code_unknown"
    message = _("没有找到这个提货码。请核对 6 位数字，或在下面的名单里找人。")


class CodeUsed(Invalid):
    code = "pickup_code_used"
    message = _("这个提货码已经提完，不能再提。")


class CodesPaused(Invalid):
    code = "pickup_codes_paused"
    message = _("提货码暂时查不了，请在下面的名单里找到顾客。")


@require_http_methods(["GET", "POST"])
@at_desk
def desk_page(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Take a typed code by POST, or the QR code's token as ``?t=``; below it the list of who is still to come."""
    asked = request.POST.get("code") if request.method == "POST" else request.GET.get("t")
    # Chinese keyboards may type full-width digits.
    form = CodeForm(None if asked is None else {"code": unicodedata.normalize("NFKC", asked).strip().lower()})
    matches: list[Pickup] = []
    if form.is_bound and form.is_valid():
        try:
            matches = _look_up(desk, form.cleaned_data["code"])
        except DomainError as error:
            pages.blame(form, error)
    if len(matches) == 1:
        return redirect("leader:parcel", matches[0].public_id)
    return _desk(request, desk, form, matches)


def _look_up(desk: Desk, code: str) -> list[Pickup]:
    """
    Find the open pickups with this code; every wrong code is counted.

    :raises CodeUnknown: nobody's. :raises CodeUsed: it has been collected. :raises TooManyGuesses: too many wrong ones.
    """
    who = str(desk.user.pk)
    try:
        guesses.count(
            SCOPE, who, limit=settings.GROUPBUY_PICKUP_CODE_TRIES, seconds=settings.GROUPBUY_PICKUP_CODE_TRIES_SECONDS
        )
    except Unavailable as error:
        raise CodesPaused(attr="code") from error
    found = list(pickups.with_code(desk.user, code))
    if found:
        guesses.forgive(SCOPE, who)
        return found
    raise CodeUsed(attr="code") if parcels.done_with(desk.user, code) else CodeUnknown(attr="code")


def _desk(request: HttpRequest, desk: Desk, form: BaseForm, matches: list[Pickup]) -> HttpResponse:
    q = Search(request.GET).wanted
    page = pages.one_page(request, parcels.waiting_found(desk.user, q))
    context = {
        "desk": desk,
        "form": form,
        "q": q,
        "page": page,
        "waiting": parcels.parcels(list(page)),
        "matches": parcels.parcels(matches),
    }
    return render(request, "leaders/pickup.html", context)


@require_http_methods(["GET", "POST"])
@at_desk
def parcel(request: HttpRequest, desk: Desk, public_id: UUID) -> HttpResponse:
    """Show a parcel; POST hands out the chosen pieces, once however often the form is sent."""
    pickup = get_object_or_404(pickups.served_by(desk.user), public_id=public_id)
    if request.method == "POST":
        form = ConfirmForm(request.POST)
        try:
            event = _hand_out(desk, pickup, form)
        except DomainError as error:
            messages.error(request, error.detail)
        else:
            return redirect("leader:handed", public_id, event)
    unpacked = parcels.parcel(pickup)
    context = {
        "now": clock.now(),
        "desk": desk,
        "parcel": unpacked,
        "event": uuid4(),
        "events": parcels.events_of(pickup),
        "fields": [(each, f"{PIECES}{each.line.public_id}") for each in unpacked.lines],
    }
    return render(request, "leaders/parcel.html", context)


def _hand_out(desk: Desk, pickup: Pickup, form: ConfirmForm) -> UUID:
    if not form.is_valid():
        raise Invalid
    pieces = _pieces(parcels.parcel(pickup), form.data)
    return pickup_confirm(pickup=pickup, actor=desk.user, event=form.cleaned_data["event"], pieces=pieces).uuid


def _pieces(unpacked: Parcel, data: Mapping[str, Any]) -> dict[UUID, int]:
    """Read how many of each line are handed out; lines left at 0 are not."""
    ids = [each.line.public_id for each in unpacked.lines]
    raw = {line: data.get(f"{PIECES}{line}", "") for line in ids}
    return {
        line: int(text)
        for line, text in raw.items()
        if text.isascii() and text.isdigit() and 0 < len(text) <= 5 and int(text)
    }


@require_GET
@at_desk
def handed(request: HttpRequest, desk: Desk, public_id: UUID, event: UUID) -> HttpResponse:
    """Say in large what has just been handed out, and whether anything is left."""
    pickup = get_object_or_404(pickups.served_by(desk.user), public_id=public_id)
    events = [each for each in parcels.events_of(pickup) if each.uuid == event]
    context = {"desk": desk, "parcel": parcels.parcel(pickup), "event": next(iter(events), None)}
    return render(request, "leaders/handed.html", context)
