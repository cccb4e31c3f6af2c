"""Papers from the shell."""

import csv
import io
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from fulfillment import exports
from fulfillment.models import Wave
from fulfillment.services.waves import wave_build
from tests.world import close_and_freeze, place_and_pay, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def wave() -> Wave:
    w = world()
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 7, w.eggs: 1})
    place_and_pay(shopper=w.neighbour, group=w.other_group, quantities={w.tomato: 2})
    close_and_freeze(campaign=w.campaign)
    built = wave_build(warehouse_id=w.warehouse.pk, delivery_date=w.campaign.delivery_date)
    assert built is not None
    return built


def export(*args: str) -> str:
    out = io.StringIO()
    call_command("export_paper", *args, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("kind", "column"),
    [
        *(("pick", "quantity"), ("sort", "quantity"), ("point", "quantity"), ("note", "quantity")),
        *(("bag", "pieces"), ("label", "pieces"), ("loading", "pieces"), ("loading", "quantity")),
    ],
)
def test_every_paper_of_a_wave_has_the_same_total(wave: Wave, kind: str, column: str, tmp_path: Path) -> None:
    file = tmp_path / "paper.csv"

    export(kind, "--wave", str(wave.public_id), "--format", "csv", "--out", str(file))

    with file.open(encoding="utf-8-sig", newline="") as rows:
        assert sum(int(row[column] or 0) for row in csv.DictReader(rows)) == 10


@pytest.mark.parametrize(("form", "start"), [("xlsx", b"PK\x03\x04"), ("pdf", b"%PDF-")])
def test_the_printed_forms_are_what_they_are_called(wave: Wave, form: str, start: bytes, tmp_path: Path) -> None:
    file = tmp_path / "paper"

    said = export("pick", "--wave", "latest", "--format", form, "--out", str(file), "--lang", "en")

    assert file.read_bytes().startswith(start)
    assert said.startswith(f"{file}: Pick list WH1-")


def test_a_long_paper_says_how_far_it_is(wave: Wave, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(exports.MOST_AT_ONCE, "csv", 1)
    said = io.StringIO()

    args = ("sort", "--wave", "latest", "--format", "csv", "--out", str(tmp_path / "paper"))
    call_command("export_paper", *args, stdout=io.StringIO(), stderr=said)

    assert said.getvalue() == "100 % · 3 / 3 行 / rows\n"


def test_a_dash_writes_to_standard_output(wave: Wave, monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(buffer))

    said = export("pick", "--wave", "latest", "--format", "csv", "--out", "-")

    assert buffer.getvalue().decode("utf-8-sig").startswith("zone,bin,barcode,sku,")
    assert said == ""


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--wave", "nothing"), "nothing 不是波次 ID"),
        (("--wave", "0190f0e0-0000-7000-8000-000000000000"), "there is no such wave: 0190f0e0"),
        (("--wave", "latest", "--paper-version", "2"), "没有这个版本"),
        (("--wave", "latest", "--paper-version", "0"), "没有这个版本"),
    ],
)
def test_what_does_not_exist_is_said_in_one_sentence(
    wave: Wave, args: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    file = tmp_path / "paper.csv"

    with pytest.raises(CommandError, match=message) as error:
        export("pick", *args, "--format", "csv", "--out", str(file))

    assert error.value.returncode == 1
    assert not file.exists()


def test_no_wave_at_all_is_said_too() -> None:
    with pytest.raises(CommandError, match="there is no such wave: latest"):
        export("pick", "--wave", "latest", "--format", "csv", "--out", "-")


def test_an_unknown_kind_lists_the_known_ones(wave: Wave) -> None:
    with pytest.raises(
        CommandError, match=r"choose from '?purchase'?, '?pick'?, '?sort'?, '?grid'?, '?check'?, '?point'?, "
    ):
        export("purse", "--wave", "latest", "--format", "csv", "--out", "-")


def test_a_folder_that_is_not_there_is_named(wave: Wave, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file or directory"):
        export("pick", "--wave", "latest", "--format", "csv", "--out", str(tmp_path / "none" / "paper.csv"))
