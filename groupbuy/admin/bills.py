"""Reconciliation: what the provider's daily bills say, and each difference until finance has explained it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextInputWidget

from groupbuy.admin.money import PROVIDERS
from groupbuy.kernel.backoffice.base import ReadOnlyAdmin
from groupbuy.kernel.backoffice.columns import as_yuan, link, moment, money
from groupbuy.kernel.backoffice.deeds import Deed, Done
from groupbuy.models import BillDay, BillDifference
from groupbuy.services.reconciliation import difference_explain


@admin.register(BillDay)
class BillDayAdmin(ReadOnlyAdmin):
    list_display = (
        "bill_date",
        "channel",
        "rows",
        money("paid_fen", "收款"),
        money("refunded_fen", "退款"),
        "open_differences",
        moment("checked_at", "核对时间"),
        "last_error",
    )
    list_filter = ("provider",)
    date_hierarchy = "bill_date"
    ordering = ("-bill_date",)
    fields = (
        ("bill_date", "channel", "rows"),
        (money("paid_fen", "收款"), money("refunded_fen", "退款"), "open_differences"),
        (moment("checked_at", "核对时间"), moment("next_try_at", "下次尝试"), "last_error"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        unexplained = Count("differences", filter=Q(differences__explained_at=None))
        days: QuerySet[Any] = super().get_queryset(request).annotate(unexplained=unexplained)
        return days

    @admin.display(description="渠道", ordering="provider")
    def channel(self, row: BillDay) -> str:
        return PROVIDERS.get(row.provider, row.provider)

    @admin.display(description="未说明差异", ordering="unexplained")
    def open_differences(self, row: Any) -> int:
        return int(row.unexplained)


class NoteForm(forms.Form):
    note = forms.CharField(
        label="说明", max_length=200, widget=UnfoldAdminTextInputWidget, help_text="写清楚差异的原因和处理结果。"
    )


def _explain(difference: BillDifference, done: Done) -> None:
    difference_explain(difference=difference, actor_id=done.actor_id, note=done.data["note"])


def _facts(difference: BillDifference) -> list[tuple[str, Any]]:
    sides = (difference.ours_fen, difference.ours_state), (difference.theirs_fen, difference.theirs_state)
    ours, theirs = ("-" if fen is None else f"{as_yuan(fen)} {state}" for fen, state in sides)
    return [("账单日", difference.bill), ("差异", difference.get_what_display()), ("我方", ours), ("渠道", theirs)]


@admin.register(BillDifference)
class BillDifferenceAdmin(ReadOnlyAdmin):
    deeds = (
        Deed(
            name="explain",
            title="说明差异",
            permission="groupbuy.change_billdifference",
            do=_explain,
            question="说明保存后这条差异视为已处理，不能撤销。",
            form=lambda _: NoteForm,
            facts=_facts,
            applies=lambda difference: difference.explained_at is None,
            icon="edit_note",
        ),
    )
    list_display = (
        "number",
        link("bill", "账单日"),
        "kind",
        "what",
        money("ours_fen", "我方金额"),
        money("theirs_fen", "渠道金额"),
        "ours_state",
        "theirs_state",
        "note",
    )
    list_filter = ("what", "kind", ("explained_at", admin.EmptyFieldListFilter))
    search_fields = ("number",)
    list_select_related = ("bill",)
    ordering = ("-bill__bill_date", "pk")
    fields = (
        ("number", link("bill", "账单日")),
        ("kind", "what"),
        (money("ours_fen", "我方金额"), money("theirs_fen", "渠道金额")),
        ("ours_state", "theirs_state"),
        (moment("found_at", "发现时间"), moment("explained_at", "说明时间")),
        ("explained_by", "note"),
    )
