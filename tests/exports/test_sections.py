"""What stands on a paper, before any format."""

import pytest

from fulfillment.domain.layouts import LAYOUTS, Cell, PaperKind
from fulfillment.domain.papers import NoteRow, PickRow, RowsOutOfOrder, pick_paper
from tests.exports.papers import HEAD, PICK_ROWS, SORT_ROWS, SortRow, notes, pick, sort


def test_the_fields_of_a_row_are_the_columns_that_carry_a_value() -> None:
    computed = {"sku_total", "running_total", "note_number", "position", "point_code", "point"}
    for kind, row in ((PaperKind.PICK, PickRow), (PaperKind.SORT, SortRow), (PaperKind.NOTE, NoteRow)):
        keys = [column.key for column in LAYOUTS[kind].flat if column.cell is not Cell.TICK]

        wanted = [key for key in keys if key in row._fields or key not in computed]

        assert wanted == list(row._fields)


@pytest.mark.parametrize("kind", PaperKind)
def test_keys_are_unique_and_boxes_for_the_pen_come_last(kind: PaperKind) -> None:
    columns = LAYOUTS[kind].flat
    ticks = [column.cell is Cell.TICK for column in columns]

    assert len({column.key for column in columns}) == len(columns)
    assert ticks == sorted(ticks)
    assert any(ticks) == (kind not in (PaperKind.PURCHASE, PaperKind.LABEL))


def test_pick_rows_are_gathered_by_zone() -> None:
    sections = [(section.group, tuple(section.rows)) for section in pick().sections]

    assert sections == [
        (("ambient",), (PICK_ROWS[0][1:], PICK_ROWS[1][1:])),
        (("frozen",), (PICK_ROWS[2][1:],)),
    ]


def test_a_sort_section_tells_the_total_of_its_sku_and_what_was_put_so_far() -> None:
    rice, apples = sort().sections

    assert rice.group == ("A01-01", "RICE-5", "五常大米", "5kg/袋", 166)
    assert rice.rows == ((1, "HZ0001", "翡翠城东门驿站", 100, 100), (2, "HZ0002", "良渚文化村便利店", 66, 166))
    assert apples.group[-1] == 203


def test_a_note_has_its_facts_in_local_time_and_blanks_for_what_is_not_known() -> None:
    first, _ = notes().sections

    assert first.group == ("DN-1", 1, "HZ0001", "翡翠城东门驿站")
    assert dict(first.facts) == {
        "address": "文一西路998号",
        "leader": "欧阳𬭎玥",
        "phone": "138****1234",
        "stop": "1",
        "expected": "11-23 06:40",
        "crates_out": "3",
        "crates_back": "",
    }
    assert first.qr == "https://group.example.cn/n/1"


def test_a_paper_can_be_gone_through_twice() -> None:
    paper = pick()

    counts = [[len(list(section.rows)) for section in paper.sections] for _ in range(2)]

    assert counts == [[2, 1], [2, 1]]


def test_rows_that_can_be_read_only_once_are_refused() -> None:
    with pytest.raises(TypeError):
        pick_paper(head=HEAD, rows=(row for row in PICK_ROWS))


def test_a_zone_that_comes_back_is_refused_rather_than_summed_in_two_parts() -> None:
    with pytest.raises(RowsOutOfOrder):
        list(pick(rows=(PICK_ROWS[0], PICK_ROWS[2], PICK_ROWS[1])).sections)


def test_a_sku_that_comes_back_is_refused() -> None:
    with pytest.raises(RowsOutOfOrder):
        list(sort(rows=(SORT_ROWS[0], SORT_ROWS[2], SORT_ROWS[1])).sections)
