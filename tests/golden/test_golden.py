"""
The papers of a small wave are what they were, cell by cell; their totals are those worked out by hand.

``pytest tests/golden --renew-golden`` writes the copies anew. ``totals.csv`` is never written: whoever renews the others
works the totals out again by hand, and reads the difference before committing it.
"""

import csv
from io import BytesIO, StringIO
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from fulfillment.domain.layouts import LAYOUTS
from tests.books import assert_books
from tests.golden.files import FOLDER, NAMES, VERSIONS, file, kept, made
from tests.golden.wave import golden_wave

pytestmark = pytest.mark.django_db


def test_every_paper_is_as_it_was(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> None:
    found = made(golden_wave())
    if request.config.getoption("--renew-golden"):
        renew(found)
        with capsys.disabled():
            print(f"\n{len(found)} golden copies written. Check their totals BY HAND against totals.csv.")  # noqa: T201

    for name in NAMES:
        assert found[name].split("\n") == kept(name).split("\n"), name
    assert_books()


def renew(found: dict[str, str]) -> None:
    for name, content in found.items():
        target = FOLDER / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode("utf-8"))


def hand_made() -> list[tuple[str, str, str, int]]:
    """Version, kind, column and sum, as written down in ``totals.csv``."""
    rows = csv.DictReader(StringIO(kept("totals.csv")))
    return [(f"v{row['version']}", row["kind"], row["column"], int(row["total"])) for row in rows]


@pytest.mark.parametrize(("version", "kind", "column", "total"), hand_made())
def test_the_copies_add_up_to_what_was_worked_out_by_hand(version: str, kind: str, column: str, total: int) -> None:
    rows = csv.DictReader(StringIO(kept(f"{version}/{kind}.csv").removeprefix("\ufeff")))

    assert sum(int(row[column] or 0) for row in rows) == total


def test_every_kind_and_version_has_a_total_made_by_hand() -> None:
    assert {(version, kind) for version, kind, _, _ in hand_made()} == {
        (f"v{version}", kind.value) for version in VERSIONS for kind in LAYOUTS
    }


def test_another_reader_finds_the_same_cells() -> None:
    wave = golden_wave()

    for kind in LAYOUTS:
        expected = {(row["sheet"], row["cell"]): row for row in cells_of(f"v2/{kind}.cells.csv")}
        found = read_by_calamine(file(wave, kind, 2, "xlsx"))
        assert found.keys() == expected.keys()
        for place, value in found.items():
            assert same(value, expected[place]), (kind, place, value, expected[place])


def cells_of(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(kept(name))))


def read_by_calamine(book: bytes) -> dict[tuple[str, str], Any]:
    """Values by sheet and place, without the empty ones."""
    opened = CalamineWorkbook.from_filelike(BytesIO(book))
    return {
        (name, f"{chr(ord('A') + column)}{row}"): value
        for name in opened.sheet_names
        for row, values in enumerate(opened.get_sheet_by_name(name).to_python(skip_empty_area=False), 1)
        for column, value in enumerate(values)
        if value != ""
    }


def same(value: Any, expected: dict[str, str]) -> bool:
    return value == float(expected["value"]) if expected["type"] == "n" else str(value) == expected["value"]
