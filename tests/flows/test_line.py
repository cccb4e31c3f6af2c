"""
The line over HTTP, with real web, worker, beat and payment provider: from an application to a commission.

Sums are worked out by hand in the comments; ``check_books`` has the last word.
"""

import csv
import datetime as dt
import io
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from python_calamine import load_workbook

from groupbuy.domain.words import Zone
from groupbuy.kernel import clock
from groupbuy.models import Campaign, Community, User, Warehouse, WarehouseStaff
from groupbuy.services.roles import OPERATOR, roles_ensure
from leaders.models import InviteCode, LeaderApplication
from tests.books import assert_books
from tests.rig import BackOffice, Person, Rig, running
from tests.world import PASSWORD, person, sku, staff_member

pytestmark = [pytest.mark.flow, pytest.mark.django_db(transaction=True)]

CODE = "246810"


@pytest.fixture
def rig(transactional_db: None, tmp_path: Path) -> Iterator[Rig]:
    # Three seconds of payment grace; the trucks of today leave at midnight, so as soon as they are loaded.
    times = {"GROUPBUY_PAYMENT_GRACE_SECONDS": "3", "GROUPBUY_DISPATCH_TIME": "00:00"}
    with running(tmp_path, **times) as rig:
        yield rig


def log_in(rig: Rig, *, phone: str, name: str) -> Person:
    someone = rig.person()
    someone.post("auth/code/", {"phone": phone}, expect=202)
    someone.token = someone.post("auth/token/", {"phone": phone, "code": CODE, "name": name}, expect=201)["token"]
    return someone


def log_in_staff(rig: Rig, username: str) -> Person:
    someone = rig.person()
    body = {"username": username, "password": PASSWORD}
    someone.token = someone.post("auth/token/password/", body, expect=201)["token"]
    return someone


def given_the_platform() -> Warehouse:
    """What an operator has set up before the first leader applies: a warehouse, its picker, a catalogue, a code."""
    warehouse = Warehouse.objects.create(code="WH1", name="余杭中心仓", city="杭州市", address="良睦路 1 号")
    for number, name in ((1, "翠苑社区"), (2, "古荡社区")):
        Community.objects.create(
            code=f"33010600000{number}",
            province="浙江省",
            city="杭州市",
            district="西湖区",
            street="翠苑街道",
            name=name,
        )
    WarehouseStaff.objects.create(warehouse=warehouse, user=person(name="周拣货", phone="13800000021"))
    InviteCode.objects.create(code="WELCOME1")
    staff_member().groups.add(roles_ensure()[OPERATOR])
    return warehouse


def apply(rig: Rig, *, phone: str, name: str, community: str) -> tuple[Person, str]:
    """Apply over the API; return the applicant and the application's id."""
    leader = log_in(rig, phone=phone, name=name)
    body = {
        "name": name,
        "phone": phone,
        "kind": "shop",
        "community": community,
        "point_name": f"{name}小店",
        "address": "文一路 1 号",
        "group_size": 120,
        "invite_code": "WELCOME1",
    }
    application = leader.post("leader-applications/", body, key=uuid.uuid4().hex, expect=201)
    assert application["state"] == "submitted"
    return leader, application["id"]


def open_campaign(office: BackOffice, warehouse: Warehouse, *, seconds: int) -> Campaign:
    """Draft a campaign with two offers at the back office, for every point; open it. It closes in ``seconds``."""
    tomato = sku(code="TOMATO", name="番茄", spec="500 g", unit="份", zone=Zone.AMBIENT, list_fen=599)
    eggs = sku(code="EGGS", name="鲜鸡蛋", spec="30 枚", unit="盒", zone=Zone.CHILLED, list_fen=1990)
    now = clock.now().astimezone(clock.local_zone())
    cutoff = now + dt.timedelta(seconds=seconds)
    rows = [{"sku": tomato.pk, "price_fen": "3.99", "stock": "10"}, {"sku": eggs.pk, "price_fen": "15.90"}]
    office.send(
        "/admin/groupbuy/campaign/add/",
        title="今晚团",
        warehouse=warehouse.pk,
        opens_at_0=f"{now:%Y-%m-%d}",
        opens_at_1=f"{now:%H:%M:%S}",
        cutoff_at_0=f"{cutoff:%Y-%m-%d}",
        cutoff_at_1=f"{cutoff:%H:%M:%S}",
        delivery_date=f"{now:%Y-%m-%d}",
        minimum_kind="",
        minimum_value="0",
        **{"offers-TOTAL_FORMS": "2", "offers-INITIAL_FORMS": "0"},
        **{f"offers-{i}-{name}": value for i, row in enumerate(rows) for name, value in row.items()},
        **{f"offers-{i}-{name}": "1" for i in (0, 1) for name in ("minimum", "step")},
        **{f"offers-{i}-minimum_total": "0" for i in (0, 1)},
    )
    campaign = Campaign.objects.get()
    office.confirm(reverse("admin:groupbuy_campaign_groups_add", args=[campaign.pk]))
    office.confirm(reverse("admin:groupbuy_campaign_open", args=[campaign.pk]))
    return campaign


def share_code(leader: Person) -> str:
    return str(leader.get("leader/today/")["groups"][0]["share_code"])


def order(shopper: Person, code: str, **quantities: int) -> dict[str, Any]:
    """Find the group by its code and order: product name -> pieces."""
    group = shopper.get(f"groups/by-code/{code}/")["open"][0]
    offers = {offer["name"]: offer for offer in shopper.get(f"groups/{group['id']}/offers/")["results"]}
    lines = [{"offer": offers[name]["id"], "quantity": n} for name, n in quantities.items()]
    expected = sum(offers[name]["price_fen"] * n for name, n in quantities.items())
    body = {"group": group["id"], "lines": lines, "expected_fen": expected}
    key = uuid.uuid4().hex
    placed: dict[str, Any] = shopper.post("orders/", body, key=key, expect=201)
    again = shopper.post("orders/", body, key=key, expect=201)
    assert again["id"] == placed["id"]
    return placed


def pay(rig: Rig, shopper: Person, placed: dict[str, Any]) -> None:
    started = shopper.post(f"orders/{placed['id']}/pay/", {}, key=uuid.uuid4().hex)
    assert started["client_params"]["signType"] == "RSA"
    rig.provider.judge("pay", prepay_id=started["prepay_id"])
    rig.wait_for("paid", lambda: shopper.get(f"orders/{placed['id']}/")["state"] == "paid")


def test_the_whole_line_over_http(rig: Rig) -> None:
    warehouse = given_the_platform()
    operator, picker, office = log_in_staff(rig, "staff"), log_in_staff(rig, "p13800000021"), rig.back_office()
    office.log_in("staff", PASSWORD)
    # One leader is approved over the API, the other in the back office.
    near, application = apply(rig, phone="13800000011", name="陈团长", community="330106000001")
    operator.post(f"review/applications/{application}/approve/", {}, key=uuid.uuid4().hex)
    far, _ = apply(rig, phone="13800000012", name="何团长", community="330106000002")
    waiting = LeaderApplication.objects.get(state="submitted")
    office.confirm(reverse("admin:leaders_leaderapplication_approve", args=[waiting.pk]), warehouse="")
    assert [who.get("leader-applications/")["results"][0]["state"] for who in (near, far)] == ["approved", "approved"]
    campaign = open_campaign(office, warehouse, seconds=25)
    lin = log_in(rig, phone="13800000001", name="林小满")
    zhao = log_in(rig, phone="13800000002", name="赵邻居")

    # 3 x 399 + 1590 = 2787; 2 x 399 = 798; 1590 cancelled before the cutoff; 4 x 399 never paid.
    first = order(lin, share_code(near), 番茄=3, 鲜鸡蛋=1)
    second = order(zhao, share_code(far), 番茄=2)
    third = order(zhao, share_code(near), 鲜鸡蛋=1)
    fourth = order(lin, share_code(far), 番茄=4)
    for shopper, placed in ((lin, first), (zhao, second), (zhao, third)):
        pay(rig, shopper, placed)
    zhao.post(f"orders/{third['id']}/cancel/", {}, key=uuid.uuid4().hex)

    # Nobody presses anything from here: beat and worker close, freeze, build and dispatch.
    waves = rig.wait_for("dispatched", lambda: picker.get("warehouse/waves/", state="dispatched")["results"], 90)
    states = {placed["id"]: lin.get(f"orders/{placed['id']}/")["state"] for placed in (first, fourth)}
    assert states == {first["id"]: "accepted", fourth["id"]: "cancelled"}
    assert zhao.get(f"orders/{second['id']}/")["state"] == "accepted"
    rig.wait_for("refunded", lambda: zhao.get(f"orders/{third['id']}/")["refunds"][0]["state"] == "succeeded")
    assert_papers(rig, picker, waves[0]["id"])

    sign(near)
    collect(rig, lin, near, far)
    # 10 % of 3 x 399 = 1197 -> 120, of 1590 -> 159.
    earned = rig.wait_for("commission", lambda: earnings_of(near, 279))
    assert earned == {"pending_fen": 279, "available_fen": 0, "total_fen": 279, "today_fen": 279}
    assert far.get("leader/earnings/")["totals"]["total_fen"] == 0

    campaign.refresh_from_db()
    ledger = rig.provider.judge("ledger")
    # The provider took 2787 + 798 + 1590 and gave 1590 back; of ours 2787 is earned, 798 held.
    assert (ledger["sums"]["paid_fen"], ledger["sums"]["refunded_fen"]) == (5175, 1590)
    assert User.objects.filter(is_staff=False).count() == 5
    assert_books()


def assert_papers(rig: Rig, picker: Person, wave_id: str) -> None:
    """Each paper in each format; demand is 3 + 2 tomatoes and one box of eggs."""
    path = f"warehouse/waves/{wave_id}/papers"
    pick = rows_of(download(rig, picker, f"{path}/pick/", "csv"))
    assert [(row["sku"], row["quantity"]) for row in pick] == [("TOMATO", "5"), ("EGGS", "1")]
    sort = rows_of(download(rig, picker, f"{path}/sort/", "csv"))
    assert sorted((row["sku"], row["quantity"]) for row in sort) == [("EGGS", "1"), ("TOMATO", "2"), ("TOMATO", "3")]
    sheet = load_workbook(io.BytesIO(download(rig, picker, f"{path}/note/", "xlsx"))).get_sheet_by_index(0)
    assert "番茄" in {str(cell) for row in sheet.to_python() for cell in row}
    assert download(rig, picker, f"{path}/note/", "pdf").startswith(b"%PDF")


def download(rig: Rig, picker: Person, path: str, form: str) -> bytes:
    answer = picker.client.get(f"/api/v1/{path}", params={"as": form}, headers=picker._headers(), timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.content


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def sign(leader: Person) -> None:
    (stop,) = leader.get("leader/stops/", state="on_the_way")["results"]
    expected = {line["name"]: line["quantity"] for line in leader.get(f"leader/stops/{stop['id']}/")["lines"]}
    assert expected == {"番茄": 3, "鲜鸡蛋": 1}
    signed = leader.post(f"leader/stops/{stop['id']}/sign/", {"counted": []}, key=uuid.uuid4().hex)
    assert signed["state"] == "signed"


def collect(rig: Rig, shopper: Person, leader: Person, other: Person) -> None:
    """In two parts; the same event twice counts once, and another point's leader does not find the code."""
    rig.wait_for("message", lambda: "到货" in str(shopper.get("messages/")["results"]))
    (mine,) = shopper.get("pickups/")["results"]
    assert other.get("leader/pickups/", code=mine["code"])["results"] == []
    (pickup,) = leader.get("leader/pickups/", code=mine["code"])["results"]
    lines = {line["name"]: line["id"] for line in pickup["lines"]}
    part = {"event": str(uuid.uuid4()), "lines": [{"line": lines["番茄"], "quantity": 1}]}
    rest = {
        "event": str(uuid.uuid4()),
        "lines": [{"line": lines["番茄"], "quantity": 2}, {"line": lines["鲜鸡蛋"], "quantity": 1}],
    }
    for body in (part, part, rest):
        leader.post(f"leader/pickups/{pickup['id']}/confirm/", body, key=uuid.uuid4().hex)
    more = {"event": str(uuid.uuid4()), "lines": [{"line": lines["番茄"], "quantity": 1}]}
    refused = leader.post(f"leader/pickups/{pickup['id']}/confirm/", more, key=uuid.uuid4().hex, expect=409)
    assert refused["errors"][0]["code"] == "nothing_left_to_collect"
    assert [line["collected"] for line in shopper.get("pickups/")["results"][0]["lines"]] == [3, 1]


def earnings_of(leader: Person, total_fen: int) -> dict[str, Any] | None:
    totals: dict[str, Any] = leader.get("leader/earnings/")["totals"]
    return totals if totals["total_fen"] == total_fen else None
