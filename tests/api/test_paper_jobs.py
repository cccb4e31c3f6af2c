"""Long papers at the warehouse's door: asked for, watched, cancelled, fetched for a day."""

from pathlib import Path
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from fulfillment import exports
from fulfillment.exports.paper_jobs import paper_job_run
from fulfillment.models import PaperJob, Wave
from fulfillment.services.paper_jobs import paper_job_ask, paper_job_fail, paper_job_report, paper_job_take
from groupbuy.kernel import clock
from groupbuy.models import Warehouse, WarehouseStaff
from tests.api.callers import Caller, problem
from tests.world import World, build_wave, person, place_and_pay

JOBS = "warehouse/paper-jobs/"


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.PAPERS_ROOT = tmp_path / "papers"


@pytest.fixture
def wave(world: World) -> Wave:
    place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 3})
    return build_wave(campaign=world.campaign)


def asked(picker: Caller, wave: Wave, **more: Any) -> Any:
    return picker.post(JOBS, {"wave": str(wave.public_id), "kind": "sort", "as": "csv", **more})


def test_a_paper_is_asked_for_made_and_fetched(picker: Caller, wave: Wave) -> None:
    answer = asked(picker, wave)
    job = answer.json()
    assert answer.status_code == 202
    assert {key: job[key] for key in ("kind", "as", "lang", "paper_version", "state", "percent", "file")} == {
        "kind": "sort",
        "as": "csv",
        "lang": "zh",
        "paper_version": 1,
        "state": "queued",
        "percent": 0,
        "file": None,
    }
    assert problem(picker.get(f"{JOBS}{job['id']}/file/")) == (409, "paper_not_ready", None)

    paper_job_run(job_id=PaperJob.objects.get().pk)

    done = picker.get(f"{JOBS}{job['id']}/").json()
    assert (done["state"], done["percent"], done["rows_done"], done["rows_total"]) == ("done", 100, 1, 1)
    file: Any = picker.client.get(done["file"])
    content = b"".join(file.streaming_content)
    assert content == picker.get(f"warehouse/waves/{wave.public_id}/papers/sort/", **{"as": "csv"}).content
    assert file.headers["Content-Disposition"] == f'attachment; filename="{done["file_name"]}"'
    assert file.headers["Cache-Control"] == "private, no-store"


def test_the_list_holds_the_jobs_of_my_warehouse_and_nobody_elses(picker: Caller, world: World, wave: Wave) -> None:
    job = asked(picker, wave).json()
    other = Warehouse.objects.create(code="WH2", name="萧山仓", city="杭州市", address="市心路 1 号")
    stranger = person(name="吴拣货", phone="13800000029")
    WarehouseStaff.objects.create(warehouse=other, user=stranger)

    assert [each["id"] for each in picker.get(JOBS, state="queued").json()["results"]] == [job["id"]]
    assert picker.get(JOBS, state="done").json()["results"] == []
    assert Caller(stranger).get(JOBS).json()["results"] == []
    assert Caller(stranger).get(f"{JOBS}{job['id']}/").status_code == 404
    assert Caller(stranger).get(f"{JOBS}{job['id']}/file/").status_code == 404
    assert asked(Caller(stranger), wave).status_code == 404


def test_a_list_takes_as_many_statements_for_many_jobs_as_for_one(
    picker: Caller, wave: Wave, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    asked(picker, wave)
    picker.get(JOBS)
    with django_assert_num_queries(3):
        assert len(picker.get(JOBS).json()["results"]) == 1
    for kind in ("pick", "note"):
        asked(picker, wave, kind=kind)
    with django_assert_num_queries(3):
        assert len(picker.get(JOBS).json()["results"]) == 3


def test_what_shows_costs_is_not_for_pickers(picker: Caller, staff: Caller, world: World, wave: Wave) -> None:
    assert problem(asked(picker, wave, kind="purchase")) == (403, "forbidden", None)
    paper_job_ask(wave_id=wave.pk, kind="purchase", format="csv", version=1, actor_id=None)

    assert picker.get(JOBS).json()["results"] == []


def test_what_is_not_there_cannot_be_asked_for(picker: Caller, wave: Wave) -> None:
    assert problem(asked(picker, wave, version=7)) == (404, "paper_missing", None)
    assert problem(asked(picker, wave, kind="x"))[0] == 400
    assert problem(asked(picker, wave, **{"as": "exe"}))[0] == 400
    nowhere = {"wave": "0198c0de-0000-7000-8000-000000000000", "kind": "sort"}
    assert problem(picker.post(JOBS, nowhere))[0] == 404


def test_progress_is_rows_percent_and_seconds(picker: Caller, wave: Wave) -> None:
    job = asked(picker, wave).json()
    held = paper_job_take(job_id=PaperJob.objects.get().pk)
    paper_job_report(job=held, rows_done=250, rows_total=1_000)

    shown = picker.get(f"{JOBS}{job['id']}/").json()

    assert (shown["state"], shown["percent"], shown["rows_done"], shown["rows_total"]) == ("running", 25, 250, 1_000)
    assert shown["seconds_left"] >= 1


def test_a_job_is_cancelled_once(picker: Caller, wave: Wave) -> None:
    job = asked(picker, wave).json()

    assert picker.post(f"{JOBS}{job['id']}/cancel/").json()["state"] == "cancelled"
    assert problem(picker.post(f"{JOBS}{job['id']}/cancel/")) == (409, "state_conflict", None)
    assert problem(picker.get(f"{JOBS}{job['id']}/file/")) == (409, "paper_not_ready", None)


def test_a_failed_job_says_why_and_is_tried_again(picker: Caller, wave: Wave) -> None:
    job = asked(picker, wave).json()
    paper_job_fail(job=paper_job_take(job_id=PaperJob.objects.get().pk), reason="磁盘已满")
    failed = picker.get(f"{JOBS}{job['id']}/").json()

    again = picker.post(f"{JOBS}{job['id']}/retry/")

    assert (failed["state"], failed["failure"]) == ("failed", "磁盘已满")
    assert (again.status_code, again.json()["state"], again.json()["id"]) == (202, "queued", job["id"])


def test_an_expired_file_is_gone(picker: Caller, wave: Wave) -> None:
    job = asked(picker, wave).json()
    paper_job_run(job_id=PaperJob.objects.get().pk)
    PaperJob.objects.update(expires_at=clock.now())

    assert problem(picker.get(f"{JOBS}{job['id']}/file/")) == (410, "paper_expired", None)


def test_the_door_of_papers_answers_a_long_one_with_its_job(
    picker: Caller, wave: Wave, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(exports.MOST_AT_ONCE, "csv", 0)

    answers = [picker.get(f"warehouse/waves/{wave.public_id}/papers/sort/", **{"as": "csv"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert PaperJob.objects.get().kind == "sort"
