"""The door to all formats."""

import time
from collections.abc import Iterator

import pytest

from fulfillment.domain.papers import Paper, PickRow, pick_paper
from fulfillment.exports import CONTENT_TYPES, MOST_AT_ONCE, content_type, file_name, is_long
from tests.exports.papers import HEAD, PICK_ROWS, notes, pick, rendered, sort


def test_the_same_paper_gives_the_same_bytes_whenever_it_is_printed() -> None:
    papers = (pick(), sort(), notes())
    first = [rendered(paper, wanted) for paper in papers for wanted in CONTENT_TYPES]

    time.sleep(2.1)  # a ZIP file counts time in steps of two seconds

    assert [rendered(paper, wanted) for paper in papers for wanted in CONTENT_TYPES] == first


@pytest.mark.parametrize(
    ("paper", "name"),
    [
        (pick(), "pick-2026-11-23-7-v2.pdf"),
        (sort(), "sort-2026-11-23-7-v2.pdf"),
        (notes(), "note-2026-11-23-7-v2.pdf"),
    ],
)
def test_a_file_name_tells_the_paper(paper: Paper, name: str) -> None:
    assert file_name(paper, "pdf") == name


def test_content_types_are_those_of_the_formats() -> None:
    assert content_type("csv") == "text/csv; charset=utf-8"
    assert content_type("pdf") == "application/pdf"


class Rows:
    """So many rows, one at a time; counts how many were read."""

    def __init__(self, number: int) -> None:
        self.number, self.read = number, 0

    def __iter__(self) -> Iterator[PickRow]:
        for n in range(self.number):
            self.read += 1
            yield PICK_ROWS[0]._replace(sku=f"S{n}")


def test_a_paper_is_long_with_one_row_more_than_a_request_may_wait_for_and_nothing_is_read_beyond() -> None:
    most = MOST_AT_ONCE["pdf"]
    many = Rows(10 * most)

    assert is_long(pick_paper(head=HEAD, rows=many), "pdf")
    assert many.read == most + 1
    assert is_long(pick_paper(head=HEAD, rows=Rows(most + 1)), "pdf")
    assert not is_long(pick_paper(head=HEAD, rows=Rows(most)), "pdf")
