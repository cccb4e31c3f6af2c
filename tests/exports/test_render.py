"""The door to all formats."""

import time

import pytest

from fulfillment.domain.papers import Paper
from fulfillment.exports import CONTENT_TYPES, content_type, file_name
from tests.exports.papers import notes, pick, rendered, sort


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
