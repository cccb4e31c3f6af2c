"""Payments and the ledger: nobody edits them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from groupbuy.domain.states import PaymentState
from groupbuy.kernel.backoffice import words
from groupbuy.kernel.backoffice.base import ReadOnlyAdmin, ReadOnlyInline
from groupbuy.kernel.backoffice.columns import SERIAL, as_yuan, label, link, moment, money
from groupbuy.models import LedgerEntry, LedgerLeg, Payment

PAYMENTS = {PaymentState.CREATED: "warning", PaymentState.PAID: "success", PaymentState.CLOSED: "default"}
PROVIDERS = {"wechat": "微信支付", "credit": "余额支付"}


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    list_display = (
        "out_trade_no",
        link("order", "订单"),
        "channel",
        money("amount_fen", "金额"),
        label("state", "状态", PAYMENTS),
        "counts",
        "transaction_id",
        moment("paid_at", "支付时间"),
    )
    list_filter = ("state", "counts")
    search_fields = ("out_trade_no", "transaction_id", "order__number")
    list_select_related = ("order",)
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    fields = (
        ("out_trade_no", "transaction_id"),
        (link("order", "订单"), "channel"),
        (money("amount_fen", "金额"), label("state", "状态", PAYMENTS), "counts"),
        (moment("created_at", "发起时间"), moment("paid_at", "支付时间"), moment("next_query_at", "下次查单")),
    )

    @admin.display(description="渠道", ordering="provider")
    def channel(self, row: Payment) -> str:
        return PROVIDERS.get(row.provider, row.provider)


class EntryFilter(admin.SimpleListFilter):
    title = "类型"
    parameter_name = "kind"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:
        return list(words.ENTRIES.items())

    def queryset(self, request: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class LegInline(ReadOnlyInline):
    model = LedgerLeg
    fields = ("account_name", money("amount_fen", "金额（借正贷负）"), link("order", "订单"), link("person", "人员"))
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("order", "person")

    @admin.display(description="科目")
    def account_name(self, row: LedgerLeg) -> str:
        return words.ACCOUNTS.get(row.account, row.account)


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    inlines = (LegInline,)
    list_display = (SERIAL, "kind_name", "source", "legs_shown", moment("at", "记账时间"))
    list_filter = (EntryFilter,)
    search_fields = ("=source_id", "legs__order__number")
    search_help_text = "订单号或来源号"
    date_hierarchy = "at"
    ordering = ("-pk",)
    fields = ("kind_name", "source", moment("at", "记账时间"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("legs")

    @admin.display(description="类型", ordering="kind")
    def kind_name(self, row: LedgerEntry) -> str:
        return words.ENTRIES.get(row.kind, row.kind)

    @admin.display(description="来源", ordering="source_id")
    def source(self, row: LedgerEntry) -> str:
        return f"{words.machine_name(row.source_kind)} {row.source_id}"

    @admin.display(description="分录")
    def legs_shown(self, row: LedgerEntry) -> SafeString:
        legs = ((words.ACCOUNTS.get(leg.account, leg.account), as_yuan(leg.amount_fen)) for leg in row.legs.all())
        return format_html_join(mark_safe("<br>"), "{} {}", legs)
