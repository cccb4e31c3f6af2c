"""Printing from the console: any paper of a wave as a file, and the labels of one point again."""

from io import BytesIO

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from fulfillment import exports
from fulfillment.domain.layouts import LAYOUTS
from fulfillment.domain.papers import Paper
from fulfillment.exports import PaperFormat
from fulfillment.selectors import scans
from fulfillment.selectors.papers import paper, point_labels
from fulfillment.selectors.rights import may_print
from fulfillment.web.warehouse.gates import Floor, at_wave
from groupbuy.kernel.errors import Missing


@require_GET
@at_wave
def paper_file(request: HttpRequest, floor: Floor, kind: str, suffix: PaperFormat) -> HttpResponse:
    """Answer with one paper of the current version."""
    if kind not in LAYOUTS or suffix not in exports.CONTENT_TYPES or not may_print(floor.user, kind):
        raise Http404
    return _file(paper(wave=floor.wave, kind=kind), suffix)


@require_GET
@at_wave
def labels_file(request: HttpRequest, floor: Floor, position: int) -> HttpResponse:
    """Answer with the labels of the crates and bags of one position."""
    place = scans.position(floor.wave, position)
    if place is None:
        raise Missing
    return _file(point_labels(wave=floor.wave, point_id=place.point_id, code=place.code), "pdf")


def _file(made: Paper, suffix: PaperFormat) -> HttpResponse:
    """A PDF opens in the browser, from where it is printed; the others are saved."""
    out = BytesIO()
    exports.render(made, format=suffix, out=out)
    shown = "inline" if suffix == "pdf" else "attachment"
    headers = {"Content-Disposition": f'{shown}; filename="{exports.file_name(made, suffix)}"'}
    return HttpResponse(out.getvalue(), content_type=exports.content_type(suffix), headers=headers)
