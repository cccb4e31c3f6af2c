"""How goods are packed into bags, and in which order one walks through the buildings."""

from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.bags import PIECES_PER_BAG, Good, Household, by_room, items, short_wording, wording
from groupbuy.domain.words import Zone


def household(*goods: Good, room: str = "", tail: str = "000") -> Household:
    return Household("a" * 32, tail, "林**", "138****0001", room, goods)


RICE = Good(Zone.AMBIENT, "RICE", "大米", 3)
EGGS = Good(Zone.AMBIENT, "EGGS", "鸡蛋", 1)
BALLS = Good(Zone.FROZEN, "BALLS", "肉丸", 2)


def test_cold_and_warm_goods_never_share_a_bag() -> None:
    bags = household(RICE, EGGS, BALLS).bags

    assert [(bag.zone, bag.goods, bag.pieces) for bag in bags] == [
        (Zone.AMBIENT, (RICE, EGGS), 4),
        (Zone.FROZEN, (BALLS,), 2),
    ]


def test_a_full_bag_goes_on_in_the_next() -> None:
    bags = household(RICE._replace(quantity=45), EGGS).bags

    assert [[(good.sku, good.quantity) for good in bag.goods] for bag in bags] == [
        [("RICE", 20)],
        [("RICE", 20)],
        [("RICE", 5), ("EGGS", 1)],
    ]


@given(
    st.lists(
        st.builds(Good, st.sampled_from(Zone), st.sampled_from("ABCDE"), st.just("品"), st.integers(1, 99)), max_size=9
    ).map(lambda goods: sorted(goods, key=lambda good: list(Zone).index(Zone(good.zone))))
)
def test_no_piece_is_lost_and_no_bag_is_mixed_empty_or_too_full(goods: list[Good]) -> None:
    one = household(*goods)

    for sku in "ABCDE":
        packed = sum(good.quantity for bag in one.bags for good in bag.goods if good.sku == sku)
        assert packed == sum(good.quantity for good in goods if good.sku == sku)
    assert all(1 <= bag.pieces <= PIECES_PER_BAG for bag in one.bags)
    assert all({good.zone for good in bag.goods} == {bag.zone} for bag in one.bags)


def test_one_walks_through_the_buildings_by_number_and_asks_for_the_rest_at_the_end() -> None:
    rooms = ["", "10-1-101", "2-1-1002", "2-1-301", "2号楼", "东区1栋"]

    walked = by_room(household(room=room) for room in rooms)

    assert [each.room for each in walked] == ["2-1-301", "2-1-1002", "2号楼", "10-1-101", "东区1栋", ""]


def test_two_of_one_room_follow_by_code() -> None:
    walked = by_room([household(room="1", tail="042"), household(room="1", tail="007")])

    assert [each.code_tail for each in walked] == ["007", "042"]


def test_a_label_names_the_first_goods_and_counts_the_others() -> None:
    goods = [RICE, EGGS, BALLS]
    long = Good(Zone.AMBIENT, "APPLE", "昭通高原丑苹果礼盒装附赠品", 1)

    assert wording(goods) == "大米 ×3；鸡蛋 ×1；肉丸 ×2"
    assert short_wording(goods) == wording(goods)
    assert short_wording([long, *goods, RICE, EGGS]) == "昭通高原丑苹果礼盒装… ×1；大米 ×3；鸡蛋 ×1；肉丸 ×2 …+2"
    assert items(goods) == "RICE*3;EGGS*1;BALLS*2"
