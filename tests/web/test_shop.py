"""The shop: the shelf, logging in, confirming an order."""

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from groupbuy.domain.prices import PriceStep
from groupbuy.kernel import clock
from groupbuy.models import Offer, Order
from groupbuy.services.offer_prices import price_steps_replace
from tests.web.reading import hidden, words
from tests.world import HOUR, place

if TYPE_CHECKING:
    from tests.world import World


def shelf_of(world: "World") -> str:
    return f"/g/{world.share_code.code}/"


def cart(world: "World", **quantities: int) -> dict[str, str]:
    offers = {name: getattr(world, name) for name in quantities}
    chosen = {f"q-{offer.public_id}": str(quantities[name]) for name, offer in offers.items()}
    return {"group": str(world.group.public_id), **chosen}


def confirmed(client: Client, world: "World", changes: dict[str, Any] | None = None, **quantities: int) -> Any:
    """Open the confirmation page as the shop's button does and send its form."""
    where = f"{shelf_of(world)}confirm/"
    page = client.get(where, cart(world, **quantities))
    form = {
        "name": "林小满",
        "room": "3-2-501",
        "remark": "",
        "key": hidden(page, "key"),
        "expected_fen": hidden(page, "expected_fen"),
    }
    return client.post(where, {**cart(world, **quantities), **form, **(changes or {})})


def test_a_visitor_sees_prices_stock_and_limits_without_logging_in(world: "World", visitor: Client) -> None:
    page = visitor.get(shelf_of(world))

    text = words(page)
    assert page.status_code == 200
    assert "陈团长 的团" in text
    assert "番茄 500 g 仅剩 10 件" in text
    assert "每人限 2 件" in text
    assert "2 件起购" in text
    assert "13800000011" not in text


def test_a_share_link_without_its_last_slash_finds_the_shop(world: "World", visitor: Client) -> None:
    page = visitor.get(f"/g/{world.share_code.code}")

    assert page.status_code == 301
    assert page.headers["Location"] == shelf_of(world)


def test_the_link_of_a_moved_group_leads_on_to_the_new_leader(world: "World", visitor: Client) -> None:
    from groupbuy.models import PointStaff
    from groupbuy.services.group_moves import group_move

    post = PointStaff.objects.get(user=world.other_leader)
    group_move(group_id=world.group.pk, post_id=post.pk, reason="团长住院", actor_id=world.staff.pk)

    page = visitor.get(shelf_of(world))

    assert "周末鲜食团 换了自提点或团长 现在由 何团长 接待，到 古荡驿站（文一路 2 号）提货" in words(page)
    assert f'href="/g/{world.other_share_code.code}/"' in page.content.decode()


def test_a_wrong_share_code_is_a_clear_404(world: "World", visitor: Client) -> None:
    page = visitor.get("/g/WRONG000/")

    assert page.status_code == 404
    assert "没有找到" in words(page)


def test_the_shelf_and_the_confirmation_show_the_price_of_this_moment(world: "World", shopper: Client) -> None:
    now = clock.now()
    price_steps_replace({world.tomato.pk: [PriceStep(now - HOUR, 350), PriceStep(now + HOUR, 250)]})
    starts = (now + HOUR).astimezone(clock.local_zone())

    shelf = shopper.get(shelf_of(world)).content.decode()
    answer = confirmed(shopper, world, tomato=2)

    assert f"{starts.month}月{starts.day}日 {starts:%H:%M} 起 ¥2.50" in shelf
    assert answer.status_code == 302
    assert Order.objects.get().total_fen == 700


def test_the_shelf_costs_the_same_queries_whatever_it_holds(
    world: "World", visitor: Client, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(7):
        visitor.get(shelf_of(world))
    world.dumplings.delete()
    with django_assert_num_queries(7):
        visitor.get(shelf_of(world))


def test_a_closed_group_says_so_and_takes_no_order(world: "World", shopper: Client) -> None:
    from tests import world as worlds

    page = shopper.get(f"{shelf_of(world)}confirm/", cart(world, tomato=1))
    form = {"name": "林", "key": hidden(page, "key"), "expected_fen": "399"}
    worlds.close_and_freeze(campaign=world.campaign)

    answer = shopper.post(f"{shelf_of(world)}confirm/", {**cart(world, tomato=1), **form}, follow=True)

    assert "这一团已截单" in words(answer)
    assert "不能下单" in words(answer)
    assert Order.objects.count() == 0


def test_a_visitor_logs_in_with_his_cart_kept(world: "World", visitor: Client) -> None:
    where = f"{shelf_of(world)}confirm/"

    asked = visitor.get(where, cart(world, tomato=2))
    login = asked.headers["Location"]
    kept = visitor.get(login)
    answer = visitor.post(login, {"phone": "138 0000 0099", "code": "246810", "next": hidden(kept, "next")})

    assert login.startswith("/g/login/?next=")
    assert answer.status_code == 302
    assert "¥ 7 .98" in words(visitor.get(answer.headers["Location"]))


def test_a_wrong_code_is_refused_and_the_eleventh_try_is_not_looked_at(world: "World", visitor: Client) -> None:
    for _ in range(10):
        wrong = visitor.post("/g/login/", {"phone": "13800000001", "code": "000000"})
    late = visitor.post("/g/login/", {"phone": "13800000001", "code": "246810"})

    assert "验证码不正确或已过期。" in words(wrong)
    assert "尝试次数过多" in words(late)
    assert "_auth_user_id" not in visitor.session


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_the_log_in_never_sends_anybody_to_a_foreign_page(world: "World", visitor: Client, elsewhere: str) -> None:
    answer = visitor.post("/g/login/", {"phone": "13800000001", "code": "246810", "next": elsewhere})

    assert answer.headers["Location"] == "/g/orders/"


def test_without_the_development_provider_the_page_sends_people_to_the_mini_program(
    world: "World", visitor: Client, settings: Any
) -> None:
    settings.DEV_PROVIDERS = False

    page = visitor.get("/g/login/")

    assert "请在微信小程序里打开" in words(page)
    assert "246810" not in words(page)


def test_a_cap_of_the_community_is_told_and_cuts_the_cart(world: "World", shopper: Client) -> None:
    Offer.objects.filter(pk=world.tomato.pk).update(per_community=3)
    place(shopper=world.neighbour, group=world.group, quantities={world.tomato: 2})

    some_left = words(shopper.get(f"{shelf_of(world)}confirm/", cart(world, tomato=2)))
    place(shopper=world.neighbour, group=world.group, quantities={world.tomato: 1})
    shelf = words(shopper.get(shelf_of(world)))

    assert "本小区限 3 件，已为您调整" in some_left
    assert "共 1 件" in some_left
    assert "本小区限 3 件" in shelf
    assert "本小区已抢光" in shelf


def test_an_order_is_placed_as_it_was_shown(world: "World", shopper: Client) -> None:
    answer = confirmed(shopper, world, {"remark": "不要袋子"}, tomato=2, eggs=1)

    order = Order.objects.get()
    assert answer.headers["Location"] == f"/g/orders/{order.public_id}/"
    assert (order.total_fen, order.room, order.remark, order.shopper) == (2388, "3-2-501", "不要袋子", world.shopper)


def test_a_second_tap_on_the_same_form_makes_no_second_order(world: "World", shopper: Client) -> None:
    where = f"{shelf_of(world)}confirm/"
    page = shopper.get(where, cart(world, tomato=2))
    form = {"name": "林", "key": hidden(page, "key"), "expected_fen": hidden(page, "expected_fen")}

    first = shopper.post(where, {**cart(world, tomato=2), **form})
    second = shopper.post(where, {**cart(world, tomato=2), **form})

    world.tomato.refresh_from_db()
    assert first.headers["Location"] == second.headers["Location"]
    assert Order.objects.count() == 1
    assert world.tomato.sold == 2


def test_a_changed_form_of_an_order_that_was_placed_asks_before_a_second_order(world: "World", shopper: Client) -> None:
    where = f"{shelf_of(world)}confirm/"
    page = shopper.get(where, cart(world, tomato=2))
    form = {"name": "林", "key": hidden(page, "key"), "expected_fen": hidden(page, "expected_fen")}
    shopper.post(where, {**cart(world, tomato=2), **form})

    asked = shopper.post(where, {**cart(world, tomato=2), **form, "remark": "再来一份"})
    again = {**form, "remark": "再来一份", "key": hidden(asked, "key")}
    shopper.post(where, {**cart(world, tomato=2), **again})

    assert "刚才这张单已经下过了" in words(asked)
    assert Order.objects.count() == 2


def test_when_others_were_faster_the_page_says_what_is_left_and_keeps_the_input(
    world: "World", shopper: Client
) -> None:
    from tests import world as worlds

    page = shopper.get(f"{shelf_of(world)}confirm/", cart(world, tomato=5))
    worlds.place(shopper=world.neighbour, group=world.group, quantities={world.tomato: 8})

    form = {"name": "林", "room": "8-8", "key": hidden(page, "key"), "expected_fen": "1995"}
    answer = shopper.post(f"{shelf_of(world)}confirm/", {**cart(world, tomato=5), **form})

    assert "番茄 库存不足。" in words(answer)
    assert "您要 5，只剩 2 件，已为您调整" in words(answer)
    assert hidden(answer, "room") == "8-8"
    assert hidden(answer, "expected_fen") == "798"
    assert Order.objects.filter(shopper=world.shopper).count() == 0


def test_a_total_other_than_the_one_shown_is_refused(world: "World", shopper: Client) -> None:
    answer = confirmed(shopper, world, {"expected_fen": "1"}, tomato=1)

    assert "价格有变化" in words(answer)
    assert Order.objects.count() == 0


def test_a_used_up_share_cannot_be_chosen_again(world: "World", shopper: Client) -> None:
    confirmed(shopper, world, eggs=2)

    text = words(shopper.get(shelf_of(world)))

    assert "已到限购" in text


def test_a_cart_over_the_limit_says_that_it_is_the_limit(world: "World", shopper: Client) -> None:
    confirmed(shopper, world, eggs=1)

    answer = shopper.get(f"{shelf_of(world)}confirm/", cart(world, eggs=2))

    assert "每人限 2 件（含您之前买的），已为您调整" in words(answer)
    assert "已抢光" not in words(answer)


def test_an_order_without_its_csrf_token_is_refused(world: "World") -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(world.shopper)

    answer = strict.post(f"{shelf_of(world)}confirm/", {**cart(world, tomato=1), "name": "林"})

    assert answer.status_code == 403
    assert "页面已过期" in words(answer)
    assert Order.objects.count() == 0


def test_odd_quantities_count_as_none(world: "World", shopper: Client) -> None:
    where = f"{shelf_of(world)}confirm/"
    odd = {f"q-{world.tomato.public_id}": "１２", f"q-{world.eggs.public_id}": "-1"}

    answer = shopper.get(where, {"group": str(world.group.public_id), **odd})

    assert answer.status_code == 302


def test_after_the_cutoff_the_shelf_is_closed_by_the_database_clock(world: "World", visitor: Client) -> None:
    from tests import world as worlds

    worlds.shift_clock(by=dt.timedelta(hours=6, minutes=1))

    assert "这一团已截单" in words(visitor.get(shelf_of(world)))
