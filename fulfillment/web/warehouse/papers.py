"""Printing from the console: any paper of a wave as a file, and the labels of one point again."""

from io import BytesIO

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from fulfillment import exports
from fulfillment.domain.layouts import LAYOUTS
from fulfillment.domain.papers import Paper
from fulfillment.exports import PaperFormat
from fulfillment.selectors import scans
from fulfillment.selectors.papers import paper, point_labels
from fulfillment.selectors.rights import may_print
from fulfillment.services.paper_jobs import paper_job_ask
from fulfillment.web.warehouse.gates import Floor, at_wave
from groupbuy.kernel.errors import Missing
from groupbuy.kernel.streams import snapshot


@require_GET
@at_wave
def paper_file(request: HttpRequest, floor: Floor, kind: str, suffix: PaperFormat) -> HttpResponse:
    """Answer with one paper of the current version; a long one is made by a worker, whose job has a page."""
    if kind not in LAYOUTS or suffix not in exports.CONTENT_TYPES or not may_print(floor.user, kind):
        raise Http404
    made = paper(wave=floor.wave, kind=kind)
    if exports.is_long(made, suffix):
        version, actor_id = made.head.version, floor.user.pk
        job = paper_job_ask(wave_id=floor.wave.pk, kind=kind, format=suffix, version=version, actor_id=actor_id)
        return redirect("warehouse:job", public_id=job.public_id)
    return _file(made, suffix)


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
    with snapshot():
        exports.render(made, format=suffix, out=out)
    shown = "inline" if suffix == "pdf" else "attachment"
    headers = {"Content-Disposition": f'{shown}; filename="{exports.file_name(made, suffix)}"'}
    return HttpResponse(out.getvalue(), content_type=exports.content_type(suffix), headers=headers)
