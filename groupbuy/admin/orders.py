"""Orders, to look at; the one thing that can be done here is to refund pieces of an accepted order."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from groupbuy.admin import words
from groupbuy.admin.base import ReadOnlyAdmin, ReadOnlyInline
from groupbuy.admin.columns import as_yuan, label, link, local, moment, money, percent, to_row
from groupbuy.admin.deeds import Deed, Done
from groupbuy.admin.money import PROVIDERS, REFUNDS
from groupbuy.domain.states import OrderState, PaymentState
from groupbuy.domain.words import RefundReason
from groupbuy.kernel import privacy
from groupbuy.models import Order, OrderLine, Payment, Refund, StateChange
from groupbuy.services.idempotency import Answer, checked_key, run_once
from groupbuy.services.refunds import refund_request

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
        money("net_fen", "实付"),
        "short",
        "refunded",
        money("refunded_fen", "已退"),
        "collected",
        percent("commission_bp", "佣金率"),
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("sku").order_by("pk")


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


class PiecesForm(forms.Form):
    """One number per line that has pieces left to refund; the line's id is in the field's name."""

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = self.cleaned_data
        if not self.errors and not pieces_of(data):
            raise forms.ValidationError("请至少填写一件要退的商品。")
        return data


def pieces_of(data: dict[str, Any]) -> dict[int, int]:
    return {int(name[5:]): pieces for name, pieces in data.items() if name.startswith("line_") and pieces}


def _pieces_form(order: Order) -> type[forms.Form]:
    fields: dict[str, Any] = {}
    for line in order.lines.order_by("pk"):
        left = line.due - line.collected
        if left > 0:
            fields[f"line_{line.pk}"] = forms.IntegerField(
                label=f"{line.name} {line.spec}".strip(),
                min_value=0,
                max_value=left,
                required=False,
                initial=0,
                help_text=f"最多 {left} {line.sale_unit}，实付 {as_yuan(line.net_fen)} / {line.quantity} {line.sale_unit}",
                widget=UnfoldAdminIntegerFieldWidget,
            )
    fields["note"] = forms.CharField(
        label="说明", required=False, max_length=200, widget=UnfoldAdminTextInputWidget, help_text="写给同事看的原因"
    )
    return type("OrderPiecesForm", (PiecesForm,), fields)


def _refund(order: Order, done: Done) -> str:
    """Request the refund once for the page's key, however often it is sent."""
    pieces, note = pieces_of(done.data), done.data["note"]

    def work() -> Answer:
        refund = refund_request(
            order_id=order.pk, pieces=pieces, reason=RefundReason.OPERATOR, actor_id=done.actor.pk, note=note
        )
        return Answer(status=201, data={"amount_fen": refund.amount_fen})

    asked = {"refund": order.pk, "pieces": {str(line): count for line, count in pieces.items()}}
    answer = run_once(actor_id=done.actor.pk, key=checked_key(done.key), request=asked, work=work)
    return f"已发起退款 {as_yuan(answer.data['amount_fen'])}，原路退回付款人"


DEEDS = (
    Deed(
        name="refund",
        title="退款",
        permission="groupbuy.change_order",
        do=_refund,
        question="按件退款，退回原支付账户；金额按实付分摊到分，佣金随之重算。只能退未提走的件数。",
        form=_pieces_form,
        facts=lambda order: [("应付", as_yuan(order.total_fen)), ("自提点", order.point), ("付款人", order.payer)],
        applies=lambda order: order.state == OrderState.ACCEPTED,
        bulk=False,
        danger=True,
        icon="currency_exchange",
    ),
)


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
    list_filter = (
        "state",
        "source",
        "warehouse",
        ("campaign", admin.RelatedOnlyFieldListFilter),
        ("point", admin.RelatedOnlyFieldListFilter),
    )
    search_fields = ("number", "source_ref", "receiver_name", "room", "shopper__display_name")
    search_help_text = "订单号、收货人、门牌，或顾客完整的 11 位手机号"
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
        """A full phone number finds its owner's orders, although it is stored encrypted."""
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
                    words.state_name("order", each.new),
                    each.actor or "系统",
                    words.reason_name(each.reason),
                )
                for each in changes
            ),
        )
