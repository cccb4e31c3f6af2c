"""Lists cost the same number of queries for one row and for three; numbers on the first page are right."""

import datetime as dt
import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from fulfillment.services.waves import wave_build
from groupbuy.models import Warehouse
from groupbuy.services.campaigns import OfferWanted
from groupbuy.services.people import warehouse_post_set
from groupbuy.services.roles import roles_ensure
from leaders.models import LeaderApplication
from tests import world as build

ORDERS, WAVES = 10, 9


def one_order(world: build.World) -> None:
    build.place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 1})


def one_wave(world: build.World) -> None:
    campaign = build.open_campaign(
        warehouse=world.warehouse, points=[world.near], offers=[OfferWanted(sku=world.eggs.sku)]
    )
    build.place_and_pay(shopper=world.shopper, group=campaign.groups.get(), quantities={campaign.offers.get(): 1})
    build.close_and_freeze(campaign=campaign)
    assert wave_build(warehouse_id=world.warehouse.pk, delivery_date=campaign.delivery_date)


@pytest.mark.parametrize(
    ("name", "more", "queries"),
    [("groupbuy_order", one_order, ORDERS), ("fulfillment_wave", one_wave, WAVES)],
)
def test_a_list_of_three_costs_what_a_list_of_one_costs(
    world: build.World,
    operator: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
    name: str,
    more: Callable[[build.World], None],
    queries: int,
) -> None:
    url = reverse(f"admin:{name}_changelist")
    more(world)
    with django_assert_num_queries(queries):
        operator.get(url)
    more(world)
    more(world)
    with django_assert_num_queries(queries):
        operator.get(url)


def test_a_clerk_sees_the_waves_of_his_warehouses_only(world: build.World, member: Callable[[str], Client]) -> None:
    clerk = member("仓库文员")
    one_wave(world)
    url = reverse("admin:fulfillment_wave_changelist")
    before = clerk.get(url).content.decode()
    user = clerk.get("/admin/").context["user"]
    other = Warehouse.objects.create(code="WH2", name="萧山仓", city="杭州市", address="-")

    warehouse_post_set(user=user, warehouse=other, active=True, actor_id=None)
    elsewhere = clerk.get(url).content.decode()
    warehouse_post_set(user=user, warehouse=world.warehouse, active=True, actor_id=None)
    here = clerk.get(url).content.decode()

    assert ("余杭中心仓" in before, "余杭中心仓" in elsewhere, "余杭中心仓" in here) == (False, False, True)


def cards(client: Client) -> dict[str, str]:
    text = client.get("/admin/").content.decode().partition('<p class="mb-4">')[2]
    found = re.findall(
        r"</span>\s*<span>\s*([^<]+?)\s*</span>.*?<p[^>]*text-2xl[^>]*>\s*([^<]+?)\s*</p>", text, re.DOTALL
    )
    return dict(found)


def test_the_first_page_counts_what_waits_for_somebody(busy: build.World, operator: Client, finance: Client) -> None:
    shown = cards(operator)

    assert shown == {
        "进行中的活动": "0",
        "暂停进波次的活动": "0",
        "今日收款": "¥\N{NO-BREAK SPACE}87.67",
        "转人工的退款": "0",
        "搁置的巡检": "1",
        "待发车的波次": "0",
        "待审核的团长申请": str(LeaderApplication.objects.count()),
    }
    assert set(cards(finance)) == {"进行中的活动", "今日收款", "转人工的退款", "待发车的波次"}


def test_every_number_on_the_first_page_leads_to_its_list(busy: build.World, operator: Client) -> None:
    text = operator.get("/admin/").content.decode()
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="(/admin/[a-z_]+/[a-z]+/\?[^"]+)"', text)]

    assert len(links) == 7
    assert {operator.get(link).status_code for link in links} == {200}


def test_what_was_paid_yesterday_is_not_todays(world: build.World, operator: Client) -> None:
    one_order(world)
    before = cards(operator)["今日收款"]
    build.shift_clock(by=dt.timedelta(days=1))
    after = cards(operator)["今日收款"]
    build.shift_clock(by=dt.timedelta())

    assert (before, after) == ("¥\N{NO-BREAK SPACE}3.99", "¥\N{NO-BREAK SPACE}0.00")


def test_making_the_roles_again_changes_nothing(db: None) -> None:
    first = {name: set(role.permissions.all()) for name, role in roles_ensure().items()}
    again = {name: set(role.permissions.all()) for name, role in roles_ensure().items()}

    assert first == again
    assert list(first) == ["平台运营", "财务", "仓库文员"]


def test_sums_above_the_commission_list_follow_its_filter(busy: build.World, finance: Client) -> None:
    url = reverse("admin:leaders_commissionentry_changelist")

    whole = finance.get(url).context["sums"]
    nobody = finance.get(url + "?q=没有这个人").context["sums"]

    assert whole == [("计佣金额", "¥\N{NO-BREAK SPACE}3.99"), ("佣金", "¥\N{NO-BREAK SPACE}0.40")]
    assert nobody == [("计佣金额", "¥\N{NO-BREAK SPACE}0.00"), ("佣金", "¥\N{NO-BREAK SPACE}0.00")]
