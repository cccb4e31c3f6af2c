"""Papers as PDF, read back by another engine."""

import re

import pypdfium2
import pytest

from fulfillment.domain.papers import Change, Paper, PickRow
from fulfillment.exports.codes import barcode_svg, qr_svg
from tests.exports.papers import (
    PICK_ROWS,
    hostile_notes,
    hostile_pick,
    hostile_sort,
    notes,
    pick,
    rendered,
    sort,
)


def pages(paper: Paper, lang: str = "zh") -> list[str]:
    """The text of each page without line ends."""
    with pypdfium2.PdfDocument(rendered(paper, "pdf", lang)) as document:
        return [re.sub(r"\s+", " ", document[n].get_textpage().get_text_range()) for n in range(len(document))]


def test_a_pick_list_shows_wave_version_zones_demand_and_exact_sums() -> None:
    (text,) = pages(pick())

    for words in (
        "拣货单",
        "波次 7",
        "版本 v2",
        "余杭中心仓",
        "2026-11-23",
        "出单时间 2026-11-22 23:04",
        "第 1 / 1 页",
    ):
        assert words in text
    assert re.search(r"A01-01 06901234567892 五常大米 RICE-5 5kg/袋 166 袋 6 27 4", text)
    assert re.search(r"常温 小计 369 27 207 冷冻", text)
    assert re.search(r"冷冻 小计 15 3 3 合计", text)
    assert re.search(r"合计 3 行 需求 384 整箱 30 零头 210", text)


def test_pages_are_a4_and_the_pick_list_lies() -> None:
    for paper, size in ((pick(), (842, 595)), (sort(), (595, 842)), (notes(), (595, 842))):
        with pypdfium2.PdfDocument(rendered(paper, "pdf")) as document:
            assert tuple(round(side) for side in document[0].get_size()) == size


def test_it_speaks_english_when_asked() -> None:
    (text,) = pages(pick(), "en")

    for words in ("Pick list", "Wave 7", "Ambient Subtotal 369", "Frozen", "Issued 2026-11-22 23:04", "Page 1 / 1"):
        assert words in text


def test_every_page_repeats_the_heads_and_the_zone() -> None:
    rows = tuple(PICK_ROWS[0]._replace(bin=f"A{n:03d}", sku=f"S{n}") for n in range(30))

    texts = pages(pick(rows=rows))

    assert len(texts) == 3
    for number, text in enumerate(texts[:2], 1):
        assert "常温 货位 商品条码" in text
        assert f"第 {number} / 3 页" in text


def test_a_sort_list_shows_position_quantity_running_total_and_sku_total() -> None:
    (text,) = pages(sort())

    assert re.search(r"A01-01 五常大米 RICE-5 5kg/袋 商品合计 ?166", text)
    assert re.search(r"2 良渚文化村便利店 HZ0002 66 166", text)
    assert re.search(r"合计 3 行 数量 369", text)


def test_each_note_counts_its_own_pages_and_is_signed_on_the_last() -> None:
    texts = pages(notes())

    assert len(texts) == 3
    assert [re.findall(r"第 \d / \d 页", text) for text in texts] == [["第 1 / 1 页"], ["第 1 / 2 页"], ["第 2 / 2 页"]]
    assert ["司机 签字" in text for text in texts] == [True, False, True]
    assert all(words in texts[0] for words in ("翡翠城东门驿站", "欧阳𬭎玥", "138****1234", "11-23 06:40", "扫码签收"))
    assert re.search(r"合计 6 仓库", texts[0])
    assert re.search(r"合计 820 仓库", texts[2])
    assert "DN-2 2 良渚文化村便利店" in texts[2]


def test_differences_from_the_last_version_come_first() -> None:
    (text,) = pages(pick(changes=(Change("翡翠城东门驿站", "RICE-5", "五常大米", 170, 166),)))

    assert "与上一版的差异 v2 1 行 自提点 品名 原 现 翡翠城东门驿站 五常大米 RICE-5 170 → 166" in text
    assert text.index("→ 166") < text.index("常温")


@pytest.mark.parametrize("paper", [hostile_pick(), hostile_sort(), hostile_notes()], ids=["pick", "sort", "note"])
def test_markup_in_a_name_is_printed_and_never_run(paper: Paper) -> None:
    text = " ".join(pages(paper))

    assert "root:" not in text
    for words in ('#read("/etc/passwd")', "*粗* _斜_ $x$ @ref <label>", "#{panic()}", "=1+1", "控制", "孤儿"):
        assert words in text.replace("\u200b", "")


def test_a_paper_without_rows_is_one_page_with_a_total_of_nothing() -> None:
    (text,) = pages(pick(rows=()))

    assert "本波次没有要处理的商品。" in text
    assert "合计 0 行 需求 0 整箱 0 零头 0" in text


def test_a_barcode_that_no_scanner_would_read_is_left_to_its_digits() -> None:
    assert barcode_svg("6901234567892").startswith('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 123 1"')
    assert [barcode_svg(code) for code in ("", "条码", "a" * 20, "1" * 40_000, "a\x00b")] == [""] * 5


def test_a_short_address_still_makes_a_full_qr_code() -> None:
    assert 'viewBox="0 0 21 21"' in qr_svg("1")


def test_a_row_is_not_torn_over_two_pages() -> None:
    tall = PickRow("ambient", "A01", "6901234567892", "S", "大米" * 50, "5kg", 1, "袋", 1, 0, 1)

    texts = pages(pick(rows=(tall,) * 12))

    assert [text.count("6901234567892") for text in texts] == [text.count("大") / 50 for text in texts]
