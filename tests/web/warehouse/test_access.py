"""Who gets into the warehouse console, and who may press there."""

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.test import Client

from tests.web.reading import words

if TYPE_CHECKING:
    from fulfillment.models import Wave
    from tests.world import World

PAGES = (
    "",
    "live/",
    "pick/",
    "sort/",
    "positions/",
    "weigh/",
    "shortages/",
    "close/",
    "dispatch/",
    "void/",
    "join/",
    "papers/pick.csv",
)
PRESSES = (
    "pick/confirm/",
    "pick/undo/",
    "sort/confirm/",
    "sort/all/",
    "sort/undo/",
    "weigh/record/",
    "weigh/undo/",
    "shortages/record/",
    "shortages/undo/",
    "close/",
    "dispatch/",
    "void/",
    "join/",
)


def test_a_stranger_is_asked_to_log_in_and_comes_back(visitor: Client, where: str) -> None:
    for page in PAGES:
        answer = visitor.get(where + page)
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/warehouse/login/?next={where}{page}")


def test_a_picker_logs_in_by_phone_and_password_and_out_again(world: "World", visitor: Client, wave: "Wave") -> None:
    from tests.world import PASSWORD

    page = visitor.post("/warehouse/login/", {"username": "13800000021", "password": PASSWORD}, follow=True)

    assert "待发车 1 个波次" in words(page)
    assert visitor.post("/warehouse/logout/").headers["Location"] == "/warehouse/login/"
    assert visitor.get("/warehouse/").status_code == 302


def test_whoever_has_no_post_is_told_whom_to_ask(shopper: Client, leader: Client, where: str) -> None:
    for client in (shopper, leader):
        for page in ("/warehouse/", *(where + page for page in PAGES)):
            assert client.get(page).status_code == 403
        for page in PRESSES:
            assert client.post(where + page).status_code == 403


def test_another_warehouses_wave_is_as_missing_as_none(world: "World", acting_as: Any, where: str) -> None:
    from groupbuy.models import Warehouse, WarehouseStaff
    from tests.world import person

    other = Warehouse.objects.create(code="WH2", name="成都仓", city="成都市", address="一路")
    stranger = person(name="郑外仓", phone="13800000029")
    WarehouseStaff.objects.create(warehouse=other, user=stranger)
    client = acting_as(stranger)

    assert "现在没有要拣的波次" in words(client.get("/warehouse/"))
    for page in PAGES:
        assert client.get(where + page).status_code == 404
    for page in PRESSES:
        assert client.post(where + page, {"event": str(uuid4()), "sku": "TOMATO", "pieces": 1}).status_code == 404


def test_staff_who_may_only_look_cannot_press(world: "World", acting_as: Any, where: str) -> None:
    from django.contrib.auth.models import Permission

    world.staff.user_permissions.set(Permission.objects.filter(codename="view_wave"))
    client = acting_as(world.staff)

    assert client.get(where).status_code == 200
    assert client.post(where + "pick/confirm/", {"event": str(uuid4()), "sku": "TOMATO"}).status_code == 403
