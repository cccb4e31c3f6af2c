"""
Long papers as jobs: asked for by a person, made by whichever worker finds them due, kept for a day.

The record is the row, not the message. A worker holds a job by a lease that it renews; when it dies, the lease lapses
and another goes on with the parts that are finished. Every write of a worker is guarded by its ``holder``.
"""

import datetime as dt
import secrets
import shutil
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as now_in_words
from django.utils.translation import gettext_lazy as _

from fulfillment.domain.layouts import LAYOUTS
from fulfillment.domain.states import PAPER_JOB, PaperJobState
from fulfillment.models import PaperIssue, PaperJob
from fulfillment.models.paper_job import LIVE
from fulfillment.selectors.papers import PaperMissing
from groupbuy.kernel import clock
from groupbuy.kernel.db import rows
from groupbuy.kernel.errors import Invalid, StateConflict
from groupbuy.kernel.ids import uuid7
from groupbuy.kernel.transition import born, move, moved

FORMATS = ("csv", "xlsx", "pdf")
LANGS = ("zh", "en")


class PaperUnknown(Invalid):
    code = "paper_unknown"
    message = _("没有这种单据格式。")


class PaperGone(StateConflict):
    code = "paper_gone"
    message = _("这个任务已不在运行。")


class PaperNotReady(StateConflict):
    code = "paper_not_ready"
    message = _("文件还没有生成好。")


class PaperExpired(StateConflict):
    status = 410
    code = "paper_expired"
    message = _("文件已过期并删除，请重新生成。")


@transaction.atomic
def paper_job_ask(
    *,
    wave_id: int,
    kind: str,
    format: str,  # noqa: A002 - the word of the doors
    version: int,
    actor_id: int | None,
    lang: str = "zh",
    key: str = "",
) -> PaperJob:
    """
    Ask for a paper; who asks for one that is being made, or is ready, gets that job.

    :param key: the asker's own; the same key gives the same job whatever became of it.
    :raises PaperMissing: the wave has no such version.
    :raises PaperUnknown: no such format or language.
    """
    if format not in FORMATS or lang not in LANGS:
        raise PaperUnknown
    if kind not in LAYOUTS or not PaperIssue.objects.filter(wave=wave_id, version=version).exists():
        raise PaperMissing
    now = clock.now()
    made = rows(
        """
        INSERT INTO fulfillment_paperjob (public_id, wave_id, kind, format, lang, paper_version, state, version,
            rows_done, asked_by_id, key, asked_at, tries, failure, token, file_name, size_bytes, has_files)
        VALUES (%s, %s, %s, %s, %s, %s, 'queued', 1, 0, %s, %s, %s, 0, '', %s, '', 0, true)
        ON CONFLICT DO NOTHING RETURNING id
        """,
        [uuid7(), wave_id, kind, format, lang, version, actor_id, key, now, secrets.token_hex(16)],
    )
    if made:
        born(PAPER_JOB, ids=[made[0]["id"]], state=PaperJobState.QUEUED, now=now, actor_id=actor_id)
        return PaperJob.objects.get(pk=made[0]["id"])
    same = Q(wave=wave_id, kind=kind, format=format, lang=lang, paper_version=version, state__in=LIVE)
    asked = Q(asked_by=actor_id, key=key) if key and actor_id else Q(pk=None)
    found = PaperJob.objects.filter(same | asked).order_by("-pk").first()
    # None: the job that stood in the way was over before we looked at it.
    return found or paper_job_ask(
        wave_id=wave_id, kind=kind, format=format, version=version, actor_id=actor_id, lang=lang, key=key
    )


@transaction.atomic
def paper_job_take(*, job_id: int) -> PaperJob:
    """
    Hold a job that waits, or whose worker has not reported for too long.

    :raises PaperGone: somebody else holds it, or it is over.
    """
    now = clock.now()
    lease = {"holder": uuid4(), "lease_ends_at": now + _lease(), "started_at": now}
    if not moved(PAPER_JOB, pk=job_id, old=PaperJobState.QUEUED, new=PaperJobState.RUNNING, now=now, sets=lease):
        lost = PaperJob.objects.filter(pk=job_id, state=PaperJobState.RUNNING, lease_ends_at__lt=now)
        if not lost.update(**lease):
            raise PaperGone
    PaperJob.objects.filter(pk=job_id).update(tries=F("tries") + 1, rows_done=0)
    return PaperJob.objects.select_related("wave__warehouse").get(pk=job_id)


def is_hopeless(job: PaperJob) -> bool:
    """Whether its workers died so often that it is better given up."""
    return job.tries >= settings.GROUPBUY_SWEEP_ATTEMPTS


def paper_job_report(*, job: PaperJob, rows_done: int, rows_total: int | None) -> bool:
    """Renew the lease and say how far it is; return whether the job is still this worker's."""
    held = PaperJob.objects.filter(pk=job.pk, state=PaperJobState.RUNNING, holder=job.holder)
    lease_ends_at = clock.now() + _lease()
    return bool(held.update(rows_done=rows_done, rows_total=rows_total, lease_ends_at=lease_ends_at))


def paper_job_finish(*, job: PaperJob, file_name: str, size_bytes: int, rows_total: int) -> None:
    """
    The file is complete; it can be fetched for some time.

    :raises PaperGone: it was cancelled, or another worker has taken it.
    """
    now = clock.now()
    _over(
        job,
        PaperJobState.DONE,
        now,
        file_name=file_name,
        size_bytes=size_bytes,
        rows_done=rows_total,
        rows_total=rows_total,
        expires_at=now + dt.timedelta(hours=settings.GROUPBUY_PAPER_HOURS),
    )


def paper_job_fail(*, job: PaperJob, reason: str) -> None:
    """
    It cannot be made as it is; its parts are kept for somebody who asks again.

    :raises PaperGone: as for ``paper_job_finish``.
    """
    now = clock.now()
    expires_at = now + dt.timedelta(hours=settings.GROUPBUY_PAPER_HOURS)
    _over(job, PaperJobState.FAILED, now, failure=reason[:200], expires_at=expires_at)


def paper_job_put_back(*, job: PaperJob) -> None:
    """Let another turn go on with it: this one has taken long enough."""
    _over(job, PaperJobState.QUEUED, clock.now(), tries=0, finished_at=None)


@transaction.atomic
def paper_job_cancel(*, job_id: int, actor_id: int | None = None) -> None:
    """
    Stop a job that waits or runs.

    :raises StateConflict: it is over.
    """
    now = clock.now()
    job = PaperJob.objects.select_for_update(no_key=True).get(pk=job_id)
    old = PaperJobState.RUNNING if job.state == PaperJobState.RUNNING else PaperJobState.QUEUED
    sets = {"finished_at": now, "expires_at": now, "lease_ends_at": None, "holder": None}
    move(PAPER_JOB, pk=job_id, old=old, new=PaperJobState.CANCELLED, now=now, actor_id=actor_id, sets=sets)


@transaction.atomic
def paper_job_retry(*, job_id: int, actor_id: int | None = None) -> PaperJob:
    """
    Have a failed job made again; if the paper was asked for anew meanwhile, return that job.

    :raises StateConflict: it has not failed.
    """
    job = PaperJob.objects.select_for_update().get(pk=job_id)
    sets = {"failure": "", "expires_at": None, "finished_at": None, "has_files": True, "tries": 0, "rows_done": 0}
    old, new = PaperJobState.FAILED, PaperJobState.QUEUED
    try:
        with transaction.atomic():
            move(PAPER_JOB, pk=job_id, old=old, new=new, now=clock.now(), actor_id=actor_id, sets=sets)
    except IntegrityError:  # of the same paper one job is live at a time
        return PaperJob.objects.get(
            wave=job.wave_id,
            kind=job.kind,
            format=job.format,
            lang=job.lang,
            paper_version=job.paper_version,
            state__in=LIVE,
        )
    job.refresh_from_db()
    return job


@transaction.atomic
def paper_job_clear(*, job_id: int) -> None:
    """
    Remove the files of a job whose time is up; one that was ready has then expired.

    :raises PaperGone: somebody tries it again.
    """
    # Held until its files are gone: who tries it again then begins with an empty folder.
    job = PaperJob.objects.select_for_update(no_key=True).get(pk=job_id)
    if job.is_open:
        raise PaperGone
    moved(PAPER_JOB, pk=job_id, old=PaperJobState.DONE, new=PaperJobState.EXPIRED, now=clock.now())
    shutil.rmtree(folder_of(job), ignore_errors=True)
    PaperJob.objects.filter(pk=job_id).update(has_files=False)


def folder_of(job: PaperJob) -> Path:
    """Where a job's parts and its file are."""
    return Path(settings.PAPERS_ROOT) / job.token


def file_of(job: PaperJob) -> Path:
    return folder_of(job) / f"paper.{job.format}"


def paper_file(job: PaperJob) -> BinaryIO:
    """
    Open the finished file.

    :raises PaperNotReady: it is not finished, or never will be.
    :raises PaperExpired: its time is up.
    """
    if job.state not in (PaperJobState.DONE, PaperJobState.EXPIRED):
        raise PaperNotReady
    if job.expires_at is None or job.expires_at <= clock.now():
        raise PaperExpired
    try:
        return file_of(job).open("rb")
    except FileNotFoundError as error:
        raise PaperExpired from error


def given_up() -> str:
    return now_in_words("生成多次中断，请重试；仍不行请联系运维。")


def _lease() -> dt.timedelta:
    return dt.timedelta(seconds=settings.GROUPBUY_PAPER_LEASE_SECONDS)


def _over(job: PaperJob, state: PaperJobState, now: dt.datetime, **sets: object) -> None:
    done = moved(
        PAPER_JOB,
        pk=job.pk,
        old=PaperJobState.RUNNING,
        new=state,
        now=now,
        sets={"lease_ends_at": None, "holder": None, "finished_at": now, **sets},
        only="t.holder = %s",
        params=[job.holder],
    )
    if not done:
        raise PaperGone
