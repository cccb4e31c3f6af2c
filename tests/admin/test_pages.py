"""Every page of the back office opens for those who may, with data and without, and for nobody else."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from groupbuy.models import Order
from tests import world as build
from tests.admin.conftest import logged_in

READ_ONLY = {
    "groupbuy.group",
    "groupbuy.offer",
    "groupbuy.order",
    "groupbuy.payment",
    "groupbuy.refund",
    "groupbuy.billday",
    "groupbuy.billdifference",
    "groupbuy.ledgerentry",
    "groupbuy.creditbalance",
    "groupbuy.creditgrant",
    "groupbuy.coupon",
    "groupbuy.statechange",
    "groupbuy.auditevent",
    "groupbuy.message",
    "groupbuy.outbox",
    "groupbuy.sweep",
    "groupbuy.sweepfailure",
    "groupbuy.sharecode",
    "groupbuy.servicerate",
    "fulfillment.wave",
    "fulfillment.purchaseorder",
    "fulfillment.shortage",
    "fulfillment.weightentry",
    "fulfillment.stop",
    "fulfillment.routeplan",
    "fulfillment.deliverynote",
    "fulfillment.discrepancy",
    "fulfillment.pickup",
    "fulfillment.pickupevent",
    "leaders.leaderapplication",
    "leaders.leader",
    "leaders.commissionentry",
    "auth.group",
}
EDITABLE = {
    "groupbuy.user",
    "groupbuy.community",
    "groupbuy.warehouse",
    "groupbuy.gridwarehouse",
    "groupbuy.pickuppoint",
    "groupbuy.category",
    "groupbuy.supplier",
    "groupbuy.sku",
    "groupbuy.campaign",
    "groupbuy.promotion",
    "groupbuy.couponkind",
    "fulfillment.vehicle",
    "fulfillment.driverpost",
    "leaders.invitecode",
}
MODELS = sorted(READ_ONLY | EDITABLE)


def page(label: str, kind: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_{kind}", args=args)


def registered() -> dict[str, "admin.ModelAdmin[Any]"]:
    return {model._meta.label_lower: shown for model, shown in admin.site._registry.items()}


def test_no_model_is_registered_without_being_listed_here() -> None:
    assert sorted(registered()) == MODELS


def test_every_empty_list_opens(boss: Client) -> None:
    assert {label: boss.get(page(label)).status_code for label in MODELS} == dict.fromkeys(MODELS, 200)


def test_every_list_and_every_row_opens_with_data(busy: build.World, boss: Client) -> None:
    for label, shown in registered().items():
        assert boss.get(page(label)).status_code == 200, label
        row = shown.model._default_manager.order_by("pk").first()
        assert row is not None, f"{label} has no row: the busy world misses it"
        assert boss.get(page(label, "change", row.pk)).status_code == 200, label


def test_every_list_can_be_searched_filtered_and_sorted(busy: build.World, boss: Client) -> None:
    for label in registered():
        opened = boss.get(page(label))
        links = {link for link in re.findall(r'href="(\?[^"]+)"', opened.content.decode()) if "=" in link}
        for query in [*links, "?q=番茄", "?q=1"]:
            answer = boss.get(page(label) + query.replace("&amp;", "&"))
            assert answer.status_code == 200, f"{label}{query}"


def test_rows_of_services_can_be_neither_added_nor_changed(busy: build.World, boss: Client) -> None:
    for label in READ_ONLY:
        row = registered()[label].model._default_manager.order_by("pk").first()
        assert row is not None
        tried = [boss.get(page(label, "add")), boss.post(page(label, "change", row.pk), {})]
        if label != "groupbuy.sweepfailure":  # deleting one means trying again
            tried.append(boss.post(page(label, "delete", row.pk), {"post": "yes"}))

        assert {answer.status_code for answer in tried} == {403}, label


def test_rows_that_others_refer_to_are_never_deleted(busy: build.World, boss: Client) -> None:
    for label in EDITABLE:
        row = registered()[label].model._default_manager.order_by("pk").first()
        assert row is not None

        assert boss.get(page(label, "add")).status_code == 200, label
        assert boss.post(page(label, "delete", row.pk), {"post": "yes"}).status_code == 403, label


def test_shoppers_and_leaders_are_sent_to_the_log_in_page(busy: build.World) -> None:
    for person in (busy.shopper, busy.leader):
        client = logged_in(person)
        for label in MODELS:
            answer = client.get(page(label))
            assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/admin/login/")
        assert client.get("/admin/").status_code == 302


NOT_FOR_THE_OPERATOR = {"groupbuy.ledgerentry", "groupbuy.billday", "groupbuy.billdifference", "auth.group"}
FOR_FINANCE = {
    "groupbuy.campaign",
    "groupbuy.offer",
    "groupbuy.group",
    "groupbuy.order",
    "groupbuy.payment",
    "groupbuy.refund",
    "groupbuy.billday",
    "groupbuy.billdifference",
    "groupbuy.ledgerentry",
    "groupbuy.creditbalance",
    "groupbuy.creditgrant",
    "groupbuy.promotion",
    "groupbuy.couponkind",
    "groupbuy.coupon",
    "groupbuy.statechange",
    "groupbuy.auditevent",
    "groupbuy.servicerate",
    "fulfillment.wave",
    "fulfillment.purchaseorder",
    "fulfillment.shortage",
    "fulfillment.weightentry",
    "fulfillment.pickupevent",
    "leaders.leader",
    "leaders.commissionentry",
}
FOR_THE_CLERK = {
    "groupbuy.warehouse",
    "groupbuy.gridwarehouse",
    "groupbuy.pickuppoint",
    "groupbuy.category",
    "groupbuy.supplier",
    "groupbuy.sku",
    "fulfillment.wave",
    "fulfillment.purchaseorder",
    "fulfillment.shortage",
    "fulfillment.weightentry",
    "fulfillment.stop",
    "fulfillment.routeplan",
    "fulfillment.deliverynote",
    "fulfillment.discrepancy",
    "fulfillment.vehicle",
    "fulfillment.driverpost",
}


@pytest.mark.parametrize(
    ("role", "allowed"),
    [("平台运营", set(MODELS) - NOT_FOR_THE_OPERATOR), ("财务", FOR_FINANCE), ("仓库文员", FOR_THE_CLERK)],
)
def test_each_role_sees_its_lists_and_no_others(member: Callable[[str], Client], role: str, allowed: set[str]) -> None:
    client = member(role)

    opened = {label for label in MODELS if client.get(page(label)).status_code == 200}

    assert opened == allowed
    assert client.get("/admin/").status_code == 200


def test_the_log_in_page_is_chinese_and_leads_to_the_first_page(db: None) -> None:
    opened = Client().get("/admin/login/").content.decode()

    assert "社区团购后台" in opened
    assert 'action="?next=/admin/"' in opened


def test_no_full_phone_and_no_other_host_is_on_any_page(busy: build.World, boss: Client) -> None:
    for label, shown in registered().items():
        row = shown.model._default_manager.order_by("pk").first()
        assert row is not None
        for url in (page(label), page(label, "change", row.pk)):
            text = boss.get(url).content.decode()
            # The small world's log-in names are p and the phone; \b does not match inside them.
            assert not re.search(r"\b1[3-9]\d{9}\b", text), url
            hosts = set(re.findall(r'(?:src|href|action)="https?://([^/"]+)', text))
            assert hosts <= {"testserver"}, url


def test_a_full_phone_finds_the_person_and_his_orders(busy: build.World, operator: Client) -> None:
    people = operator.get(page("groupbuy.user") + "?q=138 0000 0001").content.decode()
    orders = operator.get(page("groupbuy.order") + "?q=13800000001").content.decode()

    assert "138****0001" in people
    assert "138****0002" not in people
    assert Order.objects.get(shopper=busy.shopper).number in orders
    assert Order.objects.get(shopper=busy.neighbour).number not in orders


def test_an_order_number_finds_just_that_order_however_it_is_typed(busy: build.World, operator: Client) -> None:
    wanted, other = Order.objects.get(shopper=busy.shopper), Order.objects.get(shopper=busy.neighbour)

    found = operator.get(page("groupbuy.order"), {"q": f" {wanted.number.lower()} "}).content.decode()

    assert wanted.number in found
    assert other.number not in found
