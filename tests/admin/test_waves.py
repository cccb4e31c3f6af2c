"""Waves in the back office: built, joined by late campaigns, closed, sent off, voided for a reason that stays to be seen."""

from django.test import Client
from django.urls import reverse

from fulfillment.models import PaperIssue, Stop, Wave, WaveCampaign
from fulfillment.services.waves import wave_build
from groupbuy.models import Campaign, Refund, StateChange
from groupbuy.services.campaigns import OfferWanted
from tests import world as build
from tests.admin.test_deeds import accepted, confirm, deed, told
from tests.shortages import short


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


def wave_of(world: build.World) -> Wave:
    accepted(world)
    wave = wave_build(warehouse_id=world.warehouse.pk, delivery_date=world.campaign.delivery_date)
    assert wave is not None
    return wave


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


def test_a_wave_is_sent_off_once(world: build.World, operator: Client) -> None:
    wave = wave_of(world)
    url = deed("fulfillment.wave", wave, "dispatch")

    first = confirm(operator, url)
    second = confirm(operator, url)

    assert "立即发车：成功 1 项。" in told(first)
    assert f"{wave}：状态已变化，请刷新后再试。" in told(second)
    assert set(Stop.objects.values_list("state", flat=True)) == {"on_the_way"}


def test_a_pick_is_closed_after_a_look_at_what_goes_back(world: build.World, operator: Client) -> None:
    wave = wave_of(world)
    missing = short(wave, world.tomato, 1, by=world.picker)
    url = deed("fulfillment.wave", wave, "close_pick")

    asked = operator.get(url).content.decode()
    first = confirm(operator, url)
    second = confirm(operator, url)
    undone = confirm(operator, deed("fulfillment.shortage", missing, "undo"))

    assert "¥\N{NO-BREAK SPACE}3.99" in asked
    assert f"{wave}：1 个订单退款 ¥\N{NO-BREAK SPACE}3.99" in told(first)
    assert f"{wave}：拣货已经结束，或波次已发车、已作废。" in told(second)
    assert f"{missing}：拣货已结束，不能再登记或撤销。" in told(undone)
    shown = operator.get(reverse("admin:fulfillment_shortage_change", args=[missing.pk])).content.decode()
    refund = Refund.objects.get()
    assert refund.amount_fen == 399
    assert all(text in shown for text in (refund.out_refund_no, refund.order.number, "林小满", "先付先得"))


def test_a_wave_is_voided_with_a_reason_only(world: build.World, operator: Client) -> None:
    wave = wave_of(world)
    url = deed("fulfillment.wave", wave, "void")

    without = confirm(operator, url, reason="")
    confirm(operator, url, reason="仓库停电")

    assert without.status_code == 200
    wave.refresh_from_db()
    assert wave.state == "voided"
    assert StateChange.objects.get(machine="wave", subject_id=wave.pk, new="voided").reason == "仓库停电"
    assert not WaveCampaign.objects.filter(wave=wave, active=True).exists()
