"""A driver brings a route with a phone: arrives, takes a slip back, writes crates, reports a problem."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from fulfillment.models import Stop, StopProblem, Wave
from fulfillment.services.dispatch import dispatch_send
from tests.books import assert_books
from tests.browser.test_walk import new_page, open_browser
from tests.fleet import driver, vehicle, wave_of_points
from tests.rig import Rig, running
from tests.world import PASSWORD, world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def rig(transactional_db: None, tmp_path: Path) -> Iterator[Rig]:
    with running(tmp_path) as rig:
        yield rig


def given_a_route() -> Wave:
    w = world()
    vehicle(w.warehouse, "浙A·88888", route_name="一号线", driver=driver(w.warehouse))
    wave = wave_of_points(w, {"翠苑便利店": (1000, 300), "古荡驿站": (2400, 900), "文三物业": (3100, -400)})
    dispatch_send(wave_id=wave.pk)
    return wave


def test_a_driver_brings_his_route(rig: Rig) -> None:
    given_a_route()

    with open_browser() as browser:
        page = new_page(browser, rig)
        log_in(page)
        page.screenshot(path=str(rig.folder / "driver-day.png"))
        page.get_by_role("link", name=re.compile("一号线")).click()
        page.screenshot(path=str(rig.folder / "driver-route.png"), full_page=True)
        first = page.locator("#stop-1")
        first.get_by_role("button", name="到了").click()
        expect(first).to_contain_text("等团长签收")
        first.get_by_role("button", name="增加").click()
        first.get_by_role("button", name="记下").click()
        expect(page.locator("body")).to_contain_text("已记下收回 1 个周转箱")
        second = page.locator("#stop-2")
        second.get_by_role("button", name="到了").click()
        second.get_by_role("button", name="撤回到达").click()
        expect(second.get_by_role("button", name="到了")).to_be_visible()
        second.locator("summary").click()
        second.get_by_label("遇到了什么").select_option("closed")
        second.get_by_label("说明").fill("卷帘门关着")
        second.get_by_role("button", name="报告", exact=True).click()
        expect(second).to_contain_text("已报告 1 个问题")
        page.screenshot(path=str(rig.folder / "driver-done.png"), full_page=True)

    assert list(Stop.objects.order_by("sequence").values_list("state", "crates_back")) == [
        ("arrived", 1),
        ("on_the_way", None),
        ("on_the_way", None),
    ]
    assert StopProblem.objects.get().note == "卷帘门关着"
    assert_books()


def log_in(page: Page) -> None:
    page.goto("/driver/")
    page.get_by_label("登录名或手机号").fill("13800000031")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page).to_have_url(re.compile(r"/driver/$"))
