"""Point lists, household lists, labels, weight checks and loading lists as files."""

import csv
import re
from io import BytesIO, StringIO
from typing import Any

import pypdfium2
import pytest
from python_calamine import CalamineWorkbook

from fulfillment.domain.papers import CheckRow, Load, LoadGood, LoadStop, Paper, ShopperRow
from tests.exports.papers import HOSTILE, bags, check, labels, loading, point, rendered


def read(paper: Paper) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(rendered(paper, "csv").decode("utf-8-sig"), newline="")))


def pages(paper: Paper, lang: str = "zh") -> list[str]:
    with pypdfium2.PdfDocument(rendered(paper, "pdf", lang)) as document:
        return [re.sub(r"\s+", " ", document[n].get_textpage().get_text_range()) for n in range(len(document))]


def cells(paper: Paper) -> list[list[Any]]:
    book = CalamineWorkbook.from_filelike(BytesIO(rendered(paper, "xlsx")))
    return book.get_sheet_by_index(0).to_python(skip_empty_area=False)


def test_a_household_is_one_row_in_the_order_of_a_walk_with_its_lines_pieces_and_bags() -> None:
    rows = read(bags())

    assert list(rows[0]) == [
        *("position", "point_code", "point", "households", "room", "code_tail", "receiver", "phone"),
        *("goods", "items", "lines", "pieces", "bags", "done"),
    ]
    assert [
        tuple(row[key] for key in ("position", "households", "room", "items", "lines", "pieces", "bags"))
        for row in rows
    ] == [
        ("1", "2", "2-1-301", "RICE-5*45", "1", "45", "3"),
        ("1", "2", "10-1-101", "RICE-5*3;APPLE*1;BALLS*2", "3", "6", "2"),
        ("12", "1", "", "BALLS*1", "1", "1", "1"),
    ]


def test_labels_are_the_crates_and_then_the_bags_numbered_within_each() -> None:
    rows = read(labels())

    assert [
        tuple(row[key] for key in ("position", "label", "room", "zone", "items", "pieces", "n", "of")) for row in rows
    ] == [
        ("1", "crate", "", "", "", "", "1", "2"),
        ("1", "crate", "", "", "", "", "2", "2"),
        ("1", "bag", "2-1-301", "ambient", "RICE-5*20", "20", "1", "3"),
        ("1", "bag", "2-1-301", "ambient", "RICE-5*20", "20", "2", "3"),
        ("1", "bag", "2-1-301", "ambient", "RICE-5*5", "5", "3", "3"),
        ("1", "bag", "10-1-101", "ambient", "RICE-5*3;APPLE*1", "4", "1", "2"),
        ("1", "bag", "10-1-101", "frozen", "BALLS*2", "2", "2", "2"),
        ("12", "crate", "", "", "", "", "1", "1"),
        ("12", "bag", "", "frozen", "BALLS*1", "1", "1", "1"),
    ]
    assert len({row["number"] for row in rows}) == 9
    assert rows[0]["number"] == f"crate:{'5' * 32}:1:v2"
    assert rows[2]["number"] == f"bag:{'b' * 32}:1:v2"


def test_a_label_page_has_twenty_one_and_shows_room_name_tail_goods_and_count() -> None:
    (text,) = pages(labels())
    many = ShopperRow(
        1, "HZ1", "点", "一号线", 1, 0, "5" * 32, "a", "678", "李**", "", "1-1", "chilled", "MILK", "奶", 430
    )

    assert "2-1-301 1/3 王** 尾号 042 常温 五常大米 ×20 1 7 v2 翡翠城东门驿站 20 件" in text
    assert "郭* 1/1 郭* 尾号 911 冷冻 撒尿肉丸 ×1 12 7 v2 良渚文化村便利店 1 件" in text
    assert "标签 7 v2 出单时间 2026-11-22 23:04 第 1 / 1 页" in text
    assert [len(re.findall("尾号", page)) for page in pages(labels(rows=(many,)))] == [21, 1]


def test_each_point_has_a_household_list_with_pages_of_its_own() -> None:
    texts = pages(bags())

    assert len(texts) == 2
    assert all("第 1 / 1 页" in text for text in texts)
    assert "2-1-301 042 王** 139****8888 五常大米 ×45 1 45 3 10-1-101 678 李** 138****1234" in texts[0]
    assert "五常大米 ×3；昭通丑苹果 ×1；撒尿肉丸 ×2 3 6 2 合计 51 5" in texts[0].replace(" ；", "；").replace(
        "撒尿 ", "撒尿"
    )
    assert "RICE-5*45" not in texts[0]


def test_a_weight_check_shows_the_difference_or_leaves_a_box() -> None:
    rows = read(check())
    (text,) = pages(check())

    assert [
        tuple(row[key] for key in ("sku", "base_unit", "position", "nominal", "real", "difference", "refund_fen"))
        for row in rows
    ] == [
        ("PORK", "g", "1", "1500", "1430", "-70", "412"),
        ("PORK", "g", "2", "1000", "", "", ""),
        ("CRAB", "piece", "1", "8", "8", "0", "0"),
    ]
    assert "1 翡翠城东门驿站 HZ0001 3 1500 1430 -70 4.12" in text
    assert "合计 3 行 数量 6 退差 元 4.12" in text
    assert cells(check())[3][9:14] == [3.0, 1500.0, 1430.0, -70.0, 4.12]
    assert cells(check())[-1][13] == 4.12


def test_a_wave_without_weighed_goods_says_so_on_its_weight_check() -> None:
    (text,) = pages(check(rows=()))

    assert "本波次没有称重商品。" in text
    assert "签字" not in text


def test_a_loading_list_begins_with_the_last_stop_and_sums_each_part_by_itself() -> None:
    rows = read(loading())

    assert [
        tuple(row[key] for key in ("route_number", "part", "load_order", "stop", "crates", "weight_g", "pieces"))
        for row in rows
        if row["part"] == "stops"
    ] == [
        ("1", "stops", "1", "2", "14", "837500", "269"),
        ("1", "stops", "2", "1", "6", "537449", "115"),
        ("2", "stops", "1", "1", "1", "50", "1"),
    ]
    assert [(row["sku"], row["quantity"]) for row in rows if row["part"] == "goods"] == [
        *(("RICE-5", "166"), ("APPLE", "203"), ("BALLS", "15"), ("EGGS", "1")),
    ]
    assert sum(int(row["pieces"] or 0) for row in rows) == sum(int(row["quantity"] or 0) for row in rows) == 385


def test_each_route_is_loaded_from_a_paper_of_its_own() -> None:
    first, second = pages(loading())

    assert "1 一号线 站 2 周转箱 20 重量 kg 1374.9 件数 384" in first
    assert "车牌 浙A·12345 司机 老周 车厢温度 ℃" in first
    assert "小计 20 1374.9 384" in first
    assert "小计 384 仓库 签字" in first
    assert "2 散点 站 1 周转箱 1 重量 kg 0.1 件数 1" in second
    assert all("第 1 / 1 页" in text for text in (first, second))


def test_a_spreadsheet_of_loads_has_kilograms_and_leaves_the_columns_of_the_other_part_empty() -> None:
    rows = cells(loading())
    heads = rows[2]

    kilograms, quantity = heads.index("重量 kg"), heads.index("数量")
    assert [row[kilograms] for row in rows[3:5]] == [837.5, 537.449]
    assert [row[quantity] for row in rows[3:6]] == ["", "", 166.0]
    sums = {row[0]: (row[kilograms], row[quantity]) for row in rows[9:]}
    assert sums["小计 1 一号线 按站点"] == (1374.949, "")
    assert sums["小计 1 一号线 按商品"] == ("", 384.0)
    assert sums["合计"] == (1374.999, 385.0)


def test_a_point_list_shows_the_position_the_crates_and_the_total_of_each_point() -> None:
    (text,) = pages(point())

    assert "1 翡翠城东门驿站 一号线 站序 1 HZ0001 115 件 周转箱 6" in text
    assert "常温 A01-01 五常大米 RICE-5 5kg/袋 袋 100" in text
    assert "合计 3 行 数量 181" in text


def hostile() -> tuple[Paper, ...]:
    shoppers = tuple(
        ShopperRow(1, text, text, text, 1, 1, "5" * 32, f"{n:032x}", text, text, text, text, "frozen", text, text, n)
        for n, text in enumerate(HOSTILE, 1)
    )
    point_of = shoppers[0][:7]
    together = tuple(ShopperRow._make((*point_of, *row[7:])) for row in shoppers)
    loads = tuple(
        Load(
            n,
            text,
            text,
            text,
            (LoadStop(1, 1, n, text, text, text, 1, 1, n),),
            (LoadGood(text, text, text, text, text, n),),
        )
        for n, text in enumerate(HOSTILE, 1)
    )
    weighed = tuple(
        CheckRow(text, text, text, text, text, 1, n, text, text, n, None, None) for n, text in enumerate(HOSTILE, 1)
    )
    return bags(rows=together), labels(rows=together), check(rows=weighed), loading(loads=loads)


@pytest.mark.parametrize("paper", hostile(), ids=["bag", "label", "check", "loading"])
def test_markup_in_a_name_is_printed_and_never_run_nor_a_formula(paper: Paper) -> None:
    text = " ".join(pages(paper)).replace("\u200b", "")

    assert "root:" not in text
    assert "#{panic()}" in text
    texts = [value for row in read(paper) for value in row.values()]
    assert not [value for value in texts if re.match(r"\s*[=+@＝＋－＠]|\s*-(?![0-9]+$)", value)]


@pytest.mark.parametrize("paper", [bags(rows=()), labels(rows=()), loading(loads=())], ids=["bag", "label", "loading"])
def test_an_empty_paper_is_one_page_that_says_so(paper: Paper) -> None:
    (text,) = pages(paper)

    assert "本波次没有要处理的商品。" in text
