"""The routes of a wave in the console: the picture, the load, moving, planning, sending off, the printed strips."""

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.test import Client

from tests.web.reading import words

if TYPE_CHECKING:
    from fulfillment.models import Wave
    from tests.world import World


@pytest.fixture
def wave(world: "World") -> "Wave":
    from tests.fleet import driver, vehicle, wave_of_points

    vehicle(world.warehouse, "浙A00001", name="一号车", route_name="一号线", crates=2, driver=driver(world.warehouse))
    vehicle(world.warehouse, "浙A00002", name="二号车", crates=2)
    return wave_of_points(world, {"甲店": (1000, 0), "乙<店>": (-1500, 800), "丙店": (2000, 500)})


@pytest.fixture
def where(wave: "Wave") -> str:
    return f"/warehouse/waves/{wave.public_id}/"


def press(client: Client, where: str, **form: Any) -> str:
    return words(client.post(where, form, follow=True))


def test_the_picture_shows_every_stop_and_the_table_how_full_the_vehicle_is(picker: Client, where: str) -> None:
    page = picker.get(f"{where}routes/")
    html, text = page.content.decode(), words(page)

    assert html.count("<circle") >= 3
    assert "<polyline" in html
    assert "乙&lt;店&gt;" in html
    assert "乙<店>" not in html
    assert "一号线 3 3" in text
    assert "150%" in text  # three crates in a van for two


def test_a_stop_moves_to_a_new_route(picker: Client, where: str, wave: "Wave") -> None:
    from tests.fleet import order_of

    stop = wave.stops.get(point__name="乙<店>")

    text = press(picker, f"{where}stops/{stop.public_id}/move/", route="", sequence="1")
    wrong = press(picker, f"{where}stops/{stop.public_id}/move/", route="", sequence="0")

    assert "已调整，单据已出新版" in text
    assert "请选择线路，并填写第几站。" in wrong
    assert order_of(wave) == [("一号线", ["甲店", "丙店"]), ("加开线路 2", ["乙<店>"])]


def test_a_plan_is_asked_for_and_its_gain_is_shown(picker: Client, where: str, wave: "Wave") -> None:
    from fulfillment.tasks import plan_asked_routes

    asked = press(picker, f"{where}routes/plan/")
    twice = press(picker, f"{where}routes/plan/")
    wave.route_plans.update(budget_s=1)
    plan_asked_routes()
    done = words(picker.get(f"{where}routes/live/"))

    assert "已开始优化线路" in asked
    assert "正在计算" in asked
    assert "正在优化，请等它完成" in twice
    assert "排不下的站 1 → 0" in done
    assert wave.routes.count() == 2


def test_a_route_gets_its_vehicle_and_driver_and_leaves(
    picker: Client, where: str, wave: "Wave", world: "World"
) -> None:
    from fulfillment.models import Vehicle
    from fulfillment.services.pick_close import pick_close
    from groupbuy.models import User

    route = wave.routes.get()
    vehicle, driver = Vehicle.objects.get(plate="浙A00002"), User.objects.get(display_name="马师傅")
    path = f"{where}routes/{route.public_id}/"

    given = press(picker, f"{path}assign/", vehicle=vehicle.pk, driver=driver.pk)
    strange = press(picker, f"{path}assign/", vehicle="", driver=world.shopper.pk)
    pick_close(wave_id=wave.pk)
    gone = press(picker, f"{path}depart/")

    assert "二号车 浙A00002" in given
    assert "不在这个仓库的名单里" in strange
    assert "一号线 已发车，已通知团长" in gone
    assert "0/3" in gone


def test_the_link_is_shown_once_with_its_code(picker: Client, where: str, wave: "Wave") -> None:
    page = picker.post(f"{where}routes/{wave.routes.get().public_id}/link/")

    assert "/driver/" in words(page)
    assert "不用登录" in words(page)


def test_a_strip_tells_time_way_and_crates_and_ends_at_home(picker: Client, where: str) -> None:
    text = words(picker.get(f"{where}routes/strips/"))

    for fact in ("1 一号线", "05:00", "余杭中心仓", "↓ 1.3 公里", "甲店", "1 箱", "回仓", "3 站 3 箱", "马师傅"):
        assert fact in text, fact


def test_without_the_place_of_the_warehouse_the_page_says_what_to_do(picker: Client, where: str, wave: "Wave") -> None:
    from groupbuy.models import Warehouse

    Warehouse.objects.update(lng=None)

    assert "请在后台填写仓库的经纬度" in words(picker.get(f"{where}routes/"))
    assert "请先在后台填写仓库的经纬度" in press(picker, f"{where}routes/plan/")
    assert picker.get(f"{where}routes/strips/").status_code == 200


def test_who_may_only_look_gets_nothing_to_press(world: "World", picker: Client, acting_as: Any, where: str) -> None:
    from django.contrib.auth.models import Permission

    world.staff.user_permissions.set(Permission.objects.filter(codename="view_wave"))
    seen, worked = (client.get(f"{where}routes/").content.decode() for client in (acting_as(world.staff), picker))

    for press in ("/assign/", "/move/", "/plan/"):
        assert (press in seen, press in worked) == (False, True), press


PAGES = ("routes/", "routes/live/", "routes/strips/")


def test_strangers_and_other_warehouses_get_nothing(
    world: "World", visitor: Client, leader: Client, acting_as: Any, where: str, wave: "Wave"
) -> None:
    from groupbuy.models import Warehouse, WarehouseStaff
    from tests.world import person

    other = Warehouse.objects.create(code="WH2", name="成都仓", city="成都市", address="一路")
    stranger = person(name="郑外仓", phone="13800000029")
    WarehouseStaff.objects.create(warehouse=other, user=stranger)
    client = acting_as(stranger)
    route, stop = wave.routes.get().public_id, wave.stops.order_by("pk")[0].public_id
    presses = [f"routes/{route}/{deed}/" for deed in ("assign", "depart", "link")]
    presses += ["routes/plan/", f"stops/{stop}/move/"]

    for page in PAGES:
        assert visitor.get(where + page).status_code == 302
        assert leader.get(where + page).status_code == 403
        assert client.get(where + page).status_code == 404
    for page in presses:
        assert leader.post(where + page).status_code == 403
        assert client.post(where + page).status_code == 404


def test_a_route_of_another_wave_is_not_reached_through_ones_own(picker: Client, where: str, world: "World") -> None:
    from tests import world as worlds

    worlds.place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 1})
    other = worlds.build_wave(campaign=world.campaign)

    assert picker.post(f"{where}routes/{other.routes.get().public_id}/depart/").status_code == 404
    assert picker.post(f"{where}stops/{other.stops.get().public_id}/move/").status_code == 404
    assert picker.post(f"{where}stops/{uuid4()}/move/").status_code == 404
