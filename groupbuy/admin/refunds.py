"""Refunds: read-only but for those that wait for a person, who has three ways to end them."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from unfold.widgets import UnfoldAdminTextInputWidget

from groupbuy.admin.words import refusal_name
from groupbuy.domain.states import RefundState
from groupbuy.kernel import clock
from groupbuy.kernel.backoffice.base import ReadOnlyAdmin, ReadOnlyInline
from groupbuy.kernel.backoffice.columns import EMPTY, as_yuan, label, link, moment, money
from groupbuy.kernel.backoffice.deeds import Deed, Done
from groupbuy.models import Refund, RefundLine
from groupbuy.selectors.backoffice import refund_sum, with_wait
from groupbuy.services.refund_by_hand import refund_retry, refund_settle_as_credit, refund_settle_by_hand

REFUNDS = {
    RefundState.INTENDED: "warning",
    RefundState.SENDING: "info",
    RefundState.SUCCEEDED: "success",
    RefundState.FAILED: "warning",
    RefundState.MANUAL: "danger",
}


class RefundLineInline(ReadOnlyInline):
    model = RefundLine
    fields = ("line", "quantity", money("amount_fen", "金额"))
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("line")


class NoteForm(forms.Form):
    note = forms.CharField(
        label="说明",
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text="写给财务同事看，如退款方式和流水号。",
    )


def _retry(refund: Refund, done: Done) -> str:
    count = refund_retry(refund=refund, actor_id=done.actor_id)
    return "已重新提交" if count == 1 else f"已重新提交，连同合并发出的共 {count} 笔"


def _settle(refund: Refund, done: Done) -> str:
    refund_settle_by_hand(refund=refund, actor_id=done.actor_id, note=done.data["note"])
    return f"已记账 {as_yuan(refund.amount_fen)}"


def _as_credit(refund: Refund, done: Done) -> str:
    refund_settle_as_credit(refund=refund, actor_id=done.actor_id, note=done.data["note"])
    return f"已转余额 {as_yuan(refund.amount_fen)}"


def _facts(refund: Refund) -> list[tuple[str, Any]]:
    return [
        ("订单", refund.order),
        ("付款人", refund.payment.payer),
        ("金额", as_yuan(refund.amount_fen)),
        ("未成原因", refusal_name(refund.last_error) or EMPTY),
    ]


def _for_person(name: str, title: str, do: Any, question: str, icon: str, *, noted: bool) -> Deed:
    return Deed(
        name=name,
        title=title,
        permission="groupbuy.change_refund",
        do=do,
        question=question,
        form=(lambda _: NoteForm) if noted else None,
        facts=_facts,
        applies=lambda refund: refund.state == RefundState.MANUAL,
        icon=icon,
    )


def waited(time: dt.timedelta | None) -> str:
    """Return ``3 天 4 小时``, below a day ``4 小时 5 分``."""
    if time is None:
        return EMPTY
    hours, minutes = time.seconds // 3600, time.seconds // 60 % 60
    return f"{time.days} 天 {hours} 小时" if time.days else f"{hours} 小时 {minutes} 分"


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    deeds = (
        _for_person(
            "retry",
            "重试退款",
            _retry,
            "按原退款单号再次提交，不会重复退款；渠道已关闭的单号会换新号。合并发出的退款一起重试。",
            "refresh",
            noted=False,
        ),
        _for_person(
            "settle",
            "已线下退款",
            _settle,
            "请先确认钱已由人工退给付款人。确认后记账并通知付款人，不能撤销。",
            "task_alt",
            noted=True,
        ),
        _for_person(
            "as_credit",
            "转为余额",
            _as_credit,
            "请先征得付款人同意。钱不再原路退回，改为等额余额并通知付款人，不能撤销。",
            "account_balance_wallet",
            noted=True,
        ),
    )
    inlines = (RefundLineInline,)
    list_before_template = "backoffice/sums.html"
    list_display = (
        "out_refund_no",
        link("order", "订单"),
        money("amount_fen", "金额"),
        "reason",
        label("state", "状态", REFUNDS),
        "waiting",
        "why",
        moment("created_at", "发起时间"),
        moment("done_at", "到账时间"),
    )
    list_filter = ("state", "reason", "as_credit")
    search_fields = ("out_refund_no", "order__number", "payment__transaction_id")
    list_select_related = ("order", "payment__payer")
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    fields = (
        ("out_refund_no", label("state", "状态", REFUNDS)),
        (link("order", "订单"), link("payment", "支付单")),
        (money("amount_fen", "金额"), "reason", "note"),
        ("waiting", "tries", "why"),
        (link("sent_as", "合并至"), moment("sent_at", "首次发出时间")),
        (moment("created_at", "发起时间"), moment("next_try_at", "下次尝试"), moment("done_at", "到账时间")),
        "as_credit",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return with_wait(super().get_queryset(request), now=clock.now())

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Sum up what is shown, over all pages."""
        answer = super().changelist_view(request, extra_context)
        if isinstance(answer, TemplateResponse) and answer.context_data and "cl" in answer.context_data:
            found = refund_sum(answer.context_data["cl"].queryset)
            sums = {"笔数": found.count, "金额": as_yuan(found.fen), "最久等待": waited(found.longest)}
            answer.context_data["sums"] = list(sums.items())
        return answer

    @admin.display(description="已等待", ordering="waits")
    def waiting(self, row: Any) -> str:
        return waited(row.waits)

    @admin.display(description="未成原因", ordering="last_error")
    def why(self, row: Refund) -> str:
        return refusal_name(row.last_error) or EMPTY
