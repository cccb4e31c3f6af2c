"""What an operator does: each deed asks first, calls the service per row, and shows a refusal in Chinese."""

import datetime as dt
import re
from typing import Any

from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from groupbuy.domain.states import CampaignState, OrderState, RefundState
from groupbuy.domain.words import PointKind, PointRole
from groupbuy.kernel import clock
from groupbuy.kernel.db import run
from groupbuy.models import (
    AuditEvent,
    BillDifference,
    Campaign,
    CreditGrant,
    LedgerEntry,
    Order,
    PointStaff,
    Refund,
    ShareCode,
    StateChange,
    SweepFailure,
    User,
)
from groupbuy.services.campaigns import OfferWanted, campaign_create, offers_add
from leaders.models import Leader, LeaderApplication
from tests import world as build
from tests.admin.busy import apply

KEY = "0123456789abcdef0123456789abcdef"


def deed(label: str, row: Any, name: str) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_{name}", args=[row.pk])


def confirm(client: Client, url: str, **data: Any) -> Any:
    return client.post(url, {"confirmed": "yes", "key": KEY, **data})


def told(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def draft(world: build.World) -> Campaign:
    now = clock.now()
    campaign = campaign_create(
        title="草稿团",
        warehouse=world.warehouse,
        opens_at=now - build.HOUR,
        cutoff_at=now + build.HOUR,
        delivery_date=clock.local_date(now) + dt.timedelta(days=1),
        actor=None,
    )
    offers_add(campaign=campaign, offers=[OfferWanted(sku=world.tomato.sku, price_fen=399)])
    return campaign


def test_a_draft_gets_its_groups_and_is_opened(world: build.World, operator: Client) -> None:
    campaign = draft(world)

    grouped = confirm(operator, deed("groupbuy.campaign", campaign, "groups_add"))
    again = confirm(operator, deed("groupbuy.campaign", campaign, "groups_add"))
    opened = confirm(operator, deed("groupbuy.campaign", campaign, "open"))

    assert told(grouped)[0] == "草稿团：新建 2 个社区团"
    assert told(again)[-1] == "草稿团：新建 0 个社区团"
    assert "开团：成功 1 项。" in told(opened)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.OPEN
    change = StateChange.objects.get(machine="campaign", subject_id=campaign.pk, new="open")
    assert change.actor == User.objects.get(username="平台运营")


def test_asking_changes_nothing(world: build.World, operator: Client) -> None:
    answer = operator.get(deed("groupbuy.campaign", world.campaign, "close_early"))

    assert answer.status_code == 200
    assert "此操作不能撤销" in answer.content.decode()
    world.campaign.refresh_from_db()
    assert world.campaign.state == CampaignState.OPEN


def test_closing_early_shows_orders_people_and_yuan_first(world: build.World, operator: Client) -> None:
    for pieces in (1, 2):
        build.place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: pieces})

    asked = operator.get(deed("groupbuy.campaign", world.campaign, "close_early")).content.decode()
    confirm(operator, deed("groupbuy.campaign", world.campaign, "close_early"))

    facts = dict(re.findall(r"<dt[^>]*>\s*([^<]+?)\s*</dt>\s*<dd[^>]*>\s*([^<]+?)\s*</dd>", asked))
    assert (facts["已付订单"], facts["人数"], facts["件数"]) == ("2", "1", "3")
    assert facts["实收"] == "¥\N{NO-BREAK SPACE}11.97"
    world.campaign.refresh_from_db()
    assert world.campaign.state == CampaignState.CLOSING


def test_a_list_action_does_what_it_can_and_says_why_for_the_rest(world: build.World, operator: Client) -> None:
    campaign = draft(world)
    url = reverse("admin:groupbuy_campaign_changelist")
    rows = {"action": "open", "_selected_action": [campaign.pk, world.campaign.pk]}

    asked = operator.post(url, rows)
    answer = operator.post(url, {**rows, "confirmed": "yes", "key": KEY})

    assert asked.status_code == 200
    assert "确认开团" in asked.content.decode()
    assert answer.status_code == 302
    assert "草稿团：活动还没有商品或社区团，不能开团。" in told(answer)
    assert "周末鲜食团：状态已变化，请刷新后再试。" in told(answer)
    assert not [text for text in told(answer) if "成功" in text]


def test_finance_can_look_at_campaigns_but_close_none(world: build.World, finance: Client) -> None:
    listed = finance.get(reverse("admin:groupbuy_campaign_changelist")).content.decode()

    assert finance.get(deed("groupbuy.campaign", world.campaign, "close_early")).status_code == 403
    assert confirm(finance, deed("groupbuy.campaign", world.campaign, "close_early")).status_code == 403
    assert "提前截单" not in listed
    world.campaign.refresh_from_db()
    assert world.campaign.state == CampaignState.OPEN


def accepted(world: build.World) -> Order:
    order = build.place_and_pay(shopper=world.shopper, group=world.group, quantities={world.tomato: 3, world.eggs: 1})
    build.close_and_freeze(campaign=world.campaign)
    order.refresh_from_db()
    assert order.state == OrderState.ACCEPTED
    return order


def test_pieces_are_refunded_once_however_often_the_page_is_sent(world: build.World, operator: Client) -> None:
    order = accepted(world)
    line = order.lines.get(offer=world.tomato)
    url = deed("groupbuy.order", order, "refund")

    first = confirm(operator, url, **{f"line_{line.pk}": "2", "note": "破了"})
    confirm(operator, url, **{f"line_{line.pk}": "2", "note": "破了"})

    refund = Refund.objects.get(order=order)
    assert (refund.amount_fen, refund.reason, refund.note) == (798, "operator", "破了")
    assert told(first)[0] == f"{order.number}：已发起退款 ¥\N{NO-BREAK SPACE}7.98，原路退回付款人"
    line.refresh_from_db()
    assert (line.refunded, line.refunded_fen) == (2, 798)


def test_more_pieces_than_are_left_are_refused_on_the_page(world: build.World, operator: Client) -> None:
    order = accepted(world)
    line = order.lines.get(offer=world.tomato)
    url = deed("groupbuy.order", order, "refund")

    too_many = confirm(operator, url, **{f"line_{line.pk}": "4"})
    nothing = confirm(operator, url)

    assert "确保该值小于或等于3" in too_many.content.decode()
    assert "请至少填写一件要退的商品。" in nothing.content.decode()
    assert not Refund.objects.filter(order=order).exists()


def test_the_clerk_cannot_refund(world: build.World, clerk: Client) -> None:
    order = accepted(world)

    answer = confirm(clerk, deed("groupbuy.order", order, "refund"))

    assert answer.status_code in (403, 404)
    assert not Refund.objects.exists()


def test_finance_settles_only_what_waits_for_a_person(busy: build.World, finance: Client) -> None:
    refund = Refund.objects.get()
    url = deed("groupbuy.refund", refund, "settle")

    too_early = confirm(finance, url, note="现金已付")
    for state in ("sending", "failed", "manual"):
        run("UPDATE groupbuy_refund SET state = %s, version = version + 1 WHERE id = %s", [state, refund.pk])
    confirm(finance, url, note="")
    assert not AuditEvent.objects.filter(action="refund_by_hand").exists()
    settled = confirm(finance, url, note="现金已付")

    assert f"{refund.out_refund_no}：状态已变化，请刷新后再试。" in told(too_early)
    assert told(settled)[-1] == f"{refund.out_refund_no}：已记账 ¥\N{NO-BREAK SPACE}3.99"
    refund.refresh_from_db()
    assert refund.state == RefundState.SUCCEEDED
    assert LedgerEntry.objects.filter(source_kind="refund", source_id=refund.pk, kind="refund_done").count() == 1


def waiting_for_a_person(error: str) -> Refund:
    refund = Refund.objects.get()
    for state in ("sending", "failed", "manual"):
        run("UPDATE groupbuy_refund SET state = %s, version = version + 1 WHERE id = %s", [state, refund.pk])
    run(
        "UPDATE groupbuy_refund SET sent_as_id = id, sent_at = created_at, next_try_at = NULL, last_error = %s,"
        " created_at = groupbuy_now() - interval '51 hours' WHERE id = %s",
        [error, refund.pk],
    )
    return refund


def test_finance_sees_why_a_refund_failed_how_long_it_waits_and_the_sum_and_tries_again(
    busy: build.World, finance: Client
) -> None:
    refund = waiting_for_a_person("NOT_ENOUGH: 商户余额不足")

    page = finance.get(reverse("admin:groupbuy_refund_changelist"), {"state__exact": "manual"})
    tried = confirm(finance, deed("groupbuy.refund", refund, "retry"))

    shown = page.content.decode()
    assert "商户账户余额不足，充值后重试（NOT_ENOUGH）" in shown
    assert "2 天 3 小时" in shown
    assert page.context["sums"] == [("笔数", 1), ("金额", "¥\N{NO-BREAK SPACE}3.99"), ("最久等待", "2 天 3 小时")]
    assert told(tried)[-1] == f"{refund.out_refund_no}：已重新提交"
    refund.refresh_from_db()
    assert refund.state == RefundState.SENDING


def test_finance_turns_a_refund_into_store_credit_once_and_with_a_note(
    busy: build.World, finance: Client, operator: Client
) -> None:
    refund = waiting_for_a_person("ABNORMAL")
    url = deed("groupbuy.refund", refund, "as_credit")

    assert confirm(operator, url, note="同意").status_code == 403
    confirm(finance, url, note="")
    assert not AuditEvent.objects.filter(action="refund_as_credit").exists()
    given = confirm(finance, url, note="顾客同意")
    again = confirm(finance, url, note="顾客同意")

    assert told(given)[-1] == f"{refund.out_refund_no}：已转余额 ¥\N{NO-BREAK SPACE}3.99"
    assert told(again)[-1] == f"{refund.out_refund_no}：状态已变化，请刷新后再试。"
    refund.refresh_from_db()
    assert (refund.state, refund.as_credit) == (RefundState.SUCCEEDED, True)


def test_finance_explains_a_difference_of_the_bill_once_and_the_operator_cannot(
    busy: build.World, finance: Client, operator: Client
) -> None:
    difference = BillDifference.objects.get()
    url = deed("groupbuy.billdifference", difference, "explain")

    refused = confirm(operator, url, note="渠道补单")
    confirm(finance, url, note="")
    assert not BillDifference.objects.exclude(note="").exists()
    confirm(finance, url, note="渠道补单")
    again = confirm(finance, url, note="again")

    assert refused.status_code in (403, 404)
    assert f"{difference}：状态已变化，请刷新后再试。" in told(again)
    difference.refresh_from_db()
    assert difference.note == "渠道补单"


def test_approving_shows_the_new_point_and_its_share_link(world: build.World, operator: Client) -> None:
    application = LeaderApplication.objects.get(
        pk=apply(world, name="王店长", kind=PointKind.SHOP, phone="13900000001")
    )

    answer = confirm(operator, deed("leaders.leaderapplication", application, "approve"), warehouse="")

    share = ShareCode.objects.get(leader=application.applicant)
    assert f"http://testserver/g/{share.code}" in told(answer)[0]
    assert "王店长的店" in told(answer)[0]
    assert Leader.objects.get(user=application.applicant).state == "active"


def test_shops_are_listed_first_and_a_rejection_needs_a_reason(world: build.World, operator: Client) -> None:
    home = apply(world, name="赵大姐", kind=PointKind.HOME, phone="13900000001")
    shop = apply(world, name="王店长", kind=PointKind.SHOP, phone="13900000002")
    listed = operator.get(reverse("admin:leaders_leaderapplication_changelist")).content.decode()
    row = LeaderApplication.objects.get(pk=home)

    without = confirm(operator, deed("leaders.leaderapplication", row, "reject"), reason="")
    confirm(operator, deed("leaders.leaderapplication", row, "reject"), reason="群太小")
    late = confirm(operator, deed("leaders.leaderapplication", row, "approve"), warehouse="")

    assert listed.index("王店长") < listed.index("赵大姐")
    assert without.status_code == 200
    row.refresh_from_db()
    assert (row.state, row.reason) == ("rejected", "群太小")
    assert "赵大姐 · 赵大姐的店：状态已变化，请刷新后再试。" in told(late)
    assert LeaderApplication.objects.get(pk=shop).state == "submitted"


def test_a_suspended_leader_loses_his_posts_and_gets_them_back(world: build.World, operator: Client) -> None:
    leader = Leader.objects.get(user=world.leader)

    confirm(operator, deed("leaders.leader", leader, "suspend"), reason="投诉")
    suspended = PointStaff.objects.get(user=world.leader).active
    confirm(operator, deed("leaders.leader", leader, "resume"))

    assert suspended is False
    assert PointStaff.objects.get(user=world.leader).active is True


def test_deleting_a_failure_lets_the_sweep_try_again(busy: build.World, operator: Client, finance: Client) -> None:
    failure = SweepFailure.objects.get()
    url = reverse("admin:groupbuy_sweepfailure_delete", args=[failure.pk])

    assert finance.post(url, {"post": "yes"}).status_code == 403
    assert operator.post(url, {"post": "yes"}).status_code == 302
    assert not SweepFailure.objects.exists()


def test_posts_and_rights_are_granted_and_audited(world: build.World, boss: Client, operator: Client) -> None:
    person = world.neighbour

    confirm(operator, deed("groupbuy.user", person, "point_post"), point=world.near.pk, role=PointRole.HELPER)
    confirm(operator, deed("groupbuy.user", person, "warehouse_post"), warehouse=world.warehouse.pk, active="on")
    refused = confirm(operator, deed("groupbuy.user", person, "rights"), is_staff="on")
    confirm(boss, deed("groupbuy.user", person, "rights"), is_staff="on")

    assert PointStaff.objects.get(user=person).role == PointRole.HELPER
    assert person.warehouse_posts.get().active
    assert refused.status_code == 403
    person.refresh_from_db()
    assert person.is_staff
    actions = AuditEvent.objects.filter(action__in=["post_grant", "warehouse_post_set", "rights_set"])
    assert list(actions.order_by("-pk").values_list("action", flat=True)[:3]) == [
        "rights_set",
        "warehouse_post_set",
        "post_grant",
    ]


def test_credit_is_given_once_however_often_the_page_is_sent(
    world: build.World, operator: Client, finance: Client
) -> None:
    url = deed("groupbuy.user", world.shopper, "credit")

    asked = operator.get(url).content.decode()
    first = confirm(operator, url, yuan="12.30", reason="番茄破损")
    confirm(operator, url, yuan="12.30", reason="番茄破损")
    too_much = confirm(operator, url, yuan="500.01", reason="番茄破损", key="f" * 32)
    refused = confirm(finance, url, yuan="1", reason="番茄破损")

    assert "不能撤销" in asked
    yuan = "¥\N{NO-BREAK SPACE}12.30"
    assert told(first)[0] == f"林小满：已发放余额 {yuan}，现有 {yuan}"
    assert "金额超出单次可发放的范围。" in told(too_much)[-1]
    assert refused.status_code == 403
    grant = CreditGrant.objects.get()
    assert (grant.amount_fen, grant.granted_by.username) == (1230, "平台运营")
    assert "番茄破损" in finance.get(reverse("admin:groupbuy_creditgrant_changelist")).content.decode()
