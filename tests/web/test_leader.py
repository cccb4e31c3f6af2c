"""The leader's desk: who may sit at it, today, orders, earnings, what is his own."""

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from tests.web.reading import words

if TYPE_CHECKING:
    from groupbuy.models import Order
    from tests.world import World

DESK = (
    "/leader/",
    "/leader/orders/",
    "/leader/deliveries/",
    "/leader/pickup/",
    "/leader/earnings/",
    "/leader/me/",
)


@pytest.fixture
def order(world: "World") -> "Order":
    from tests import world as worlds

    return worlds.place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 2})


@pytest.mark.parametrize("path", DESK)
def test_every_page_of_the_desk_opens_for_a_leader(world: "World", leader: Client, order: "Order", path: str) -> None:
    assert leader.get(path).status_code == 200


@pytest.mark.parametrize("path", DESK)
def test_a_visitor_is_asked_to_log_in_first(world: "World", visitor: Client, path: str) -> None:
    assert visitor.get(path).headers["Location"] == f"/leader/login/?next={path}"


@pytest.mark.parametrize("path", DESK)
def test_a_shopper_is_told_how_to_become_a_leader(world: "World", shopper: Client, path: str) -> None:
    answer = shopper.get(path)

    assert answer.status_code == 403
    assert "您还不是团长" in words(answer)


def test_a_suspended_leader_has_no_desk_at_the_next_click(world: "World", leader: Client) -> None:
    from groupbuy.kernel import clock
    from groupbuy.services.points import posts_suspend

    posts_suspend(user=world.leader, now=clock.now())

    assert leader.get("/leader/").status_code == 403


def test_a_leader_logs_in_by_phone_and_password(world: "World", visitor: Client) -> None:
    from tests.world import PASSWORD

    wrong = visitor.post("/leader/login/", {"username": "13800000011", "password": "nope"})
    right = visitor.post("/leader/login/", {"username": "13800000011", "password": PASSWORD})

    assert wrong.status_code == 200
    assert right.headers["Location"] == "/leader/"


def test_after_ten_wrong_passwords_the_right_one_waits_too(world: "World", visitor: Client) -> None:
    from tests.world import PASSWORD

    for _ in range(10):
        visitor.post("/leader/login/", {"username": "13800000011", "password": "nope"})
    answer = visitor.post("/leader/login/", {"username": "13800000011", "password": PASSWORD})

    assert "尝试次数过多" in words(answer)


def test_today_counts_paid_orders_pieces_and_yuan(world: "World", leader: Client, order: "Order") -> None:
    assert "1 单 2 件 7.98 元" in words(leader.get("/leader/"))


def test_the_share_page_has_link_qr_and_a_text_to_forward(world: "World", leader: Client, order: "Order") -> None:
    page = leader.get(f"/leader/groups/{world.group.public_id}/share/")

    text = words(page)
    assert f"下单链接：http://testserver/g/{world.share_code.code}/" in text
    assert "1. 番茄 500 g ¥3.99/份（仅剩 8）" in text
    assert b"<svg" in page.content


def test_another_leaders_group_is_not_his_to_share(world: "World", leader: Client) -> None:
    assert leader.get(f"/leader/groups/{world.other_group.public_id}/share/").status_code == 404


def test_orders_are_found_by_number_name_or_room_and_phones_stay_masked(
    world: "World", leader: Client, order: "Order"
) -> None:
    for q in (order.number[:6], "林小", "3-2-5"):
        assert "共 1 单" in words(leader.get("/leader/orders/", {"q": q}))
    assert "没有符合条件的订单" in words(leader.get("/leader/orders/", {"q": "没有这人"}))
    detail = leader.get(f"/leader/orders/{order.public_id}/")
    assert "138****0001" in words(detail)
    assert b"13800000001" not in detail.content


def test_orders_are_filtered_by_state_and_odd_filters_are_ignored(
    world: "World", leader: Client, order: "Order"
) -> None:
    assert "共 0 单" in words(leader.get("/leader/orders/", {"state": "accepted"}))
    assert "共 1 单" in words(leader.get("/leader/orders/", {"state": "paid"}))
    odd = {"state": "nonsense", "sort": "x", "campaign": "1", "page": "999", "q": "a\0"}
    assert leader.get("/leader/orders/", odd).status_code == 200


def test_orders_of_one_group_are_shown_alone(world: "World", leader: Client, order: "Order") -> None:
    assert "共 1 单 · 只看一个团" in words(leader.get("/leader/orders/", {"group": str(world.group.public_id)}))
    assert "共 0 单" in words(leader.get("/leader/orders/", {"group": str(world.other_group.public_id)}))


def test_the_order_list_costs_the_same_queries_for_one_and_three(
    world: "World", leader: Client, order: "Order", django_assert_num_queries: Any
) -> None:
    from tests import world as worlds

    with django_assert_num_queries(7):
        leader.get("/leader/orders/")
    for _ in range(2):
        worlds.place(shopper=world.neighbour, group=world.group, quantities={world.tomato: 1})
    with django_assert_num_queries(7):
        leader.get("/leader/orders/")


def test_another_leader_sees_neither_list_nor_order_nor_phone(
    world: "World", other_leader: Client, order: "Order"
) -> None:
    assert "还没有订单" in words(other_leader.get("/leader/orders/"))
    assert other_leader.get(f"/leader/orders/{order.public_id}/").status_code == 404
    assert other_leader.post(f"/leader/orders/{order.public_id}/phone/").status_code == 404


def test_unmasking_shows_the_phone_once_and_is_written_down(world: "World", leader: Client, order: "Order") -> None:
    from groupbuy.models import AuditEvent

    shown = leader.post(f"/leader/orders/{order.public_id}/phone/")
    later = leader.get(f"/leader/orders/{order.public_id}/")

    event = AuditEvent.objects.get(action="phone_reveal")
    assert (event.actor, event.subject_kind, event.subject_id) == (world.leader, "order", order.pk)
    assert "13800000001" not in str(event.facts)
    assert "13800000001" in words(shown)
    assert "no-store" in shown.headers["Cache-Control"]
    assert b"13800000001" not in later.content


def test_a_link_does_not_unmask(world: "World", leader: Client, order: "Order") -> None:
    assert leader.get(f"/leader/orders/{order.public_id}/phone/").status_code == 405


def test_a_helper_sees_the_orders_of_the_point_but_no_full_phone(world: "World", order: "Order") -> None:
    from groupbuy.domain.words import PointRole
    from groupbuy.kernel import clock
    from groupbuy.models import AuditEvent
    from groupbuy.services.points import post_grant
    from tests.web.conftest import browser

    post_grant(point=world.near, user=world.neighbour, role=PointRole.HELPER, now=clock.now())
    helper = browser(world.neighbour)

    assert "138****0001" in words(helper.get(f"/leader/orders/{order.public_id}/"))
    assert helper.post(f"/leader/orders/{order.public_id}/phone/").status_code == 403
    assert AuditEvent.objects.filter(action="phone_reveal").count() == 0


def test_own_page_shows_points_and_share_links(world: "World", leader: Client) -> None:
    page = leader.get("/leader/me/")

    assert "翠苑小店" in words(page)
    assert f"http://testserver/g/{world.share_code.code}/" in page.content.decode()
    assert "古荡驿站" not in words(page)


def test_earnings_are_shown_down_to_the_line(world: "World", leader: Client, order: "Order") -> None:
    from uuid import uuid4

    from fulfillment.models import Pickup
    from fulfillment.services.pickups import pickup_confirm
    from leaders.tasks import settle_commissions
    from tests import world as worlds

    wave = worlds.build_wave(campaign=world.campaign)
    worlds.deliver(wave=wave, signers={world.near: world.leader})
    (line,) = order.lines.all()
    pickup_confirm(pickup=Pickup.objects.get(), actor=world.leader, event=uuid4(), pieces={line.public_id: 2})
    settle_commissions()

    text = words(leader.get("/leader/earnings/"))
    assert "番茄 ×2 +0.80" in text
    assert "实收 ¥7.98 × 10%" in text
    assert f"订单 {order.number}" in text
    assert "今日 ¥ 0 .80 待结算 ¥ 0 .80 累计 ¥ 0 .80" in text
    assert "这个范围内没有佣金" in words(leader.get("/leader/earnings/", {"day": "2020-01-01"}))


def test_an_earlier_application_is_answered_by_where_it_stands(world: "World", visitor: Client) -> None:
    from leaders.models import InviteCode, LeaderApplication

    InviteCode.objects.create(code="WELCOME8")
    form = {
        "name": "钱新",
        "phone": "13800000077",
        "code": "246810",
        "kind": "shop",
        "point_name": "福瑞店",
        "address": "福瑞路 3 号",
        "group_size": "120",
        "invite_code": "welcome8",
    }
    where = f"/leader/apply/?community={world.near.community.code}"

    small = visitor.post(where, {**form, "group_size": "20"})
    answer = visitor.post(where, form, follow=True)

    assert "群人数至少 50 人。" in words(small)
    assert "已提交，请等候审核" in words(answer)
    application = LeaderApplication.objects.get()
    assert (application.applicant.display_name, application.invite_code) == ("钱新", "WELCOME8")
    assert "138****0077" in words(answer)


def test_a_community_is_found_by_any_of_its_words(world: "World", visitor: Client) -> None:
    assert "翠苑小店社区" in words(visitor.get("/leader/apply/", {"q": "西湖 翠苑小店"}))
    assert "没有找到“火星”" in words(visitor.get("/leader/apply/", {"q": "火星"}))
