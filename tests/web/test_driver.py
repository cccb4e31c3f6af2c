"""The driver's page: by log-in or by a link, his own routes only, every button safe on a bad network."""

import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.test import Client

from tests.web.reading import words

if TYPE_CHECKING:
    from fulfillment.models import Route, Stop, Wave
    from groupbuy.models import User
    from tests.world import World

PRESSES = ("arrive", "undo", "crates", "problem")


@pytest.fixture
def ma(world: "World") -> "User":
    from tests.fleet import driver

    return driver(world.warehouse)


@pytest.fixture
def wave(world: "World", ma: "User") -> "Wave":
    """Two stops on the one route of driver Ma, which has left."""
    from fulfillment.services.dispatch import dispatch_send
    from tests import fleet
    from tests import world as worlds

    fleet.vehicle(world.warehouse, "浙A00001", route_name="一号线", driver=ma)
    worlds.place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 3})
    worlds.place_and_pay(shopper=world.neighbour, group=world.other_group, quantities={world.tomato: 1})
    made = worlds.build_wave(campaign=world.campaign)
    dispatch_send(wave_id=made.pk)
    return made


@pytest.fixture
def route(wave: "Wave") -> "Route":
    return wave.routes.get()


@pytest.fixture
def first(wave: "Wave") -> "Stop":
    return wave.stops.get(position=1)


@pytest.fixture
def at_wheel(ma: "User", wave: "Wave", acting_as: Any) -> Client:
    client: Client = acting_as(ma)
    return client


def press(client: Client, key: Any, stop: "Stop", deed: str, **form: Any) -> str:
    """Press a button of the page and return the words of the page that follows."""
    return words(client.post(f"/driver/{key}/stops/{stop.public_id}/{deed}/", form, follow=True))


def made_link(route: "Route") -> str:
    """Return a new link's address without its host."""
    from fulfillment.services.driver_links import driver_link_make

    return "/driver/" + driver_link_make(route_id=route.pk).split("/driver/")[1]


def test_a_driver_logs_in_and_sees_his_routes(visitor: Client, wave: "Wave") -> None:
    from tests.world import PASSWORD

    asked = visitor.get("/driver/")
    page = visitor.post("/driver/login/", {"username": "13800000031", "password": PASSWORD}, follow=True)

    assert asked.headers["Location"] == "/driver/login/?next=/driver/"
    assert "一号线" in words(page)
    assert "2 站 · 还剩 2 站" in words(page)


def test_the_stops_are_in_order_with_address_time_and_crates(at_wheel: Client, route: "Route") -> None:
    text = words(at_wheel.get(f"/driver/{route.public_id}/"))

    assert text.index("翠苑小店") < text.rindex("古荡驿站")
    for fact in ("文一路 1 号", "浙A00001", "0 / 2 站 · 共 2 箱", "陈团长 138****0011", "下一站：1 翠苑小店"):
        assert fact in text, fact


def test_no_money_no_shopper_and_no_whole_phone_is_on_the_page(at_wheel: Client, route: "Route") -> None:
    page = at_wheel.get(f"/driver/{route.public_id}/").content.decode()

    for secret in ("¥", "元", "林小满", "赵邻居", "13800000001", "13800000011", "3-2-501"):
        assert secret not in page, secret


def test_a_driver_arrives_writes_crates_and_takes_a_slip_back(at_wheel: Client, route: "Route", first: "Stop") -> None:
    key = route.public_id

    early = press(at_wheel, key, first, "crates", crates="2")
    arrived = press(at_wheel, key, first, "arrive")
    again = press(at_wheel, key, first, "arrive")
    crates = press(at_wheel, key, first, "crates", crates="2")
    wrong = press(at_wheel, key, first, "crates", crates="-3")
    undone = press(at_wheel, key, first, "undo")

    assert "请先标记到达" in early
    assert "到达，等团长签收" in arrived
    assert "1 / 2 站" in again
    assert "已记下收回 2 箱" in crates
    assert "收回的周转箱应在 0 到 999 之间。" in wrong
    assert "0 / 2 站" in undone
    first.refresh_from_db()
    assert (first.state, first.crates_back) == ("on_the_way", 2)


def test_a_problem_sent_twice_is_reported_once(at_wheel: Client, route: "Route", first: "Stop") -> None:
    from fulfillment.models import StopProblem

    form = {"kind": "closed", "note": "没人", "uuid": str(uuid4())}

    press(at_wheel, route.public_id, first, "problem", **form)
    text = press(at_wheel, route.public_id, first, "problem", **form)
    unchosen = press(at_wheel, route.public_id, first, "problem", **(form | {"kind": ""}))

    assert "已报告 1 个问题" in text
    assert "请选择遇到了什么问题。" in unchosen
    assert StopProblem.objects.count() == 1


def test_every_form_of_the_page_has_a_number_of_its_own(at_wheel: Client, route: "Route") -> None:
    page = at_wheel.get(f"/driver/{route.public_id}/").content.decode()

    numbers = re.findall(r'name="uuid"\s+value="([0-9a-f-]{36})"', page)

    assert len(numbers) == len(set(numbers)) == 2


def test_another_drivers_route_is_as_missing_as_none(
    world: "World", wave: "Wave", route: "Route", first: "Stop", acting_as: Any
) -> None:
    from tests.fleet import driver

    other: Client = acting_as(driver(world.warehouse, name="牛师傅", phone="13800000032"))

    assert "没有安排给您的线路" in words(other.get("/driver/"))
    for key in (route.public_id, uuid4(), "nonsense"):
        assert other.get(f"/driver/{key}/").status_code == 404
        for deed in PRESSES:
            assert other.post(f"/driver/{key}/stops/{first.public_id}/{deed}/").status_code == 404
    first.refresh_from_db()
    assert first.state == "on_the_way"


def test_a_post_that_is_taken_away_takes_the_routes_with_it(
    at_wheel: Client, ma: "User", world: "World", route: "Route"
) -> None:
    from fulfillment.models import DriverPost
    from groupbuy.models import Warehouse

    DriverPost.objects.update(active=False)
    without = at_wheel.get(f"/driver/{route.public_id}/")
    elsewhere = Warehouse.objects.create(code="WH2", name="萧山仓", city="杭州市", address="-")
    DriverPost.objects.create(warehouse=elsewhere, user=ma)

    assert without.status_code == 403
    assert "还没有司机岗位" in words(without)
    assert at_wheel.get(f"/driver/{route.public_id}/").status_code == 404


def test_others_are_told_that_they_have_no_post(shopper: Client, leader: Client, route: "Route") -> None:
    for client in (shopper, leader):
        assert client.get("/driver/").status_code == 403
        assert client.get(f"/driver/{route.public_id}/").status_code == 403


def test_a_stop_of_another_route_is_not_reached_through_ones_own(
    at_wheel: Client, world: "World", route: "Route", first: "Stop"
) -> None:
    from tests.fleet import wave_of_points

    other = wave_of_points(world, {"甲": (1000, 0)}).stops.get()

    for deed in PRESSES:
        assert at_wheel.post(f"/driver/{route.public_id}/stops/{other.public_id}/{deed}/").status_code == 404


def test_a_link_opens_its_route_without_a_log_in_and_works(visitor: Client, route: "Route", first: "Stop") -> None:
    link = made_link(route)

    opened = words(visitor.get(link))
    arrived = press(visitor, link.split("/")[2], first, "arrive")

    assert "翠苑小店" in opened
    assert "到达，等团长签收" in arrived
    first.refresh_from_db()
    assert first.state == "arrived"
    assert "退出" not in opened


def test_a_new_link_ends_the_old_one_and_so_does_time_and_the_operator(visitor: Client, route: "Route") -> None:
    import datetime as dt

    from fulfillment.services.driver_links import driver_link_end
    from tests.world import shift_clock

    old, new = made_link(route), made_link(route)

    assert (visitor.get(old).status_code, visitor.get(new).status_code) == (410, 200)
    shift_clock(by=dt.timedelta(hours=24, seconds=1))
    assert visitor.get(new).status_code == 410
    shift_clock(by=dt.timedelta())
    assert visitor.get(new).status_code == 200
    driver_link_end(route_id=route.pk)
    assert "请向仓库要新的链接" in words(visitor.get(new))


def test_a_link_ends_when_the_route_gets_another_driver(world: "World", visitor: Client, ma: "User") -> None:
    from fulfillment.services.routes import route_assign
    from tests.fleet import wave_of_points

    route = wave_of_points(world, {"甲": (1000, 0)}).routes.get()
    link = made_link(route)
    before = visitor.get(link).status_code

    route_assign(route_id=route.pk, vehicle_id=None, driver_id=ma.pk)

    assert (before, visitor.get(link).status_code) == (200, 410)


def test_a_link_that_nobody_signed_is_missing(visitor: Client, route: "Route") -> None:
    token = made_link(route).split("/")[2]
    number, dot, signature = token.partition(".")

    for forged in (f"{number[:-1]}2.{signature}", f"{number}.x", f"{number}{dot}", "a.b"):
        assert visitor.get(f"/driver/{forged}/").status_code == 404


def test_the_page_of_six_stops_costs_seven_statements(
    world: "World", ma: "User", acting_as: Any, django_assert_num_queries: Any
) -> None:
    from tests.fleet import vehicle, wave_of_points

    vehicle(world.warehouse, "浙A00009", route_name="一号线", driver=ma)
    client: Client = acting_as(ma)
    short = wave_of_points(world, {f"点{number}": (100 * number, 0) for number in range(1, 7)}).routes.get()

    with django_assert_num_queries(7):
        client.get(f"/driver/{short.public_id}/")
