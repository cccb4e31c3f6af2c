"""A person walks the line in a real browser: order → pay → cutoff → sign → collect. Pictures land in the test's folder."""

import datetime as dt
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from fulfillment.models import Pickup
from groupbuy.domain.words import PointKind, Zone
from groupbuy.kernel import clock
from groupbuy.models import Campaign, ShareCode, Warehouse
from groupbuy.services.campaigns import OfferWanted
from tests.books import assert_books
from tests.rig import Rig, running
from tests.world import PASSWORD, lead, open_campaign, person, point, sku

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 390, "height": 844}
CUTOFF_S = 30


@pytest.fixture
def rig(transactional_db: None, tmp_path: Path) -> Iterator[Rig]:
    with running(tmp_path) as rig:
        yield rig


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Start Chromium. It keeps an event loop in this thread, so the test asks the database before and after, not while."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert chromium, "no Chromium on this machine; Debian: apt-get install chromium fonts-noto-cjk"
    with sync_playwright() as playwright:
        running_browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield running_browser
        running_browser.close()


def new_page(browser: Browser, rig: Rig) -> Page:
    """Open a phone-sized page of a person of his own that asks nobody but this machine."""
    context = browser.new_context(viewport=PHONE, base_url=rig.url, locale="zh-CN", has_touch=True)  # type: ignore[arg-type]
    page = context.new_page()
    page.on("request", lambda request: _only_loopback(request.url))
    return page


def _only_loopback(url: str) -> None:
    assert re.match(r"(http://127\.0\.0\.1[:/]|data:|blob:)", url), f"asked an outside host: {url}"


def given_a_group() -> ShareCode:
    now = clock.now()
    warehouse = Warehouse.objects.create(code="WH1", name="余杭中心仓", city="杭州市", address="良睦路 1 号")
    near = point(warehouse=warehouse, code="HZ0001", name="翠苑小店", kind=PointKind.SHOP, position=1)
    return lead(point=near, user=person(name="陈团长", phone="13800000011"), now=now)


def given_a_campaign(share: ShareCode) -> Campaign:
    tomato = sku(code="TOMATO", name="番茄", spec="500 g", unit="份", zone=Zone.AMBIENT, list_fen=599)
    eggs = sku(code="EGGS", name="鲜鸡蛋", spec="30 枚", unit="盒", zone=Zone.CHILLED, list_fen=1990)
    campaign = open_campaign(
        warehouse=share.point.warehouse,
        points=[share.point],
        offers=[OfferWanted(sku=tomato, price_fen=399, stock=10), OfferWanted(sku=eggs, price_fen=1590)],
        cutoff_in=dt.timedelta(seconds=CUTOFF_S),
    )
    # The trucks of a test leave as soon as they are loaded.
    Campaign.objects.filter(pk=campaign.pk).update(dispatch_at=clock.now())
    return campaign


def test_a_shopper_orders_pays_and_collects_and_the_leader_signs_and_earns(rig: Rig) -> None:
    share = given_a_group()
    given_a_campaign(share)

    with open_browser() as browser:
        shopper, leader = new_page(browser, rig), new_page(browser, rig)
        order_and_pay(shopper, share.code)
        shopper.screenshot(path=str(rig.folder / "paid.png"))
        leader_logs_in(leader)
        leader_signs(rig, leader)
        code = pickup_code(shopper)
        shopper.screenshot(path=str(rig.folder / "code.png"))
        hand_out(leader, code)
        leader.screenshot(path=str(rig.folder / "handed.png"))
        # 10 % of 2 x 399 = 798 -> 80 fen, of 1590 -> 159 fen.
        rig.wait_for("earned", lambda: "2.39" in earnings(leader))

    assert Pickup.objects.get().done_at is not None
    assert_books()


def leader_logs_in(page: Page) -> None:
    page.goto("/leader/")
    page.get_by_label("登录名或手机号").fill("13800000011")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page).to_have_url(re.compile(r"/leader/$"))


def order_and_pay(page: Page, code: str) -> None:
    page.goto(f"/g/{code}/")
    for name, times in (("番茄", 2), ("鲜鸡蛋", 1)):
        goods = page.locator("article", has_text=name)
        for _ in range(times):
            goods.get_by_role("button", name="增加").click()
    page.get_by_role("button", name="去下单").click()
    page.get_by_label("手机号").fill("13800000001")
    page.get_by_label("验证码").fill("246810")
    page.get_by_role("button", name="登录").click()
    page.get_by_label("提货人").fill("林小满")
    page.get_by_label("楼栋门牌").fill("3-2-501")
    expect(page.locator("body")).to_contain_text("23.88")
    page.get_by_role("button", name="提交订单").click()
    page.get_by_role("button", name="去支付").click()
    page.get_by_role("button", name="确认支付").click()
    expect(page.locator("body")).to_contain_text("支付成功", timeout=15_000)


def leader_signs(rig: Rig, page: Page) -> None:
    """Nobody presses anything until the truck is on its way: beat and worker close, freeze, build and dispatch."""
    page.goto("/leader/deliveries/")
    rig.wait_for("on the way", lambda: page.reload() and page.get_by_text("在路上").count(), 90)
    page.get_by_role("link", name=re.compile("翠苑小店")).first.click()
    page.get_by_role("button", name="点完了，去签收").click()
    page.get_by_role("button", name="全部到齐，签收").click()
    expect(page.locator("main")).to_contain_text("由 陈团长 签收")


def pickup_code(page: Page) -> str:
    page.goto("/my/pickups/")
    expect(page.locator("main")).to_contain_text("已到货，请提货")
    return page.locator(".code-big").inner_text()


def hand_out(page: Page, code: str) -> None:
    page.goto("/leader/pickup/")
    page.get_by_label("提货码", exact=True).fill(code)  # six digits send themselves
    page.get_by_role("button", name="确认交给顾客").click()
    expect(page.get_by_role("status")).to_contain_text("全部提完")


def earnings(page: Page) -> str:
    page.goto("/leader/earnings/")
    return page.locator("main").inner_text()
