"""Waves in the back office: built by hand, joined by late campaigns, voided for a reason that stays to be seen."""

from django.test import Client
from django.urls import reverse

from fulfillment.models import PaperIssue, Wave
from groupbuy.models import Campaign
from groupbuy.services.campaigns import OfferWanted
from tests import world as build
from tests.admin.test_deeds import confirm, deed, told


def frozen(world: build.World) -> Campaign:
    build.place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 3})
    build.close_and_freeze(campaign=world.campaign)
    return world.campaign


def late(world: build.World) -> Campaign:
    opened = build.open_campaign(
        warehouse=world.warehouse,
        points=[world.near, world.far],
        offers=[OfferWanted(sku=world.eggs.sku)],
        title="加单",
    )
    offer = opened.offers.get()
    build.place_and_pay(shopper=world.neighbour, group=opened.groups.get(point=world.far), quantities={offer: 2})
    build.close_and_freeze(campaign=opened)
    return opened


def test_a_wave_is_built_by_hand_after_its_numbers_were_shown(world: build.World, operator: Client) -> None:
    url = deed("groupbuy.campaign", frozen(world), "wave_build")

    asked = operator.get(url).content.decode()
    answer = confirm(operator, url)

    assert "1 单 · 1 个自提点 · 3 件" in asked
    wave = Wave.objects.get()
    assert told(answer) == [f"周末鲜食团：已建波次 {wave}"]
    assert wave.issues.get().actor is not None


def test_a_late_campaign_joins_after_its_numbers_were_shown(world: build.World, operator: Client) -> None:
    confirm(operator, deed("groupbuy.campaign", frozen(world), "wave_build"))
    wave = Wave.objects.get()
    campaign = late(world)
    url = deed("fulfillment.wave", wave, "join")

    asked = operator.get(url).content.decode()
    without_reason = confirm(operator, url, campaigns=[campaign.pk])
    answer = confirm(operator, url, campaigns=[campaign.pk], reason="晚截单")

    assert "加单（1 单 · 2 件 · 1 个自提点，其中新增 1 个）" in asked
    assert without_reason.status_code == 200
    assert told(answer) == [f"{wave}：单据已更新为 v2，请重新打印，并按差异调整已拣的货"]
    assert list(PaperIssue.objects.order_by("version").values_list("version", "reason")) == [(1, ""), (2, "晚截单")]


def test_a_campaign_that_is_not_offered_cannot_be_smuggled_in(world: build.World, operator: Client) -> None:
    confirm(operator, deed("groupbuy.campaign", frozen(world), "wave_build"))
    wave = Wave.objects.get()

    answer = confirm(operator, deed("fulfillment.wave", wave, "join"), campaigns=[world.campaign.pk], reason="晚截单")

    assert answer.status_code == 200
    assert PaperIssue.objects.count() == 1


def test_a_voided_wave_shows_why(world: build.World, operator: Client) -> None:
    confirm(operator, deed("groupbuy.campaign", frozen(world), "wave_build"))
    wave = Wave.objects.get()

    confirm(operator, deed("fulfillment.wave", wave, "void"), reason="冷库停电")

    shown = operator.get(reverse("admin:fulfillment_wave_change", args=[wave.pk])).content.decode()
    assert "冷库停电" in shown
    assert "加入活动" not in shown


def test_finance_builds_and_joins_nothing(world: build.World, operator: Client, finance: Client) -> None:
    campaign = frozen(world)

    assert confirm(finance, deed("groupbuy.campaign", campaign, "wave_build")).status_code == 403
    confirm(operator, deed("groupbuy.campaign", campaign, "wave_build"))
    assert confirm(finance, deed("fulfillment.wave", Wave.objects.get(), "join"), reason="x").status_code == 403
