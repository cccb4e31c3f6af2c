"""Papers of a wave as files of the back office, read back with another library."""

import csv
from io import BytesIO, StringIO

import pytest
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook

from fulfillment import exports
from fulfillment.models import PaperJob, Wave
from groupbuy.models import User
from tests import world as build


def paper(kind: str, suffix: str) -> str:
    return reverse("admin:fulfillment_wave_paper", args=[Wave.objects.get().pk, kind, suffix])


# Six pieces were ordered, and one tomato is short; the notes have three and two.
@pytest.mark.parametrize(("kind", "total"), [("pick", 5), ("sort", 5), ("note", 3)])
def test_the_spreadsheet_holds_every_piece(busy: build.World, operator: Client, kind: str, total: int) -> None:
    answer = operator.get(paper(kind, "xlsx"))

    book = CalamineWorkbook.from_filelike(BytesIO(answer.content))
    cells = [cell for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for cell in row]
    assert answer.headers["Content-Disposition"].startswith(f'attachment; filename="{kind}-')
    assert {"番茄", "鲜鸡蛋", "三鲜水饺"} <= set(map(str, cells))
    assert total in cells


@pytest.mark.parametrize("kind", ["pick", "sort", "point", "loading", "note"])
def test_papers_of_goods_have_the_same_total(busy: build.World, operator: Client, kind: str) -> None:
    answer = operator.get(paper(kind, "csv"))

    rows = list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"))))
    assert sum(int(row["quantity"] or 0) for row in rows) == 5


def test_the_pdf_is_one_and_the_same_twice(busy: build.World, operator: Client) -> None:
    first, second = operator.get(paper("pick", "pdf")), operator.get(paper("pick", "pdf"))

    assert first.content.startswith(b"%PDF-")
    assert first.content == second.content


def test_a_long_paper_is_made_by_a_worker(busy: build.World, operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(exports.MOST_AT_ONCE, "xlsx", 0)

    answer = operator.get(paper("sort", "xlsx"))

    job = PaperJob.objects.get()
    assert (job.kind, job.format, job.paper_version) == ("sort", "xlsx", Wave.objects.get().paper_version)
    assert job.asked_by == User.objects.get(username="平台运营")
    assert answer.headers["Location"] == f"/warehouse/jobs/{job.public_id}/"
    assert operator.get(answer.headers["Location"]).status_code == 200


def test_an_unknown_paper_or_format_is_not_found(busy: build.World, operator: Client) -> None:
    wave = Wave.objects.get().pk
    for kind, suffix in (("purse", "xlsx"), ("pick", "docx")):
        assert operator.get(f"/admin/fulfillment/wave/{wave}/paper/{kind}/{suffix}").status_code == 404


def test_papers_are_for_those_who_may_see_the_wave(busy: build.World, clerk: Client, operator: Client) -> None:
    assert operator.get(paper("pick", "csv")).status_code == 200
    assert clerk.get(paper("pick", "csv")).status_code == 404
    assert Client().get(paper("pick", "csv")).status_code == 302


def test_the_pickup_code_is_shown_only_with_the_right_to_it(busy: build.World, boss: Client, finance: Client) -> None:
    from fulfillment.models import Pickup

    pickup = Pickup.objects.get(shopper=busy.shopper)
    url = reverse("admin:fulfillment_pickup_change", args=[pickup.pk])

    assert pickup.code in boss.get(url).content.decode()
    assert finance.get(url).status_code == 403
