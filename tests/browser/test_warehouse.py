"""A night in the warehouse in a real browser: scan, confirm, slip, undo, weigh, print; two workers on one list."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from fulfillment.models import PickEvent, PickProgress, PutProgress, Shortage, Wave, WeightEntry
from groupbuy.models import OrderLine, Sku, WarehouseStaff
from tests.books import assert_books
from tests.browser.test_walk import open_browser
from tests.rig import Rig, running
from tests.world import PASSWORD, World, build_wave, person, place_and_pay, world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HANDHELD = {"width": 390, "height": 844}
TABLET = {"width": 820, "height": 1180}
TOMATO_EAN = "6901234567892"
PICKER, SORTER = "13800000021", "13800000022"


@pytest.fixture
def rig(transactional_db: None, tmp_path: Path) -> Iterator[Rig]:
    with running(tmp_path) as rig:
        yield rig


@pytest.fixture
def floor(rig: Rig) -> tuple[World, Wave]:
    """
    Nine tomatoes (with a barcode, six a case), two boxes of eggs, four bags of dumplings (by weight, 1 kg each), at two
    positions; a picker and a sorter.
    """
    w = world()
    Sku.objects.filter(code="TOMATO").update(barcode=TOMATO_EAN)
    Sku.objects.filter(code="DUMPLINGS").update(weighed=True, base_unit="g", base_per_sale=1000)
    place_and_pay(shopper=w.shopper, group=w.group, quantities={w.tomato: 7, w.eggs: 2, w.dumplings: 2})
    place_and_pay(shopper=w.neighbour, group=w.other_group, quantities={w.tomato: 2, w.dumplings: 2})
    OrderLine.objects.filter(sku=w.dumplings.sku_id).update(base_per_sale=1000)
    WarehouseStaff.objects.create(warehouse=w.warehouse, user=person(name="吴分拣", phone=SORTER))
    return w, build_wave(campaign=w.campaign)


def worker(browser: Browser, rig: Rig, phone: str, viewport: dict[str, int]) -> Page:
    """Log a person in on a device of his own."""
    context = browser.new_context(viewport=viewport, base_url=rig.url, locale="zh-CN", has_touch=True)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.goto("/warehouse/")
    page.get_by_label("登录名或手机号").fill(phone)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page).to_have_url(re.compile(r"/warehouse/$"))
    return page


def scan(page: Page, code: str, *, then: str = "") -> None:
    """As a scanner does: type and press Enter, wherever the focus is; wait until the page says ``then``."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"code={code}"))
    if then:
        expect(page.locator("main")).to_contain_text(then)


def press(page: Page, name: str, *, then: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
    expect(page.locator("main")).to_contain_text(then)


def test_a_picker_scans_confirms_slips_and_takes_it_back(rig: Rig, floor: tuple[World, Wave]) -> None:
    with open_browser() as browser:
        page = worker(browser, rig, PICKER, HANDHELD)
        expect(page.locator("main")).to_contain_text("15 件 · 3 种商品 · 2 个自提点")
        page.get_by_role("link", name="WH1-").click()
        page.get_by_role("link", name="去拣货").click()
        scan(page, "6900000000000", then="这个波次里没有 6900000000000")
        expect(page.locator("body")).to_have_class(re.compile("went-wrong"))
        page.locator("main h2").first.click()  # the focus is lost; the scanner types all the same
        scan(page, TOMATO_EAN, then="还要拣")
        expect(page.locator("#opened")).to_contain_text("1 箱 + 3 份")
        page.get_by_label("拣了几份").fill("10")
        press(page, "拣到了", then="还差 9 份，您输入了 10。")
        page.get_by_label("拣了几份").fill("8")
        press(page, "拣到了", then="番茄 已拣 8 份")
        page.locator(".short-form summary").click()
        page.get_by_label("少了几份").fill("1")
        press(page, "破损", then="已登记破损 1")
        expect(page.locator("#opened")).to_contain_text("这个商品好了")
        scan(page, "EGGS", then="还要拣")
        press(page, "拣到了", then="鲜鸡蛋 已拣 2 盒")
        expect(page.locator("main")).to_contain_text("刚才：鲜鸡蛋")
        press(page, "撤销", then="已撤销")
        page.screenshot(path=str(rig.folder / "picked.png"))

    assert dict(PickProgress.objects.values_list("sku__code", "pieces")) == {"TOMATO": 8, "EGGS": 0}
    assert list(Shortage.objects.values_list("pieces", "cause")) == [(1, "damaged")]
    assert_books()


def test_two_workers_on_one_list_add_up_and_see_each_other(rig: Rig, floor: tuple[World, Wave]) -> None:
    where = f"/warehouse/waves/{floor[1].public_id}/"
    with open_browser() as browser:
        one, two = worker(browser, rig, PICKER, HANDHELD), worker(browser, rig, SORTER, TABLET)
        board = worker(browser, rig, PICKER, TABLET)
        board.goto(where)
        for page in (one, two):
            page.goto(where + "pick/")
            scan(page, TOMATO_EAN, then="还要拣")
            page.get_by_label("拣了几份").fill("5")
        press(one, "拣到了", then="番茄 已拣 5 份")
        press(two, "拣到了", then="还差 4 份，您输入了 5。")
        two.get_by_label("拣了几份").fill("4")
        press(two, "拣到了", then="番茄 已拣 4 份")
        # Nobody touches the board: it asks by itself.
        expect(board.locator("#live")).to_contain_text("9 / 15")

    assert PickProgress.objects.get().pieces == 9
    assert sorted(PickEvent.objects.values_list("actor__display_name", "pieces")) == [("吴分拣", 4), ("周拣货", 5)]
    assert_books()


def test_a_sorter_puts_weighs_and_prints(rig: Rig, floor: tuple[World, Wave]) -> None:
    where = f"/warehouse/waves/{floor[1].public_id}/"
    with open_browser() as browser:
        page = worker(browser, rig, SORTER, TABLET)
        page.goto(where + "sort/")
        scan(page, "TOMATO", then="这 2 个格口都放好了")
        scan(page, "P2", then="放好了")
        page.get_by_label("放了几份").fill("1")
        press(page, "放好了", then="2 号格口已放 1")
        press(page, "1 号格口放好 7", then="1 号格口已放 7")
        press(page, "这 1 个格口都放好了", then="番茄分完了")
        press(page, "撤销", then="已撤销")
        page.screenshot(path=str(rig.folder / "sorted.png"))

        page.goto(where + "weigh/")
        scan(page, "DUMPLINGS", then="应重")
        scan(page, "P2", then="古荡驿站")
        page.keyboard.type("1940")  # the scale's field has the focus now
        expect(page.locator("[data-difference-of]")).to_have_text("少 60 克（3%），退差价")
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_contain_text("2 号格口已记 1940")
        page.screenshot(path=str(rig.folder / "weighed.png"))

        page.goto(where)
        address = page.get_by_role("link", name="打印拣货单").get_attribute("href")
        cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
        paper = httpx.get(f"{rig.url}{address}", cookies=cookies, timeout=30)

    assert paper.headers["Content-Type"] == "application/pdf"
    assert "番茄" in text_of(paper.content)
    assert dict(PutProgress.objects.values_list("point__code", "pieces")) == {"HZ0001": 7, "HZ0002": 1}
    assert list(WeightEntry.objects.values_list("point__code", "real_base")) == [("HZ0002", 1940)]
    assert_books()


def text_of(pdf: bytes) -> str:
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf)
    return "".join(page.get_textpage().get_text_range() for page in document)
