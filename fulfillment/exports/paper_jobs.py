"""Making long papers: a worker holds a job, writes its file, and says every second how far it is."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from errno import ENOSPC
from pathlib import Path
from typing import Final, cast

from django.db import DatabaseError, connection
from django.utils.translation import gettext as now_in_words

from fulfillment.domain.papers import Paper, RowsOutOfOrder
from fulfillment.exports import PaperFormat, file_name, render
from fulfillment.exports.typesetters import TypesettingFailed
from fulfillment.models import PaperJob
from fulfillment.selectors.papers import paper
from fulfillment.services.paper_jobs import (
    PaperGone,
    file_of,
    folder_of,
    given_up,
    is_hopeless,
    paper_job_fail,
    paper_job_finish,
    paper_job_put_back,
    paper_job_report,
    paper_job_take,
)
from groupbuy.kernel.db import run
from groupbuy.kernel.errors import DomainError
from groupbuy.kernel.streams import snapshot

REPORT_S: Final = 1.0
TURN_S: Final = 420
"""After so long a worker puts its job back and takes it up again with the next task, below any time limit."""


class TurnOver(Exception):
    """This turn has taken long enough."""


def paper_job_run(*, job_id: int) -> None:
    """
    Make the file of a job that is due; batches that an earlier worker has finished are not made again.

    :raises StateConflict: somebody else holds the job, or it was cancelled meanwhile.
    """
    job = paper_job_take(job_id=job_id)
    if is_hopeless(job):
        paper_job_fail(job=job, reason=given_up())
        return
    try:
        _make(job)
    except PaperGone:
        raise
    except TurnOver:
        paper_job_put_back(job=job)
    except (DomainError, TypesettingFailed, RowsOutOfOrder, OSError) as error:
        paper_job_fail(job=job, reason=_reason(error))


def _make(job: PaperJob) -> None:
    folder = folder_of(job)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = file_of(job)
    half = target.with_suffix(".half")
    with snapshot(), _reporting(job) as clerk:
        run("SET LOCAL idle_in_transaction_session_timeout = '10min'")  # while its pages are put together
        found = _counted(paper(wave=job.wave, kind=job.kind, paper_version=job.paper_version), clerk)
        wanted = cast("PaperFormat", job.format)
        with half.open("wb") as out:
            render(found, format=wanted, out=out, lang=job.lang, folder=folder, told=clerk.told)
        half.replace(target)
    total = found.count()
    name, size = file_name(found, wanted), target.stat().st_size
    paper_job_finish(job=job, file_name=name, size_bytes=size, rows_total=total)
    for part in _parts(folder, target):
        part.unlink()


def _counted(found: Paper, clerk: "Clerk") -> Paper:
    clerk.total = found.count()
    return replace(found, length=clerk.total)


def _parts(folder: Path, target: Path) -> list[Path]:
    return [each for each in folder.iterdir() if each != target]


def _reason(error: Exception) -> str:
    if isinstance(error, DomainError):
        return error.detail
    if isinstance(error, OSError) and error.errno == ENOSPC:
        return now_in_words("磁盘空间不足，请清理后重试。")
    if isinstance(error, OSError):
        return now_in_words("写不了文件：%(why)s") % {"why": error.strerror or type(error).__name__}
    return now_in_words("排版中断，已完成的部分会保留，请重试。")


class Clerk:
    """
    Renews the lease from a thread of its own, with a connection of its own: the worker's is busy reading.

    :param total: of the paper's rows; None until they are counted.
    """

    def __init__(self, job: PaperJob) -> None:
        self.job = job
        self.total: int | None = None
        self.rows = 0
        self.is_gone = False
        self.over_at = time.monotonic() + TURN_S
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name=f"paper-job-{job.pk}", daemon=True)

    def told(self, rows: int) -> None:
        """
        :raises PaperGone: the job is no longer this worker's.
        :raises TurnOver: it has taken long enough.
        """
        self.rows += rows
        if self.is_gone:
            raise PaperGone
        if time.monotonic() > self.over_at:
            raise TurnOver

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        try:
            while not self._stop.wait(REPORT_S) and not self.is_gone:
                self._report()
        finally:
            connection.close()

    def _report(self) -> None:
        done = self.rows if self.total is None else min(self.rows, self.total)
        try:
            self.is_gone = not paper_job_report(job=self.job, rows_done=done, rows_total=self.total)
        except DatabaseError:
            connection.close()  # it is asked again; until then the lease runs


@contextmanager
def _reporting(job: PaperJob) -> Iterator[Clerk]:
    clerk = Clerk(job)
    clerk.start()
    try:
        yield clerk
    finally:
        clerk.stop()
