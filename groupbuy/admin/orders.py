"""Orders, to look at; the one thing that can be done here is to refund pieces of an accepted order."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from groupbuy.admin import words
from groupbuy.admin.money import PROVIDERS
from groupbuy.admin.order_deeds import DEEDS
from groupbuy.admin.refunds import REFUNDS
from groupbuy.domain.states import OrderState, PaymentState
from groupbuy.kernel import privacy
from groupbuy.kernel.backoffice.base import ReadOnlyAdmin, ReadOnlyInline
from groupbuy.kernel.backoffice.columns import EMPTY, as_yuan, label, link, local, moment, money, percent, to_row
from groupbuy.kernel.backoffice.words import state_name
from groupbuy.models import Order, OrderLine, Payment, Refund, StateChange

COLOURS = {
    OrderState.PLACED: "warning",
    OrderState.PAID: "success",
    OrderState.ACCEPTED: "info",
    OrderState.CANCELLED: "default",
    OrderState.REFUNDED: "danger",
}


class LineInline(ReadOnlyInline):
    model = OrderLine
    tab = False
    fields = (
        link("sku", "商品"),
        "spec",
        "quantity",
        money("price_fen", "单价"),
        money("discount_fen", "优惠"),
        "sources",
        money("net_fen", "实付"),
        "short",
        "refunded",
        money("refunded_fen", "已退"),
        "collected",
        percent("commission_bp", "佣金率"),
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        lines = super().get_queryset(request).select_related("sku").prefetch_related("discounts")
        return lines.order_by("pk")

    @admin.display(description="优惠来源")
    def sources(self, line: OrderLine) -> str:
        parts = sorted(line.discounts.all(), key=lambda part: part.pk)
        return "；".join(f"{part.name} −{as_yuan(part.off_fen)}" for part in parts) or EMPTY


class PaymentInline(ReadOnlyInline):
    model = Payment
    fields = (
        "row",
        "channel",
        money("amount_fen", "金额"),
        label("state", "状态", {PaymentState.CREATED: "warning", PaymentState.PAID: "success"}),
        "counts",
        moment("paid_at", "支付时间"),
    )
    readonly_fields = fields

    @admin.display(description="支付单")
    def row(self, payment: Payment) -> SafeString:
        return to_row(payment)

    @admin.display(description="渠道")
    def channel(self, payment: Payment) -> str:
        return PROVIDERS.get(payment.provider, payment.provider)


class RefundInline(ReadOnlyInline):
    model = Refund
    fields = (
        "row",
        money("amount_fen", "金额"),
        "reason",
        "note",
        label("state", "状态", REFUNDS),
        moment("created_at", "发起时间"),
        moment("done_at", "到账时间"),
    )
    readonly_fields = fields

    @admin.display(description="退款单")
    def row(self, refund: Refund) -> SafeString:
        return to_row(refund)


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    deeds = DEEDS
    inlines = (LineInline, PaymentInline, RefundInline)
    list_display = (
        "number",
        label("state", "状态", COLOURS),
        link("campaign", "活动"),
        link("point", "自提点"),
        link("leader", "团长"),
        link("shopper", "顾客"),
        "room",
        money("total_fen", "应付"),
        moment("placed_at", "下单时间"),
    )
    # Campaigns and points are too many for a filter: their own pages link here.
    list_filter = ("state", "source", "warehouse")
    search_fields = ("receiver_name", "room", "source_ref", "shopper__display_name", "campaign__title", "point__name")
    search_help_text = "完整订单号、收货人、门牌、活动、自提点，或顾客完整的手机号"
    list_select_related = ("campaign", "point", "leader", "shopper")
    date_hierarchy = "placed_at"
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": (("number", label("state", "状态", COLOURS)), ("source", "source_ref"))}),
        (
            "去向",
            {
                "fields": (
                    (link("campaign", "活动"), link("group", "社区团"), link("warehouse", "仓库")),
                    (link("point", "自提点"), link("leader", "团长")),
                )
            },
        ),
        (
            "顾客",
            {
                "fields": (
                    (link("shopper", "顾客"), link("payer", "付款人")),
                    ("receiver_name", "masked_phone", "room"),
                    "remark",
                )
            },
        ),
        (
            "金额与时间",
            {
                "fields": (
                    (money("items_fen", "商品金额"), money("discount_fen", "优惠"), money("total_fen", "应付")),
                    (moment("placed_at", "下单时间"), moment("pay_by", "支付截止"), moment("paid_at", "支付时间")),
                )
            },
        ),
        ("状态记录", {"fields": ("history",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        related = (*self.list_select_related, "group__campaign", "group__point", "warehouse", "payer")
        return super().get_queryset(request).select_related(*related)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """A full order number or phone goes over its index; a phone is stored encrypted and found by its hash."""
        exact = queryset.filter(number=search_term.strip().upper())
        if exact.exists():
            return exact, False
        phone = privacy.clean_phone(search_term)
        if phone:
            return queryset.filter(shopper__phone_hash=privacy.blind(phone)), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description="手机号")
    def masked_phone(self, row: Order) -> str:
        return row.masked_phone or "-"

    @admin.display(description="经过")
    def history(self, row: Order) -> SafeString:
        changes = StateChange.objects.filter(machine="order", subject_id=row.pk).select_related("actor").order_by("pk")
        return format_html_join(
            "",
            "<div>{}　{}　{} {}</div>",
            (
                (
                    local(each.at),
                    state_name("order", each.new),
                    each.actor or "系统",
                    words.reason_name(each.reason),
                )
                for each in changes
            ),
        )
