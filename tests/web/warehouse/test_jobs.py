"""Long papers on the console: a page that watches itself, until the file can be opened."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from fulfillment import exports
from fulfillment.exports.paper_jobs import paper_job_run
from fulfillment.models import PaperJob
from fulfillment.services.paper_jobs import paper_job_ask, paper_job_fail, paper_job_report, paper_job_take
from groupbuy.models import Warehouse, WarehouseStaff
from tests.web.reading import words

if TYPE_CHECKING:
    from tests.world import World


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.PAPERS_ROOT = tmp_path / "papers"


@pytest.fixture
def page(world: "World", picker: Client, monkeypatch: pytest.MonkeyPatch) -> str:
    """The page of the job that pressing the print button of a long paper leads to."""
    from tests.world import build_wave, place_and_pay

    monkeypatch.setitem(exports.MOST_AT_ONCE, "pdf", 0)
    place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 3})
    wave = build_wave(campaign=world.campaign)
    answer = picker.get(f"/warehouse/waves/{wave.public_id}/papers/sort.pdf")
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def test_a_waiting_job_asks_again_by_itself_and_can_be_cancelled(picker: Client, page: str) -> None:
    shown = picker.get(page)

    assert "分拣单 PDF" in words(shown)
    assert "排队中，马上开始" in words(shown)
    assert f'hx-get="{page}part/" hx-trigger="every 2s"' in shown.content.decode()
    assert picker.get(f"{page}part/").status_code == 200

    assert picker.post(f"{page}cancel/").headers["Location"] == page
    assert "已取消，没有生成文件。" in words(picker.get(page))
    assert picker.get(f"{page}part/").status_code == 286


def test_a_running_job_says_how_far_it_is(picker: Client, page: str) -> None:
    paper_job_report(job=paper_job_take(job_id=PaperJob.objects.get().pk), rows_done=500, rows_total=2_000)

    text = words(picker.get(f"{page}part/"))

    assert "25%" in text
    assert "500 / 2000 行 · 约还要 1 秒" in text


def test_a_finished_job_asks_no_more_and_opens_its_file(picker: Client, page: str, tmp_path: Path) -> None:
    paper_job_run(job_id=PaperJob.objects.get().pk)

    part = picker.get(f"{page}part/")
    assert part.status_code == 286
    assert "every 2s" not in part.content.decode()
    assert "打开并打印" in words(part)
    file = picker.get(f"{page}file/")
    assert file.headers["Content-Type"] == "application/pdf"
    assert file.headers["Content-Disposition"].startswith("inline")
    assert b"".join(file.streaming_content).startswith(b"%PDF")  # type: ignore[attr-defined]
    assert "分拣单" in words(picker.get("/warehouse/jobs/"))


def test_a_failed_job_says_why_and_is_tried_again(picker: Client, page: str) -> None:
    paper_job_fail(job=paper_job_take(job_id=PaperJob.objects.get().pk), reason="磁盘已满")

    assert "磁盘已满" in words(picker.get(page))
    assert picker.post(f"{page}retry/").headers["Location"] == page
    assert "排队中" in words(picker.get(page))


def test_a_file_that_is_not_ready_leads_back_with_a_sentence(picker: Client, page: str) -> None:
    assert "文件还没有生成好。" in words(picker.get(f"{page}file/", follow=True))


def test_the_list_takes_as_many_statements_for_many_jobs_as_for_one(
    picker: Client, page: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(5):
        picker.get("/warehouse/jobs/")
    job = PaperJob.objects.get()
    for kind in ("pick", "note"):
        paper_job_ask(wave_id=job.wave_id, kind=kind, format="pdf", version=1, actor_id=None)
    with django_assert_num_queries(5):
        assert "配送交接单" in words(picker.get("/warehouse/jobs/"))


def test_another_warehouses_people_find_nothing(world: "World", acting_as: Any, page: str) -> None:
    from tests.world import person

    other = Warehouse.objects.create(code="WH2", name="萧山仓", city="杭州市", address="市心路 1 号")
    stranger = person(name="吴拣货", phone="13800000029")
    WarehouseStaff.objects.create(warehouse=other, user=stranger)
    browser = acting_as(stranger)

    for path in ("", "part/", "file/"):
        assert browser.get(page + path).status_code == 404
    for path in ("cancel/", "retry/"):
        assert browser.post(page + path).status_code == 404
    assert "还没有长单据" in words(browser.get("/warehouse/jobs/"))
    assert Client().get(page).status_code == 302
