"""Long papers as jobs: asked for once, made once, kept for a day, taken up again when a worker dies."""

import datetime as dt
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command

from fulfillment import tasks
from fulfillment.exports import paper_jobs as making
from fulfillment.exports.paper_jobs import paper_job_run
from fulfillment.models import PaperJob, Wave
from fulfillment.selectors.papers import PaperMissing
from fulfillment.services import paper_jobs
from fulfillment.services.paper_jobs import (
    PaperGone,
    PaperUnknown,
    file_of,
    folder_of,
    paper_job_ask,
    paper_job_cancel,
    paper_job_clear,
    paper_job_fail,
    paper_job_report,
    paper_job_retry,
    paper_job_take,
)
from groupbuy.kernel import clock
from groupbuy.kernel.errors import StateConflict
from groupbuy.models import StateChange, SweepFailure
from tests.concurrency.races import after, at_once, before
from tests.world import World, build_wave, place_and_pay, world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.PAPERS_ROOT = tmp_path / "papers"


@pytest.fixture
def scene() -> World:
    made = world()
    place_and_pay(shopper=made.shopper, group=made.group, quantities={made.tomato: 3, made.eggs: 1})
    place_and_pay(shopper=made.neighbour, group=made.other_group, quantities={made.tomato: 2})
    build_wave(campaign=made.campaign)
    return made


def ask(scene: World, kind: str = "sort", format: str = "csv", **more: Any) -> PaperJob:  # noqa: A002
    wave = Wave.objects.get()
    return paper_job_ask(wave_id=wave.pk, kind=kind, format=format, version=1, **{"actor_id": scene.picker.pk, **more})


def states(job: PaperJob) -> list[str]:
    changes = StateChange.objects.filter(machine="paperjob", subject_id=job.pk).order_by("pk")
    return [change.new for change in changes]


@pytest.mark.parametrize("format", ["csv", "xlsx", "pdf"])
def test_the_sweep_makes_the_file_that_a_request_would_give(scene: World, format: str, tmp_path: Path) -> None:  # noqa: A002
    job = ask(scene, format=format)

    tasks.make_papers()

    job.refresh_from_db()
    at_once_file = tmp_path / "at_once"
    call_command("export_paper", "sort", wave="latest", format=format, out=str(at_once_file), verbosity=0)
    assert file_of(job).read_bytes() == at_once_file.read_bytes()
    assert (job.state, job.rows_done, job.rows_total, job.tries) == ("done", 3, 3, 1)
    assert job.size_bytes == file_of(job).stat().st_size
    assert job.file_name.startswith("sort-")
    assert job.file_name.endswith(f"-v1.{format}")
    assert job.expires_at is not None
    assert job.finished_at is not None
    assert job.expires_at - job.finished_at == dt.timedelta(hours=24)
    assert [each.name for each in folder_of(job).iterdir()] == [f"paper.{format}"]
    assert states(job) == ["queued", "running", "done"]


def test_the_same_paper_asked_twice_is_one_job_and_another_format_is_another(scene: World) -> None:
    first = ask(scene)

    assert ask(scene, actor_id=scene.staff.pk).pk == first.pk
    assert ask(scene, format="pdf").pk != first.pk
    assert ask(scene, lang="en").pk != first.pk


def test_the_same_key_gives_the_same_job_whatever_became_of_it(scene: World) -> None:
    first = ask(scene, key="key-000001")
    paper_job_cancel(job_id=first.pk, actor_id=scene.picker.pk)

    assert ask(scene, key="key-000001").pk == first.pk
    assert ask(scene, key="key-000002").pk != first.pk


def test_what_does_not_exist_cannot_be_asked_for(scene: World) -> None:
    with pytest.raises(PaperMissing):
        ask(scene, kind="nothing")
    with pytest.raises(PaperUnknown):
        ask(scene, format="docx")
    with pytest.raises(PaperMissing):
        paper_job_ask(wave_id=1, kind="sort", format="csv", version=9, actor_id=None)
    assert not PaperJob.objects.exists()


def test_of_askers_at_once_all_get_one_job(scene: World) -> None:
    found = at_once([lambda: ask(scene).pk for _ in range(4)])

    assert len(set(found)) == 1
    assert PaperJob.objects.count() == 1


def test_who_asks_while_the_same_job_is_cancelled_gets_a_new_one(scene: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first = ask(scene)
    seam = after(monkeypatch, paper_jobs, "rows", lambda: paper_job_cancel(job_id=first.pk))

    second = ask(scene)

    assert seam.join() is None
    assert (second.state, second.pk != first.pk) == ("queued", True)


def test_who_tries_again_while_somebody_asks_anew_gets_the_new_job(
    scene: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = paper_job_take(job_id=ask(scene).pk)
    paper_job_fail(job=failed, reason="磁盘满了")
    seam = before(monkeypatch, paper_jobs, "move", lambda: ask(scene))

    again = paper_job_retry(job_id=failed.pk)

    assert again == seam.join()
    failed.refresh_from_db()
    assert (again.state, failed.state) == ("queued", "failed")
    assert paper_job_retry(job_id=failed.pk) == again


def test_one_of_two_workers_gets_a_job(scene: World) -> None:
    job = ask(scene)

    found = at_once([lambda: paper_job_take(job_id=job.pk) for _ in range(2)])

    assert sorted(type(each).__name__ for each in found) == ["PaperGone", "PaperJob"]


def test_a_worker_that_no_longer_reports_loses_its_job_and_can_write_nothing(scene: World) -> None:
    job = ask(scene)
    dead = paper_job_take(job_id=job.pk)
    with pytest.raises(PaperGone):
        paper_job_take(job_id=job.pk)
    PaperJob.objects.update(lease_ends_at=clock.now() - dt.timedelta(seconds=1))

    tasks.make_papers()

    job.refresh_from_db()
    assert (job.state, job.tries) == ("done", 2)
    assert not paper_job_report(job=dead, rows_done=1, rows_total=1)


def test_a_job_whose_workers_die_again_and_again_is_given_up(scene: World, settings: Any) -> None:
    job = ask(scene)
    PaperJob.objects.update(tries=settings.GROUPBUY_SWEEP_ATTEMPTS - 1)

    tasks.make_papers()

    job.refresh_from_db()
    assert (job.state, job.failure) == ("failed", "生成多次中断，请重试；仍不行请联系运维。")


def test_a_cancelled_job_is_not_made_and_leaves_no_files(scene: World) -> None:
    waiting, running = ask(scene), ask(scene, format="pdf")
    taken = paper_job_take(job_id=running.pk)
    folder_of(running).mkdir(parents=True)

    for job in (waiting, running):
        paper_job_cancel(job_id=job.pk, actor_id=scene.picker.pk)
    tasks.make_papers()
    tasks.clear_papers()

    assert not paper_job_report(job=taken, rows_done=1, rows_total=1)
    assert set(PaperJob.objects.values_list("state", "has_files")) == {("cancelled", False)}
    assert not folder_of(running).exists()
    with pytest.raises(StateConflict):
        paper_job_cancel(job_id=waiting.pk)


def test_a_job_that_is_cancelled_while_a_worker_reaches_for_it_is_cancelled(
    scene: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = ask(scene)
    seam = before(monkeypatch, paper_jobs, "move", lambda: paper_job_take(job_id=job.pk))

    paper_job_cancel(job_id=job.pk)

    assert isinstance(seam.join(), PaperGone)
    assert states(job) == ["queued", "cancelled"]


def test_who_tries_again_while_the_files_are_removed_waits_for_that(
    scene: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = paper_job_take(job_id=ask(scene).pk)
    paper_job_fail(job=job, reason="磁盘满了")
    seam = before(monkeypatch, shutil, "rmtree", lambda: paper_job_retry(job_id=job.pk))

    paper_job_clear(job_id=job.pk)

    assert seam.join() == job
    assert seam.blocked
    job.refresh_from_db()
    assert (job.state, job.has_files) == ("queued", True)


def test_after_a_day_the_file_is_removed_and_the_paper_can_be_asked_for_anew(scene: World) -> None:
    job = ask(scene)
    tasks.make_papers()
    PaperJob.objects.update(expires_at=clock.now() + dt.timedelta(minutes=1))
    tasks.clear_papers()
    assert file_of(job).exists()

    PaperJob.objects.update(expires_at=clock.now())
    tasks.clear_papers()
    tasks.clear_papers()

    job.refresh_from_db()
    assert (job.state, job.has_files, folder_of(job).exists()) == ("expired", False, False)
    assert ask(scene).pk != job.pk


def test_what_cannot_be_written_fails_with_a_reason_and_can_be_tried_again(scene: World, settings: Any) -> None:
    blocked = Path(settings.PAPERS_ROOT)
    blocked.write_text("a file where the folder should be")
    job = ask(scene)

    tasks.make_papers()
    job.refresh_from_db()
    assert (job.state, job.failure[:6]) == ("failed", "写不了文件：")
    assert not SweepFailure.objects.exists()
    blocked.unlink()

    assert paper_job_retry(job_id=job.pk).pk == job.pk
    tasks.make_papers()
    job.refresh_from_db()
    assert (job.state, job.failure) == ("done", "")
    assert states(job) == ["queued", "running", "failed", "queued", "running", "done"]


def test_a_turn_that_takes_too_long_puts_the_job_back(scene: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "TURN_S", -1)
    job = ask(scene)

    paper_job_run(job_id=job.pk)

    job.refresh_from_db()
    assert (job.state, job.finished_at) == ("queued", None)


WORKER = """
import django; django.setup()
from django.conf import settings
from django.db import connection
settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = {database!r}
settings.PAPERS_ROOT = {folder!r}
settings.GROUPBUY_PAPER_LEASE_SECONDS = 2
from fulfillment import exports
from fulfillment.exports import batches
exports.MOST_AT_ONCE["pdf"] = 0
batches.batches.__kwdefaults__ |= {{"most_sections": 1, "most_rows": 1}}
from fulfillment.exports import long_pdf
finished = long_pdf._finished
def slow(*args):
    made = finished(*args)
    import time; print("done", flush=True); time.sleep({pause})
    return made
long_pdf._finished = slow
from fulfillment import tasks
tasks.make_papers()
"""


def worker(pause: float) -> "subprocess.Popen[str]":
    """Run the sweep in a process of its own, one note a batch, with a pause after each."""
    from django.db import connection

    code = WORKER.format(
        database=connection.settings_dict["NAME"], folder=str(django_settings.PAPERS_ROOT), pause=pause
    )
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=dict(os.environ))


def test_a_killed_workers_job_goes_on_with_the_batches_that_are_finished(scene: World) -> None:
    job = ask(scene, kind="note", format="pdf")
    first = worker(pause=60)
    assert first.stdout is not None
    assert first.stdout.readline() == "done\n"
    first.send_signal(signal.SIGKILL)
    first.wait(10)
    first.stdout.close()
    kept = {path.name: path.stat().st_mtime_ns for path in folder_of(job).glob("*.pdf")}
    assert "000001.pdf" in kept
    job.refresh_from_db()
    assert job.state == "running"

    deadline = time.monotonic() + 15
    while not PaperJob.objects.filter(lease_ends_at__lt=clock.now()).exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    second = worker(pause=2.5)  # longer than it takes to say how far it is
    assert second.stdout is not None
    assert second.stdout.readline() == "done\n"
    again = {name: (folder_of(job) / name).stat().st_mtime_ns for name in kept}
    second.communicate(timeout=30)

    job.refresh_from_db()
    assert again == kept
    assert (job.state, job.tries, second.returncode) == ("done", 2, 0)
    assert file_of(job).read_bytes().startswith(b"%PDF")


def test_the_command_does_what_the_beat_would(scene: World) -> None:
    job = ask(scene)

    call_command("sweep", "fulfillment.make_papers")

    job.refresh_from_db()
    assert job.state == "done"
    assert uuid4() != job.public_id
