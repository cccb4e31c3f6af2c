"""Discounts in the shop: the banner, claiming, the confirmation explained line by line, one's own coupons."""

import datetime as dt
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from django.test import Client

from groupbuy.kernel import clock
from groupbuy.models import Coupon, Order
from tests.promotions import claimed, coupon_kind, newcomer_price, spend_and_save
from tests.web.reading import hidden, words

if TYPE_CHECKING:
    from tests.world import World


def shelf_of(world: "World") -> str:
    return f"/g/{world.share_code.code}/"


def cart(world: "World", tomatoes: int) -> dict[str, str]:
    return {"group": str(world.group.public_id), f"q-{world.tomato.public_id}": str(tomatoes)}


def confirmation(client: Client, world: "World", tomatoes: int, **more: str) -> Any:
    return client.get(f"{shelf_of(world)}confirm/", cart(world, tomatoes) | more)


def sent(client: Client, world: "World", page: Any, tomatoes: int) -> Any:
    form = {"name": "林小满", "room": "", "remark": ""}
    shown = {name: hidden(page, name) for name in ("key", "expected_fen", "coupon")}
    return client.post(f"{shelf_of(world)}confirm/", cart(world, tomatoes) | form | shown)


def test_the_shelf_shows_promotions_newcomer_prices_and_what_can_be_claimed(world: "World", visitor: Client) -> None:
    spend_and_save(2000, 300, campaign=world.campaign, name="周末满减")
    newcomer_price(world.tomato, 99)
    coupon_kind(150, 1000, group=world.group)
    coupon_kind(77, group=world.other_group)
    coupon_kind(66, claim_starts_at=clock.now() + dt.timedelta(hours=1))

    text = words(visitor.get(shelf_of(world)))

    assert "周末满减 满 20 元减 3 元" in text
    assert "新人价 ¥0.99（限 1 件）" in text
    assert "150 分券 团专享 满 10 元减 1.5 元 领取" in text
    assert "77 分券" not in text
    assert "66 分券" not in text


def test_a_coupon_is_claimed_on_the_shelf_and_is_then_not_offered_again(world: "World", shopper: Client) -> None:
    kind = coupon_kind(150, group=world.group)
    form = {"group": str(world.group.public_id), "kind": str(kind.public_id)}

    back = shopper.post(f"{shelf_of(world)}claim/", form, follow=True)
    again = shopper.post(f"{shelf_of(world)}claim/", form, follow=True)

    assert "已领取“150 分券”，下单时自动使用。" in words(back)
    assert "领取 " not in words(back).partition("下单时自动使用。")[2]
    assert "已达到每人限领数量。" in words(again)
    assert Coupon.objects.get().shopper == world.shopper


def test_another_groups_coupon_cannot_be_claimed_here(world: "World", shopper: Client) -> None:
    kind = coupon_kind(150, group=world.other_group)

    for group in (world.group, world.other_group):
        shopper.post(f"{shelf_of(world)}claim/", {"group": str(group.public_id), "kind": str(kind.public_id)})

    assert not Coupon.objects.exists()


def test_claiming_keeps_what_is_in_the_cart_and_nothing_else_of_the_address(world: "World", shopper: Client) -> None:
    kind = coupon_kind(150, group=world.group)
    tomatoes = f"q-{world.tomato.public_id}=3"
    form = {"group": str(world.group.public_id), "kind": str(kind.public_id), "cart": f"{tomatoes}&next=//evil&x=1"}

    answer = shopper.post(f"{shelf_of(world)}claim/", form)

    assert answer.headers["Location"] == f"{shelf_of(world)}?group={world.group.public_id}&{tomatoes}"
    assert Coupon.objects.count() == 1


def test_a_visitor_who_claims_comes_back_to_the_shelf_after_the_log_in(world: "World", visitor: Client) -> None:
    kind = coupon_kind(150, group=world.group)
    tomatoes = f"q-{world.tomato.public_id}=3"
    form = {"group": str(world.group.public_id), "kind": str(kind.public_id), "cart": tomatoes}

    answer = visitor.post(f"{shelf_of(world)}claim/", form)

    path, _, query = answer.headers["Location"].partition("?")
    assert path == "/g/login/"
    assert parse_qs(query)["next"] == [f"{shelf_of(world)}?group={world.group.public_id}&{tomatoes}"]
    assert not Coupon.objects.exists()


def test_the_confirmation_explains_the_discounts_and_places_at_that_price(world: "World", shopper: Client) -> None:
    spend_and_save(1000, 200, name="满减")
    spend_and_save(2000, 900, name="大满减")
    claimed(coupon_kind(100, 500), world.shopper)
    claimed(coupon_kind(300, 5000), world.shopper)

    page = confirmation(shopper, world, 3)  # 1197 - 200 - 100
    text = words(page)
    order_page = shopper.get(sent(shopper, world, page, 3).headers["Location"])

    assert "满减 −¥2.00" in text
    assert "100 分券 不使用 −¥1.00" in text
    assert "大满减 再买 8.03 元可减 9 元" in text
    assert "300 分券 · 还差 40.03 元可用" in text
    assert "已优惠 ¥3.00" in text
    assert Order.objects.get().total_fen == 897
    assert "满减 −¥2.00 100 分券 −¥1.00 应付" in words(order_page)


def test_the_shopper_chooses_another_coupon_or_none(world: "World", shopper: Client) -> None:
    small = claimed(coupon_kind(50), world.shopper)
    claimed(coupon_kind(100), world.shopper)

    none = confirmation(shopper, world, 1, coupon="none")
    other = confirmation(shopper, world, 1, coupon=str(small.public_id))
    sent(shopper, world, none, 1)
    sent(shopper, world, other, 1)

    assert "恢复自动选最优惠的" in words(none)
    assert list(Order.objects.order_by("pk").values_list("discount_fen", flat=True)) == [0, 50]


def test_another_choice_keeps_what_was_typed_and_places_nothing(world: "World", shopper: Client) -> None:
    small = claimed(coupon_kind(50), world.shopper)
    claimed(coupon_kind(100), world.shopper)
    where, typed = f"{shelf_of(world)}confirm/", {"name": "林外婆", "room": "9-9-909", "remark": "放门口"}
    page = confirmation(shopper, world, 1)
    form = cart(world, 1) | typed | {name: hidden(page, name) for name in ("key", "expected_fen", "coupon")}

    none = shopper.post(where, form | {"choose": "none"})
    other = shopper.post(where, form | {"choose": str(small.public_id)})
    again = shopper.post(where, form | {"coupon": "none", "choose": ""})

    assert not Order.objects.exists()
    assert [hidden(page, "expected_fen") for page in (none, other, again)] == ["399", "349", "299"]
    assert [hidden(page, "coupon") for page in (none, other, again)] == ["none", str(small.public_id), ""]
    for page in (none, other, again):
        text = page.content.decode()
        assert all(f'value="{value}"' in text for value in typed.values())
        assert 'role="alert"' not in text


def test_a_chosen_coupon_that_does_not_fit_is_told_and_left_out(world: "World", shopper: Client) -> None:
    dear = claimed(coupon_kind(100, 5000), world.shopper)

    page = confirmation(shopper, world, 1, coupon=str(dear.public_id))

    assert "还没有达到这张券的使用门槛。" in words(page)
    assert (hidden(page, "expected_fen"), hidden(page, "coupon")) == ("399", "")


def test_ones_own_coupons_are_listed_with_where_they_went(world: "World", shopper: Client, neighbour: Client) -> None:
    claimed(coupon_kind(50), world.shopper)
    sent(shopper, world, confirmation(shopper, world, 1), 1)
    claimed(coupon_kind(80, group=world.group), world.shopper, world.group)

    text = words(shopper.get("/g/coupons/"))

    assert "80 分券 团专享 减 0.8 元 · 限“周末鲜食团” 有效期至" in text
    assert text.index("80 分券") < text.index("已使用或已过期") < text.index("50 分券 减 0.5 元 已使用")
    assert "分券" not in words(neighbour.get("/g/coupons/"))
