"""Forms of the back office: drafts, offers in yuan, accounts. Each is written by a service."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.models import Vehicle
from groupbuy.kernel.backoffice.fields import YuanField
from groupbuy.models import AuditEvent, Campaign, Offer, StateChange, User
from groupbuy.services.campaigns import campaign_open, groups_add
from tests import world as build
from tests.admin.test_deeds import draft

ADD = "/admin/groupbuy/campaign/add/"


@given(st.integers(min_value=0, max_value=9_999_999_999))
def test_fen_come_back_as_they_went(fen: int) -> None:
    field = YuanField()

    assert field.clean(str(field.prepare_value(fen))) == fen
    assert not field.has_changed(fen, str(field.prepare_value(fen)))


@pytest.mark.parametrize("typed", ["1.234", "-1", "abc", "NaN", "1e20"])
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        YuanField().clean(typed)


def test_an_amount_is_shown_in_yuan() -> None:
    assert YuanField().prepare_value(1230) == Decimal("12.30")


def terms(world: build.World, **changed: Any) -> dict[str, Any]:
    """What the browser sends for a campaign with one offer of ``price`` yuan."""
    return {
        "title": "周四海鲜团",
        "warehouse": world.warehouse.pk,
        "opens_at_0": "2030-01-01",
        "opens_at_1": "06:00",
        "cutoff_at_0": "2030-01-01",
        "cutoff_at_1": "23:00",
        "delivery_date": "2030-01-02",
        "minimum_kind": "",
        "minimum_value": "0",
        **offers(0, sku=world.tomato.sku_id, price_fen="12.30", stock="50"),
        **changed,
    }


def offers(kept: int, **columns: Any) -> dict[str, Any]:
    row = {"minimum": "1", "step": "1", "minimum_total": "0", **columns}
    return {
        "offers-TOTAL_FORMS": "1",
        "offers-INITIAL_FORMS": str(kept),
        **{f"offers-0-{name}": value for name, value in row.items()},
    }


def test_a_campaign_is_drafted_with_its_offers(world: build.World, operator: Client) -> None:
    answer = operator.post(ADD, terms(world))

    assert answer.status_code == 302
    campaign = Campaign.objects.get(title="周四海鲜团")
    assert campaign.cutoff_at == dt.datetime(2030, 1, 1, 15, 0, tzinfo=dt.UTC)
    assert campaign.dispatch_at == dt.datetime(2030, 1, 1, 21, 0, tzinfo=dt.UTC)
    offer = campaign.offers.get()
    assert (offer.price_fen, offer.list_price_fen, offer.cost_fen, offer.stock) == (1230, 599, 299, 50)
    born = StateChange.objects.get(machine="campaign", subject_id=campaign.pk)
    assert (born.new, born.actor) == ("draft", User.objects.get(username="平台运营"))


def test_a_wrong_offer_leaves_no_campaign_behind(world: build.World, operator: Client) -> None:
    answer = operator.post(ADD, terms(world, **offers(0, sku=world.tomato.sku_id, price_fen="1.234")))

    assert answer.status_code == 200
    assert not Campaign.objects.filter(title="周四海鲜团").exists()


def test_an_offer_without_a_price_takes_the_list_price(world: build.World, operator: Client) -> None:
    operator.post(ADD, terms(world, **offers(0, sku=world.tomato.sku_id, price_fen="")))

    assert Campaign.objects.get(title="周四海鲜团").offers.get().price_fen == 599


def test_price_steps_are_written_one_a_line_and_come_back_as_they_were(world: build.World, operator: Client) -> None:
    typed = "2030-01-01 21:00 3.50\r\n2030-01-01 20:00 3.80\r\n"
    operator.post(ADD, terms(world, **offers(0, sku=world.tomato.sku_id, price_fen="3.99", price_steps=typed)))
    campaign = Campaign.objects.get(title="周四海鲜团")
    offer = campaign.offers.get()
    url = reverse("admin:groupbuy_campaign_change", args=[campaign.pk])
    page = operator.get(url).content.decode()

    kept = {"id": offer.pk, "campaign": campaign.pk, "sku": offer.sku_id, "price_fen": "3.99"}
    stored = list(offer.price_steps.values_list("starts_at", "price_fen"))
    operator.post(url, terms(world, **offers(1, **kept, price_steps="2030-01-01 20:00 3.80")))
    left = list(offer.price_steps.values_list("starts_at", "price_fen"))
    operator.post(url, terms(world, **offers(1, **kept, price_steps="2030-01-01 20:00 3.80", DELETE="on")))

    at_eight = dt.datetime(2030, 1, 1, 12, tzinfo=dt.UTC)
    assert stored == [(at_eight, 380), (at_eight + dt.timedelta(hours=1), 350)]
    assert "2030-01-01 20:00 3.80\n2030-01-01 21:00 3.50</textarea>" in page
    assert left == [(at_eight, 380)]
    assert not Offer.objects.filter(campaign=campaign).exists()


@pytest.mark.parametrize("typed", ["21:00 3.50", "2030-01-01 21:00", "2030-01-01 21:00 -1", "2030-01-01 21:00 x"])
def test_a_price_step_that_nobody_understands_is_refused(world: build.World, operator: Client, typed: str) -> None:
    answer = operator.post(ADD, terms(world, **offers(0, sku=world.tomato.sku_id, price_steps=typed)))

    assert answer.status_code == 200
    assert not Campaign.objects.filter(title="周四海鲜团").exists()


def test_a_campaign_that_closes_before_it_opens_is_refused(world: build.World, operator: Client) -> None:
    answer = operator.post(ADD, terms(world, cutoff_at_1="05:00"))

    assert answer.status_code == 200
    assert "截单时间必须晚于开团时间。" in answer.content.decode()
    assert not Campaign.objects.filter(title="周四海鲜团").exists()


def test_a_draft_is_corrected_and_an_offer_removed(world: build.World, operator: Client) -> None:
    operator.post(ADD, terms(world))
    campaign = Campaign.objects.get(title="周四海鲜团")
    offer = campaign.offers.get()
    url = reverse("admin:groupbuy_campaign_change", args=[campaign.pk])
    kept = {"id": offer.pk, "campaign": campaign.pk, "sku": offer.sku_id}

    operator.post(url, terms(world, title="周五海鲜团", **offers(1, **kept, price_fen="9.99", stock="")))
    offer.refresh_from_db()
    corrected = (offer.price_fen, offer.stock)
    operator.post(url, terms(world, title="周五海鲜团", **offers(1, **kept, price_fen="9.99", stock="", DELETE="on")))

    campaign.refresh_from_db()
    assert campaign.title == "周五海鲜团"
    assert corrected == (999, None)
    assert not Offer.objects.filter(campaign=campaign).exists()
    assert AuditEvent.objects.filter(action="offers_change", subject_id=campaign.pk).count() == 3


def test_an_open_campaign_cannot_be_edited(world: build.World, operator: Client) -> None:
    campaign = draft(world)
    groups_add(campaign=campaign, point_ids=[world.near.pk])
    campaign_open(campaign_id=campaign.pk)

    answer = operator.post(reverse("admin:groupbuy_campaign_change", args=[campaign.pk]), terms(world, title="改了"))

    assert answer.status_code == 403
    campaign.refresh_from_db()
    assert campaign.title == "草稿团"


def test_an_account_is_made_with_its_phone_sealed(world: build.World, operator: Client) -> None:
    answer = operator.post(
        "/admin/groupbuy/user/add/",
        {"username": "zhou", "display_name": "周文员", "phone": "139 0000 1234", "password": "a long pass phrase"},
    )

    assert answer.status_code == 302
    user = User.objects.get(username="zhou")
    assert (user.phone, user.masked_phone) == ("13900001234", "139****1234")
    assert user.check_password("a long pass phrase")
    assert (user.is_staff, user.is_superuser) == (False, False)
    assert AuditEvent.objects.filter(action="account_create", subject_id=user.pk).count() == 1


@pytest.mark.parametrize(
    ("phone", "told"), [("13800000001", "这个手机号已有账号。"), ("12345", "请填写 11 位手机号。")]
)
def test_a_phone_that_is_taken_or_wrong_is_refused(world: build.World, operator: Client, phone: str, told: str) -> None:
    answer = operator.post("/admin/groupbuy/user/add/", {"username": "zhou", "phone": phone, "password": ""})

    assert told in answer.content.decode()
    assert not User.objects.filter(username="zhou").exists()


def test_an_operator_makes_nobody_staff_and_touches_no_superuser(world: build.World, operator: Client) -> None:
    boss = User.objects.create_superuser("boss", None)
    neighbour = {"display_name": "赵邻居", "is_active": "on", "is_staff": "on", "is_superuser": "on"}

    operator.post(reverse("admin:groupbuy_user_change", args=[world.neighbour.pk]), neighbour)
    refused = operator.post(reverse("admin:groupbuy_user_change", args=[boss.pk]), {"display_name": "x"})

    world.neighbour.refresh_from_db()
    assert (world.neighbour.is_staff, world.neighbour.is_superuser) == (False, False)
    assert refused.status_code == 403
    boss.refresh_from_db()
    assert boss.is_active


def test_a_vehicle_is_entered_with_its_costs_in_yuan(world: build.World, operator: Client) -> None:
    typed = {
        "plate": "浙A12345",
        "warehouse": world.warehouse.pk,
        "active": "on",
        "crates": "60",
        "capacity_kg": "900",
        "shift_from": "04:30",
        "shift_to": "12:00",
        "fixed_fen": "80",
        "per_km_fen": "1.50",
    }

    refused = operator.post("/admin/fulfillment/vehicle/add/", {**typed, "shift_to": "04:00"})
    answer = operator.post("/admin/fulfillment/vehicle/add/", typed)

    assert "班次结束应晚于班次开始" in refused.content.decode()
    assert answer.status_code == 302
    vehicle = Vehicle.objects.get()
    assert (vehicle.fixed_fen, vehicle.per_km_fen, vehicle.capacity_kg) == (8000, 150, 900)
