"""What a 快团团 export means. The totals expected of the sample came with it; they are not this reader's output."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from groupbuy.domain.ktt import DoubtCode, KttError, KttFile, KttSheets, read_ktt
from groupbuy.providers.ktt_file import load_sheets

SAMPLE = Path(__file__).parents[2] / "fixtures" / "kuaituantuan" / "ktt_community_export_clean_110.xlsx"
HEADS = ("跟团号", "商品", "规格", "数量", "商品金额", "订单金额", "收货人", "联系电话", "团员备注")


@pytest.fixture(scope="module")
def sample() -> KttFile:
    return read_ktt(load_sheets(SAMPLE.read_bytes()))


def line(number: object = "1", **cells: object) -> tuple[object, ...]:
    """One row under ``HEADS``: one piece of a ten-yuan melon, unless told otherwise."""
    row = {
        "跟团号": number,
        "商品": "西瓜(一个)",
        "规格": "一个",
        "数量": 1.0,
        "商品金额": 10.0,
        "订单金额": 10.0,
        "收货人": "王小明",
        "联系电话": 13800000000.0,
        "团员备注": "",
        **cells,
    }
    return tuple(row[head] for head in HEADS)


def read(
    *rows: tuple[object, ...],
    merged: Sequence[tuple[int, int, int, int]] = (),
    products: Sequence[Sequence[object]] = (),
    about: Sequence[Sequence[object]] = (),
) -> KttFile:
    return read_ktt(KttSheets(customers=[HEADS, *rows], merged=merged, products=products, about=about))


def codes(file: KttFile) -> list[tuple[int, DoubtCode]]:
    return [(doubt.row, doubt.code) for doubt in file.doubts]


def merged_amounts(first: int, last: int) -> tuple[int, int, int, int]:
    """订单金额 merged over these rows, numbered as the spreadsheet shows them."""
    return (first - 1, 5, last - 1, 5)


class TestSample:
    def test_the_sample_has_its_known_totals(self, sample: KttFile) -> None:
        assert len(sample.orders) == 78
        assert sample.pieces == 110
        assert sample.amount_fen == 864_740
        assert len(sample.blocks) == 75
        assert sum(block.amount_fen for block in sample.blocks) == 864_740

    def test_the_sample_has_its_known_pieces_of_each_product(self, sample: KttFile) -> None:
        assert sample.pieces_by_sku == {
            "冰淇淋黄心西瓜(一箱四个约14斤)": 24,
            "西柚(十个一份)": 20,
            "怡颗梅蓝莓(半箱六盒)": 18,
            "荔枝(每箱四斤)": 16,
            "雪蜜王(一箱七斤)": 9,
            "水仙芒果(12个/箱约九斤)": 8,
            "菲律宾进口香蕉(每箱约28斤)": 6,
            "新鲜蓝莓(约一斤每箱)": 5,
            "新奇士橙(1份十个)": 4,
        }

    def test_every_block_of_the_sample_adds_up_and_kept_its_merges(self, sample: KttFile) -> None:
        assert all(block.adds_up and block.merged for block in sample.blocks)
        assert sum(block.last_row - block.first_row + 1 for block in sample.blocks) == 110

    def test_an_order_whose_lines_are_not_neighbours_is_one_order(self, sample: KttFile) -> None:
        order = next(order for order in sample.orders if order.number == 65)

        assert [line.row for line in order.lines] == [92, 94]
        assert order.amount_fen == 13_100

    def test_every_doubtful_row_of_the_sample_is_listed_once_for_each_reason(self, sample: KttFile) -> None:
        found = codes(sample)

        assert Counter(code for _, code in found) == {
            DoubtCode.PHONE_MADE_UP: 110,
            DoubtCode.RECEIVER_BLANK: 8,
            DoubtCode.TWO_PHONES: 4,
            DoubtCode.ORDERS_SHARE_BLOCK: 3,
            DoubtCode.TWO_RECEIVERS: 2,
            DoubtCode.PRICE_DIFFERS: 1,
        }
        assert [row for row, code in found if code == DoubtCode.TWO_PHONES] == [4, 38, 60, 96]
        assert [row for row, code in found if code == DoubtCode.ORDERS_SHARE_BLOCK] == [50, 92, 101]
        assert [row for row, code in found if code == DoubtCode.PRICE_DIFFERS] == [3]

    def test_a_line_sold_at_another_price_keeps_what_was_paid(self, sample: KttFile) -> None:
        order = next(order for order in sample.orders if order.number == 2)

        assert [(line.price_fen, line.amount_fen) for line in order.lines] == [(48_000, 48_000), (5_990, 5_990)]

    def test_the_leaders_own_columns_are_found_by_their_heads(self, sample: KttFile) -> None:
        order = next(order for order in sample.orders if order.number == 44)

        assert sample.custom_headers == ("房号（如606）", "楼号（如10）", "弄号（如168）")
        assert order.fields == {"房号（如606）": "205号。", "楼号（如10）": "74－205室。", "弄号（如168）": "500弄"}
        assert (order.building, order.room) == ("74-205", "205")

    def test_remarks_lose_the_order_number_before_them(self, sample: KttFile) -> None:
        remarks = {order.number: order.remark for order in sample.orders if order.remark}

        assert remarks == {22: "帮忙送到5-1003", 23: "87-1401", 71: "地址是示例花园500弄47号1301"}

    def test_the_file_tells_its_title_and_when_its_orders_were_placed(self, sample: KttFile) -> None:
        assert sample.title == "大仓购惠民水果100箱起送 已报备资料"
        assert sample.placed_from == datetime(2022, 5, 23, 2, 40, 59, tzinfo=UTC)
        assert sample.placed_until == datetime(2022, 5, 24, 12, 57, 56, tzinfo=UTC)

    def test_no_doubt_repeats_a_phone_or_a_name(self, sample: KttFile) -> None:
        reasons = " ".join(doubt.reason_zh for doubt in sample.doubts)

        assert "测试团员" not in reasons
        assert not any(phone in reasons for order in sample.orders for phone in order.phones)


class TestCells:
    @pytest.mark.parametrize("written", [59.9, 59.900000000000006, "59.90", "¥59.9", "59.9元", "５９．９"])
    def test_an_amount_is_read_to_the_fen_however_it_is_written(self, written: object) -> None:
        assert read(line(商品金额=written, 订单金额=written)).amount_fen == 5_990

    def test_thousands_may_be_grouped(self) -> None:
        assert read(line(商品金额="1,234,567.80", 订单金额="1,234,567.80")).amount_fen == 123_456_780

    @pytest.mark.parametrize(
        "written", ["一", "", None, True, float("nan"), float("inf"), "1e3", "12,34", 10.005, -1, 1e9]
    )
    def test_an_amount_that_is_none_is_refused_with_its_row(self, written: object) -> None:
        with pytest.raises(KttError) as caught:
            read(line(), line(2, 商品金额=written))

        assert caught.value.row == 3
        assert caught.value.reason_zh.startswith("商品金额")

    @pytest.mark.parametrize("written", ["两", "", 0.0, -1.0, 1.5, "1.5", 100_001])
    def test_a_quantity_that_is_none_is_refused_with_its_row(self, written: object) -> None:
        with pytest.raises(KttError, match=r"^第 2 行：数量"):
            read(line(数量=written))

    @pytest.mark.parametrize("written", ["", "A12", 0.0, 1.5, -3.0, "1234567890"])
    def test_an_order_number_that_is_none_is_refused(self, written: object) -> None:
        with pytest.raises(KttError, match=r"^第 2 行：跟团号"):
            read(line(written))

    def test_an_order_number_reads_the_same_as_text_and_as_number(self) -> None:
        file = read(line("22"), line(22.0))

        assert [order.number for order in file.orders] == [22]

    def test_several_pieces_have_the_price_of_one(self) -> None:
        order = read(line(数量=3.0, 商品金额=30.3, 订单金额=30.3)).orders[0]

        assert (order.lines[0].price_fen, order.lines[0].amount_fen, order.pieces) == (1_010, 3_030, 3)

    def test_an_amount_that_no_price_of_one_piece_gives_is_refused(self) -> None:
        with pytest.raises(KttError, match="商品金额除以数量不是整分"):
            read(line(数量=3.0, 商品金额=10.0))

    @pytest.mark.parametrize(
        ("written", "numbers"),
        [
            (13800000000.0, ("13800000000",)),
            ("138 0000 0000", ("13800000000",)),
            ("+86 138-0000-0000", ("13800000000",)),
            ("13800000000/13900000000", ("13800000000", "13900000000")),
            ("13800000000 13900000000", ("13800000000", "13900000000")),
            ("13800000000，13800000000", ("13800000000",)),
            ("", ()),
        ],
    )
    def test_phones_are_read_however_they_are_written(self, written: object, numbers: tuple[str, ...]) -> None:
        assert read(line(联系电话=written)).orders[0].phones == numbers

    def test_control_characters_are_dropped_and_endless_text_is_refused(self) -> None:
        assert read(line(收货人="王\x00小\ud800明")).orders[0].receiver == "王小明"
        with pytest.raises(KttError, match="超过 1000 字"):
            read(line(收货人="王" * 1001))

    def test_the_name_of_a_product_stands_without_its_spec(self) -> None:
        names = [
            read(line(商品=sku)).orders[0].lines[0].name for sku in ("西瓜(一个)", "西瓜（一个）", "西瓜", "(一个)")
        ]

        assert names == ["西瓜", "西瓜", "西瓜", "(一个)"]


class TestLayout:
    def test_heads_are_found_by_name_in_any_order_and_below_a_title(self) -> None:
        rows = [("六月水果团",), (), tuple(reversed(HEADS)), tuple(reversed(line("7")))]

        file = read_ktt(KttSheets(customers=rows, merged=()))

        assert [(order.number, order.amount_fen, order.lines[0].row) for order in file.orders] == [(7, 1_000, 4)]

    def test_missing_heads_are_all_named(self) -> None:
        with pytest.raises(KttError, match="“顾客购买表”缺少表头：跟团号、联系电话"):
            read_ktt(KttSheets(customers=[HEADS[1:7], line()[1:7]], merged=()))

    def test_a_head_that_stands_twice_is_refused(self) -> None:
        with pytest.raises(KttError, match="表头重复：数量"):
            read_ktt(KttSheets(customers=[(*HEADS, "数量"), (*line(), 2)], merged=()))

    def test_a_sheet_without_orders_is_refused(self) -> None:
        with pytest.raises(KttError, match="没有订单"):
            read(("", None, " "))

    def test_the_columns_of_another_leader_need_no_change_here(self) -> None:
        heads = (*HEADS, "几栋（例：3）", "门牌室号", "要不要冰袋")
        file = read_ktt(KttSheets(customers=[heads, (*line(), "3栋", "1204室", "要")], merged=()))

        assert file.orders[0].fields == {"几栋（例：3）": "3栋", "门牌室号": "1204室", "要不要冰袋": "要"}
        assert (file.orders[0].building, file.orders[0].room) == ("3", "1204")

    def test_the_time_of_an_order_is_read_as_shanghais(self) -> None:
        heads, row = (*HEADS, "下单时间"), (*line(), "2022/05/23 10:40:59")

        file = read_ktt(KttSheets(customers=[heads, row], merged=()))

        assert file.orders[0].placed_at == datetime(2022, 5, 23, 2, 40, 59, tzinfo=UTC)
        assert file.custom_headers == ()

    def test_overlapping_merges_are_refused(self) -> None:
        with pytest.raises(KttError, match="合并单元格重叠"):
            read(line(), line(), line(), merged=[merged_amounts(2, 3), merged_amounts(3, 4)])

    def test_an_export_that_lost_its_merges_still_falls_into_blocks(self) -> None:
        file = read(line(1, 订单金额=20.0), line(1, 订单金额=""), line(2))

        assert [(block.first_row, block.last_row) for block in file.blocks] == [(2, 3), (4, 4)]
        assert codes(file) == [(2, DoubtCode.BLOCK_NOT_MERGED)]

    def test_namesakes_stay_two_people(self) -> None:
        file = read(line(1), line(2, 联系电话="13900000000"))

        assert [(order.receiver, order.phones) for order in file.orders] == [
            ("王小明", ("13800000000",)),
            ("王小明", ("13900000000",)),
        ]


class TestBlocksAndDoubts:
    def test_a_plain_order_raises_no_doubt(self) -> None:
        assert read(line()).doubts == ()

    def test_orders_of_one_block_are_split_by_number_with_their_own_remarks(self) -> None:
        remark = "都放门口\n22:要硬的；23：8:30 以后"
        file = read(
            line(22, 订单金额=20.0, 团员备注=remark),
            line(23, 订单金额="", 团员备注=""),
            merged=[merged_amounts(2, 3)],
        )

        assert [(order.number, order.amount_fen) for order in file.orders] == [(22, 1_000), (23, 1_000)]
        assert [order.remark for order in file.orders] == ["都放门口；要硬的", "都放门口；8:30 以后"]
        assert file.blocks[0].order_numbers == (22, 23)
        assert codes(file) == [(2, DoubtCode.ORDERS_SHARE_BLOCK)]

    def test_an_order_in_two_blocks_keeps_all_its_lines(self) -> None:
        file = read(line(1), line(2), line(1))

        assert [(order.number, order.pieces) for order in file.orders] == [(1, 2), (2, 1)]
        assert codes(file) == [(2, DoubtCode.ORDER_IN_BLOCKS)]

    def test_a_block_whose_total_is_not_the_sum_of_its_lines_is_doubtful(self) -> None:
        file = read(line(订单金额=10.01))

        assert codes(file) == [(2, DoubtCode.BLOCK_TOTAL_DIFFERS)]
        assert file.doubts[0].reason_zh == "订单金额 10.01 元与明细合计 10.00 元不同"

    def test_freight_discount_and_refund_are_read_once_for_each_block(self) -> None:
        heads = (*HEADS, "运费", "优惠", "退款金额")
        file = read_ktt(KttSheets(customers=[heads, (*line(订单金额=9.5), 1.5, 2.0, 3.0)], merged=()))
        block = file.blocks[0]

        assert (block.goods_fen, block.freight_fen, block.discount_fen, block.refund_fen) == (1_000, 150, 200, 300)
        assert block.adds_up
        assert codes(file) == [(2, DoubtCode.EXTRA_MONEY), (2, DoubtCode.REFUNDED)]

    @pytest.mark.parametrize(
        ("phone", "code"),
        [
            ("", DoubtCode.PHONE_MISSING),
            ("12012345678", DoubtCode.PHONE_MADE_UP),
            ("021-55551234", DoubtCode.PHONE_NOT_MOBILE),
            ("1380000000", DoubtCode.PHONE_NOT_MOBILE),
            ("13800000000/13900000000", DoubtCode.TWO_PHONES),
        ],
    )
    def test_a_phone_that_cannot_be_relied_on_is_doubtful(self, phone: str, code: DoubtCode) -> None:
        assert codes(read(line(联系电话=phone))) == [(2, code)]

    def test_a_name_is_trimmed_and_a_missing_one_is_doubtful(self) -> None:
        file = read(line(1, 收货人="王小明 "), line(2, 收货人=" "))

        assert [order.receiver for order in file.orders] == ["王小明", ""]
        assert codes(file) == [(2, DoubtCode.RECEIVER_BLANK), (3, DoubtCode.RECEIVER_MISSING)]

    def test_prices_are_compared_with_the_product_sheet_whatever_its_brackets(self) -> None:
        products = [("商品", "规格", "团当前单价"), ("西瓜", "一个", "10.00"), ("荔枝", "", 5.0), ("桃", "", "-")]
        file = read(
            line(1),
            line(2, 商品="西瓜（一个）", 商品金额=9.0, 订单金额=9.0),
            line(3, 商品="梨"),
            products=products,
        )

        assert codes(file) == [(3, DoubtCode.PRICE_DIFFERS), (4, DoubtCode.PRODUCT_UNLISTED)]
