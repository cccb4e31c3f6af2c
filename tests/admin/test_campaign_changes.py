"""The pages on which an operator extends or cancels a campaign, or withdraws an offer: shown first, then done once."""

import re
from typing import Any

from django.test import Client
from django.urls import reverse

from groupbuy.kernel import clock
from groupbuy.models import AuditEvent, Campaign, Offer, Order, PointStaff, Refund, User
from leaders.domain.states import LeaderState
from leaders.models import Leader
from leaders.services.leaders import leader_move
from tests import world as build
from tests.admin.test_deeds import confirm, deed, told


def shown(client: Client, url: str) -> dict[str, str]:
    page = client.get(url).content.decode()
    return dict(re.findall(r"<dt[^>]*>\s*([^<]+?)\s*</dt>\s*<dd[^>]*>\s*([^<]+?)\s*</dd>", page))


def buttons(client: Client, label: str, row: Any) -> str:
    page: str = client.get(deed(label, row, "change")).content.decode()
    return page


def steps(page: str) -> list[str]:
    """Return the titles of the campaign's timeline."""
    return re.findall(r"(?s)whitespace-nowrap\"><div>\s*<[^>]+>\s*([^<]+?)\s*<", page)


def test_an_offer_is_withdrawn_with_what_was_shown(world: build.World, operator: Client) -> None:
    build.place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 3, world.eggs: 1})
    url = deed("groupbuy.offer", world.tomato, "withdraw")

    facts = shown(operator, url)
    unexplained = confirm(operator, url)
    done = [confirm(operator, url, reason="抽检不合格") for _ in range(2)]

    assert (facts["涉及订单"], facts["涉及人数"], facts["退款"]) == ("1", "1", "¥\N{NO-BREAK SPACE}11.97")
    assert unexplained.status_code == 200  # asked again: the reason is missing
    assert told(done[0])[-1] == "番茄 500 g：涉及 1 单、1 人，退款 ¥\N{NO-BREAK SPACE}11.97"
    assert told(done[1])[-1] == "番茄 500 g：涉及 0 单、0 人，退款 ¥\N{NO-BREAK SPACE}0.00"
    assert (Refund.objects.get().amount_fen, Order.objects.get().state) == (1197, "paid")
    audit = AuditEvent.objects.get(action="offer_withdraw")
    assert (audit.actor, audit.facts["reason"]) == (User.objects.get(username="平台运营"), "抽检不合格")
    world.tomato.refresh_from_db()
    assert world.tomato.withdrawn_at is not None


def test_a_campaign_is_cancelled_with_what_was_shown(world: build.World, operator: Client) -> None:
    build.place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 3})
    build.place(shopper=world.neighbour, group=world.group, quantities={world.tomato: 3})
    url = deed("groupbuy.campaign", world.campaign, "cancel")

    facts = shown(operator, url)
    confirm(operator, url, reason="冷库断电")

    assert (facts["涉及订单"], facts["涉及人数"], facts["退款"]) == ("2", "2", "¥\N{NO-BREAK SPACE}11.97")
    assert (Campaign.objects.get().state, Refund.objects.get().amount_fen) == ("cancelled", 1197)


def test_a_cutoff_is_put_off_to_the_time_that_was_typed(world: build.World, operator: Client) -> None:
    url = deed("groupbuy.campaign", world.campaign, "extend")
    wanted = (world.campaign.cutoff_at + build.HOUR).astimezone(clock.local_zone()).replace(second=0, microsecond=0)

    answer = confirm(operator, url, cutoff_at=f"{wanted:%Y-%m-%dT%H:%M}", reason="雨太大")
    refused = confirm(operator, url, cutoff_at="2020-01-01T00:00", reason="雨太大")

    assert "截单时间改为" in told(answer)[-1]
    assert "不能早于最初公布的截单时间" in told(refused)[-1]
    assert Campaign.objects.get().cutoff_at == wanted


def test_finance_changes_no_campaign(world: build.World, finance: Client) -> None:
    for label, row, name in (
        ("groupbuy.campaign", world.campaign, "extend"),
        ("groupbuy.campaign", world.campaign, "cancel"),
        ("groupbuy.offer", world.tomato, "withdraw"),
    ):
        assert confirm(finance, deed(label, row, name), reason="x").status_code == 403

    assert Campaign.objects.get().state == "open"
    assert not Offer.objects.exclude(withdrawn_at=None).exists()


def test_the_buttons_go_when_there_is_nothing_more_to_do(world: build.World, operator: Client) -> None:
    assert "下架" in buttons(operator, "groupbuy.offer", world.tomato)
    confirm(operator, deed("groupbuy.campaign", world.campaign, "cancel"), reason="冷库断电")

    assert deed("groupbuy.campaign", world.campaign, "cancel") not in buttons(
        operator, "groupbuy.campaign", world.campaign
    )
    assert deed("groupbuy.offer", world.tomato, "withdraw") not in buttons(operator, "groupbuy.offer", world.tomato)


def test_a_group_is_moved_with_what_was_shown(world: build.World, operator: Client) -> None:
    build.place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 3})
    url = deed("groupbuy.group", world.group, "move")
    post = PointStaff.objects.get(user=world.other_leader)

    facts = shown(operator, url)
    page = operator.get(url).content.decode()
    answer = confirm(operator, url, post=post.pk, reason="团长住院")

    assert (facts["现自提点"], facts["现团长"]) == ("翠苑小店（文一路 1 号）", "陈团长")
    assert (facts["随团订单"], facts["顾客"], facts["件数"]) == ("1", "1", "3")
    assert "古荡驿站（HZ0002）　何团长　文一路 2 号　1.0 公里" in page
    assert told(answer)[-1].endswith("换走 1 单、1 人、3 件")
    assert Order.objects.get().point == world.far
    assert url not in buttons(operator, "groupbuy.group", world.group)


def test_all_groups_of_a_leader_are_moved_with_what_was_shown(world: build.World, operator: Client) -> None:
    build.place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 3})
    leader = Leader.objects.get(user=world.leader)
    leader_move(leader_id=leader.pk, new=LeaderState.SUSPENDED, actor_id=world.staff.pk, reason="失联")
    url = deed("leaders.leader", leader, "move_groups")
    post = PointStaff.objects.get(user=world.other_leader)
    waiting = reverse("admin:groupbuy_group_changelist") + "?leader_away=yes"

    listed = operator.get(waiting).context["cl"].result_list
    facts = shown(operator, url)
    answer = confirm(operator, url, post=post.pk, reason="团长停用")

    assert list(listed) == [world.group]
    assert (facts["社区团"], facts["随团订单"], facts["顾客"]) == ("1", "1", "1")
    assert told(answer)[-1].endswith("换走 1 个团、1 单")
    assert Order.objects.get().leader == world.other_leader
    assert not operator.get(waiting).context["cl"].result_list


def test_only_an_operator_moves_groups(world: build.World, finance: Client) -> None:
    url = deed("groupbuy.group", world.group, "move")

    assert confirm(finance, url, post=1, reason="x").status_code == 403


def test_a_campaign_is_taken_out_of_its_wave_held_and_let_go_on(world: build.World, operator: Client) -> None:
    build.place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 3})
    wave = build.build_wave(campaign=world.campaign)
    url = deed("groupbuy.campaign", world.campaign, "void_and_hold")

    refused = confirm(operator, deed("groupbuy.campaign", world.campaign, "cancel"), reason="冷库断电")
    facts = shown(operator, url)
    confirm(operator, url, reason="团长住院")

    assert "请先作废未发车的波次并暂停活动" in told(refused)[-1]
    assert (facts["波次"], facts["波次里的活动"], facts["件数"]) == (str(wave), "1", "3")
    wave.refresh_from_db()
    held = Campaign.objects.get()
    assert (wave.state, held.taken_at, held.held_reason) == ("voided", None, "团长住院")
    assert url not in buttons(operator, "groupbuy.campaign", world.campaign)
    confirm(operator, deed("groupbuy.campaign", world.campaign, "release"))
    assert Campaign.objects.get().held_at is None


def test_a_wave_is_voided_and_its_campaigns_held_in_one_step(world: build.World, operator: Client) -> None:
    build.place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 3})
    wave = build.build_wave(campaign=world.campaign)

    confirm(operator, deed("fulfillment.wave", wave, "void"), reason="团长住院", hold="on")

    assert Campaign.objects.get().held_at is not None


def test_a_clerk_takes_no_campaign_out_of_its_wave(world: build.World, clerk: Client) -> None:
    build.place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 3})
    build.build_wave(campaign=world.campaign)

    assert confirm(clerk, deed("groupbuy.campaign", world.campaign, "void_and_hold"), reason="x").status_code == 403


def test_a_campaign_is_held_before_its_cutoff(world: build.World, operator: Client) -> None:
    confirm(operator, deed("groupbuy.campaign", world.campaign, "hold"), reason="等检测报告")

    assert Campaign.objects.get().held_reason == "等检测报告"
    page = buttons(operator, "groupbuy.campaign", world.campaign)
    assert "等检测报告" in page
    assert steps(page) == ["开团", "截单", "停止下单", "截单完成", "暂停进波次", "进波次", "计划发车"]
    assert "暂停进波次的活动" in operator.get("/admin/").content.decode()


def test_an_open_offer_gets_other_terms_and_a_refusal_is_told(world: build.World, operator: Client) -> None:
    build.place(shopper=world.shopper, group=world.group, quantities={world.tomato: 3})
    url = deed("groupbuy.offer", world.tomato, "adjust")
    terms = {"price_fen": "3.50", "price_steps": "2030-01-01 21:00 2.99", "stock": "20", "reason": "到货多"}

    refused = confirm(operator, url, **terms, per_shopper="2")
    confirm(operator, url, **terms, per_shopper="5")

    world.tomato.refresh_from_db()
    assert "限量不能低于已有人买到的件数。" in told(refused)[-1]
    assert (world.tomato.price_fen, world.tomato.stock, world.tomato.per_shopper) == (350, 20, 5)
    assert [step.price_fen for step in world.tomato.price_steps.all()] == [299]
    assert AuditEvent.objects.get(action="offer_change").facts["after"]["stock"] == 20


def test_the_timeline_of_a_cancelled_campaign_ends_there(world: build.World, operator: Client) -> None:
    extended = (world.campaign.cutoff_at + build.HOUR).astimezone(clock.local_zone())
    url = deed("groupbuy.campaign", world.campaign, "extend")
    confirm(operator, url, cutoff_at=f"{extended:%Y-%m-%dT%H:%M}", reason="雨太大")
    confirm(operator, deed("groupbuy.campaign", world.campaign, "close_early"))

    closed = steps(buttons(operator, "groupbuy.campaign", world.campaign))
    confirm(operator, deed("groupbuy.campaign", world.campaign, "cancel"), reason="冷库断电")
    cancelled = steps(buttons(operator, "groupbuy.campaign", world.campaign))

    assert closed == ["开团", "原定截单", "改为截单", "停止下单", "截单完成", "进波次", "计划发车"]
    assert cancelled == ["开团", "改为截单", "已取消"]
