"""Back to the list from which a press came, with its SKU open."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from fulfillment.web.warehouse.gates import Floor


def back_to(request: HttpRequest, floor: Floor, page: str, *, code: str | None = None) -> HttpResponse:
    """:param page: name of the list's route. :param code: the SKU to open there."""
    kept = {"zone": request.POST.get("zone"), "code": code}
    asked = urlencode({name: value for name, value in kept.items() if value})
    where = reverse(f"warehouse:{page}", args=[floor.wave.public_id])
    return redirect(f"{where}?{asked}" if asked else where)


def number(raw: str | None) -> int:
    """A position in an address; 0 for anything that is none."""
    return int(raw) if raw and raw.isascii() and raw.isdigit() and len(raw) <= 6 else 0
