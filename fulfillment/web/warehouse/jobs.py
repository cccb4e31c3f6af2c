"""``/warehouse/jobs/``: long papers in the making, with how far they are, to be fetched when they are done."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from fulfillment.domain.layouts import LAYOUTS, PaperKind
from fulfillment.exports import PaperFormat, content_type
from fulfillment.models import PaperJob
from fulfillment.selectors import paper_jobs
from fulfillment.selectors.papers import wave_label
from fulfillment.services.paper_jobs import PaperExpired, PaperNotReady, paper_file, paper_job_cancel, paper_job_retry
from fulfillment.web.warehouse.gates import on_floor
from groupbuy.kernel import clock, pages
from groupbuy.kernel.errors import StateConflict
from groupbuy.models import User

P = ParamSpec("P")
STOP_POLLING = 286
"""The status upon which htmx asks no more."""


def at_job(
    view: Callable[Concatenate[HttpRequest, User, PaperJob, P], HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Hand the view the job that the address names; another warehouse's is as missing as none."""

    def found(request: HttpRequest, user: User, public_id: UUID, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        job = get_object_or_404(paper_jobs.visible_to(user), public_id=public_id)
        return view(request, user, job, *args, **kwargs)

    return on_floor(wraps(view)(found))


def named(job: PaperJob) -> dict[str, Any]:
    """What a list shows."""
    title = LAYOUTS[PaperKind(job.kind)].title.text(job.lang)
    return {"job": job, "title": title, "label": wave_label(job.wave)}


def shown(job: PaperJob) -> dict[str, Any]:
    """What ``fulfillment/parts/paper_job.html`` shows."""
    return {**named(job), "seconds_left": job.seconds_left(clock.now())}


@require_GET
@on_floor
def job_list(request: HttpRequest, user: User) -> HttpResponse:
    page = pages.one_page(request, paper_jobs.visible_to(user))
    context = {"user": user, "page": page, "jobs": [named(job) for job in page]}
    return render(request, "fulfillment/warehouse/jobs.html", context)


@require_GET
@at_job
def job_page(request: HttpRequest, user: User, job: PaperJob) -> HttpResponse:
    return render(request, "fulfillment/warehouse/job.html", {"user": user, **shown(job)})


@require_GET
@at_job
def job_part(request: HttpRequest, user: User, job: PaperJob) -> HttpResponse:
    """Answer the part that changes; when the job is over, the page is told to ask no more."""
    status = 200 if job.is_open else STOP_POLLING
    return render(request, "fulfillment/parts/paper_job.html", {"user": user, **shown(job)}, status=status)


@require_POST
@at_job
def cancel(request: HttpRequest, user: User, job: PaperJob) -> HttpResponse:
    try:
        paper_job_cancel(job_id=job.pk, actor_id=user.pk)
    except StateConflict as error:
        messages.error(request, error.detail)
    return redirect("warehouse:job", public_id=job.public_id)


@require_POST
@at_job
def retry(request: HttpRequest, user: User, job: PaperJob) -> HttpResponse:
    """Have it made again; if somebody has asked for the same paper meanwhile, show that job."""
    try:
        job = paper_job_retry(job_id=job.pk, actor_id=user.pk)
    except StateConflict as error:
        messages.error(request, error.detail)
    return redirect("warehouse:job", public_id=job.public_id)


@require_GET
@at_job
def file(request: HttpRequest, user: User, job: PaperJob) -> HttpResponseBase:
    """Answer with the file; a PDF opens in the browser, from where it is printed."""
    try:
        content = paper_file(job)
    except (PaperNotReady, PaperExpired) as error:
        messages.error(request, error.detail)
        return redirect("warehouse:job", public_id=job.public_id)
    kind = content_type(cast("PaperFormat", job.format))
    return FileResponse(content, content_type=kind, as_attachment=job.format != "pdf", filename=job.file_name)
