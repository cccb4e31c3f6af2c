"""Papers as CSV, read back by the standard library."""

import csv
import tracemalloc
from collections.abc import Iterator
from io import BytesIO, StringIO

from fulfillment.domain.papers import Paper
from fulfillment.exports import render
from tests.exports.papers import (
    HEAD,
    SortRow,
    hostile_notes,
    hostile_pick,
    hostile_sort,
    notes,
    pick,
    rendered,
    sort,
    sort_paper,
)


def read(paper: Paper) -> list[list[str]]:
    return list(csv.reader(StringIO(rendered(paper, "csv").decode("utf-8-sig"), newline="")))


def test_a_pick_list_has_english_heads_codes_and_plain_numbers() -> None:
    heads, first, *others = read(pick())

    assert heads == [
        *("zone", "bin", "barcode", "sku", "name", "spec", "quantity", "unit"),
        *("case_size", "cases", "pieces", "picked", "short"),
    ]
    assert first == [
        *("ambient", "A01-01", "06901234567892", "RICE-5", "五常大米", "5kg/袋", "166", "袋"),
        *("6", "27", "4", "", ""),
    ]
    assert len(others) == 2


def test_a_sort_list_has_its_sku_and_its_position_in_every_row() -> None:
    heads, first, second, _ = read(sort())

    assert heads == [
        *("bin", "sku", "name", "spec", "sku_total"),
        *("position", "point_code", "point", "quantity", "running_total", "done"),
    ]
    assert first[4:] == ["166", "1", "HZ0001", "翡翠城东门驿站", "100", "100", ""]
    assert second[4:] == ["166", "2", "HZ0002", "良渚文化村便利店", "66", "166", ""]


def test_notes_repeat_number_position_and_point_and_add_no_sums() -> None:
    heads, *rows = read(notes())

    assert heads[:5] == ["note_number", "position", "point_code", "point", "sku"]
    assert rows[0] == ["DN-1", "1", "HZ0001", "翡翠城东门驿站", "SKU-1", "内酯豆腐", "350g/盒", "盒", "1", ""]
    assert len(rows) == 43
    assert sum(int(row[heads.index("quantity")]) for row in rows) == 6 + 820


def test_it_begins_with_the_mark_by_which_spreadsheets_know_utf_8() -> None:
    assert rendered(pick(), "csv").startswith(b"\xef\xbb\xbfzone,")


def test_no_text_begins_like_a_formula_and_no_row_is_lost() -> None:
    for paper in (hostile_pick(), hostile_sort(), hostile_notes()):
        heads, *rows = read(paper)

        assert len(rows) == 25
        assert {len(row) for row in rows} == {len(heads)}
        texts = [text for row in rows for text in row]
        assert not [text for text in texts if text.lstrip()[:1] in {*"=+-@＝＋－＠"} - {""}]
        assert "'=1+1" in texts
        assert "' =1" in texts
        assert "'＝1+1" in texts
        assert "孤儿" in texts
        assert "控制" in texts


class ManyRows:
    """30,000 rows that exist one at a time, and can be read again."""

    def __iter__(self) -> Iterator[SortRow]:
        for sku in range(300):
            for position in range(100):
                yield SortRow("A01", f"SKU-{sku}", "大米", "5kg", position, f"HZ{position}", "翡翠城", 1)


class Sink(BytesIO):
    """Counts and forgets."""

    size = 0

    def write(self, data: object) -> int:
        length = len(data)  # type: ignore[arg-type]
        self.size += length
        return length


def test_memory_does_not_grow_with_the_rows() -> None:
    sink = Sink()

    tracemalloc.start()
    render(sort_paper(head=HEAD, rows=ManyRows()), format="csv", out=sink)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert sink.size > 1_000_000
    assert peak < 600_000
    assert not sink.closed
