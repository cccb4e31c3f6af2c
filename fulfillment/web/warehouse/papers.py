"""Printing from the console: any paper of a wave as a file."""

from io import BytesIO

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from fulfillment import exports
from fulfillment.domain.layouts import LAYOUTS
from fulfillment.selectors.papers import paper
from fulfillment.selectors.rights import may_print
from fulfillment.web.warehouse.gates import Floor, at_wave


@require_GET
@at_wave
def paper_file(request: HttpRequest, floor: Floor, kind: str, suffix: str) -> HttpResponse:
    """Answer with one paper of the current version; a PDF opens in the browser, from where it is printed."""
    if kind not in LAYOUTS or suffix not in exports.CONTENT_TYPES or not may_print(floor.user, kind):
        raise Http404
    made = paper(wave=floor.wave, kind=kind)
    out = BytesIO()
    exports.render(made, format=suffix, out=out)
    shown = "inline" if suffix == "pdf" else "attachment"
    headers = {"Content-Disposition": f'{shown}; filename="{exports.file_name(made, suffix)}"'}
    return HttpResponse(out.getvalue(), content_type=exports.content_type(suffix), headers=headers)
