"""The first page of the back office: what waits for somebody, each number a link to the list behind it."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from fulfillment.selectors.backoffice import to_dispatch
from groupbuy.kernel import clock
from groupbuy.kernel.backoffice.columns import as_yuan, local
from groupbuy.selectors.backoffice import Numbers, numbers
from leaders.admin.applications import WAITING
from leaders.models import LeaderApplication


@dataclass(frozen=True)
class Card:
    """``alarm``: somebody has to do something about it."""

    title: str
    value: str
    note: str
    url: str
    icon: str
    permission: str
    alarm: bool = False


def show(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add ``cards`` that this person may follow."""
    now = clock.now()
    midnight = clock.at_local(clock.local_date(now), dt.time())
    cards = [*_sales(numbers(since=midnight), clock.local_date(now)), *_work(request)]
    context["cards"] = [card for card in cards if request.user.has_perm(card.permission)]
    context["today"] = clock.local_date(now)
    return context


def _list(model: str, query: str) -> str:
    return f"{reverse(f'admin:{model}_changelist')}?{query}"


def _sales(found: Numbers, today: dt.date) -> list[Card]:
    following = found.next_cutoff
    note = f"最近截单 {local(following.cutoff_at)[5:]}　{following.title}" if following else "没有进行中的活动"
    day = f"placed_at__year={today.year}&placed_at__month={today.month}&placed_at__day={today.day}"
    return [
        Card(
            title="进行中的活动",
            value=str(found.open_campaigns),
            note=note,
            url=_list("groupbuy_campaign", "state__exact=open"),
            icon="campaign",
            permission="groupbuy.view_campaign",
        ),
        Card(
            title="暂停进波次的活动",
            value=str(found.held),
            note="改完请恢复，发车前两小时报警",
            url=_list("groupbuy_campaign", "held_at__isempty=0"),
            icon="pause_circle",
            permission="groupbuy.change_campaign",
            alarm=found.held > 0,
        ),
        Card(
            title="今日收款",
            value=as_yuan(found.paid_fen),
            note=f"{found.paid_orders} 笔订单付款",
            url=_list("groupbuy_order", day),
            icon="payments",
            permission="groupbuy.view_order",
        ),
        Card(
            title="转人工的退款",
            value=str(found.refunds_by_hand),
            note=f"共 {as_yuan(found.refunds_fen)}，可重试、线下退款或转余额",
            url=_list("groupbuy_refund", "state__exact=manual"),
            icon="currency_exchange",
            permission="groupbuy.view_refund",
            alarm=found.refunds_by_hand > 0,
        ),
        Card(
            title="搁置的巡检",
            value=str(found.parked),
            note="连续失败，等人处理；删除即重试",
            url=_list("groupbuy_sweepfailure", "parked__exact=1"),
            icon="report",
            permission="groupbuy.view_sweepfailure",
            alarm=found.parked > 0,
        ),
    ]


def _work(request: Any) -> list[Card]:
    waves = to_dispatch(request.user)
    waiting = LeaderApplication.objects.filter(state__in=WAITING).count()
    return [
        Card(
            title="待发车的波次",
            value=str(waves),
            note="到点自动发车，也可提前",
            url=_list("fulfillment_wave", "state__exact=built"),
            icon="local_shipping",
            permission="fulfillment.view_wave",
        ),
        Card(
            title="待审核的团长申请",
            value=str(waiting),
            note="门店优先",
            url=_list("leaders_leaderapplication", "waiting=yes"),
            icon="how_to_reg",
            permission="leaders.view_leaderapplication",
            alarm=waiting > 0,
        ),
    ]
