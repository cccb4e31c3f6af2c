"""Shortages and weights: what was recorded, who goes without, what it gave back."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from fulfillment.admin.pick_deeds import RECORDS, pick_is_open
from fulfillment.domain.states import ShortageCause
from fulfillment.models import Shortage, ShortageShare, WeightEntry, WeightShare
from fulfillment.selectors.backoffice import of_own_warehouses
from fulfillment.services.shortages import shortage_undo
from fulfillment.services.weights import weight_undo
from groupbuy.domain.words import BaseUnit
from groupbuy.kernel.backoffice.base import ReadOnlyAdmin, ReadOnlyInline
from groupbuy.kernel.backoffice.columns import EMPTY, as_yuan, label, link, moment, money
from groupbuy.kernel.backoffice.deeds import Deed, Done

CAUSES = {ShortageCause.MISSING: "warning", ShortageCause.DAMAGED: "danger"}
BASE_UNITS = {BaseUnit.GRAM: "克", BaseUnit.PIECE: "个"}


def _live(row: Shortage | WeightEntry) -> bool:
    return row.undone_at is None and pick_is_open(row.wave)


def _undo(do: Any, question: str) -> Deed:
    return Deed(
        name="undo", title="撤销", permission=RECORDS, do=do, question=question, applies=_live, icon="undo", danger=True
    )


def _undo_shortage(row: Shortage, done: Done) -> None:
    shortage_undo(shortage_id=row.pk, actor_id=done.actor_id)


def _undo_weight(row: WeightEntry, done: Done) -> None:
    weight_undo(weight_id=row.pk, actor_id=done.actor_id)


class ShareInline(ReadOnlyInline):
    model = ShortageShare
    verbose_name_plural = "分配"
    per_page = 50
    fields = (
        link("line__order", "订单"),
        link("line__order__shopper", "顾客"),
        link("line__point", "自提点"),
        "policy",
        "pieces",
        "given_back",
        link("refund_line__refund", "退款单"),
        moment("decided_at", "决定时间"),
    )
    readonly_fields = fields
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        wanted = ("line__order__shopper", "line__point", "line__campaign", "refund_line__refund")
        return super().get_queryset(request).select_related(*wanted)

    @admin.display(description="分配规则")
    def policy(self, row: ShortageShare) -> str:
        return row.line.campaign.get_shortage_policy_display()

    @admin.display(description="该行退款")
    def given_back(self, row: ShortageShare) -> str:
        return as_yuan(row.refund_line.amount_fen if row.refund_line else 0)


@admin.register(Shortage)
class ShortageAdmin(ReadOnlyAdmin):
    deeds = (_undo(_undo_shortage, "货找到了，这条缺货不再生效。"),)
    inlines = (ShareInline,)
    list_display = (
        link("sku", "商品"),
        link("wave", "波次"),
        link("point", "自提点"),
        "pieces",
        "expected",
        "allocated",
        label("cause", "原因", CAUSES),
        "note",
        link("actor", "登记人"),
        moment("at", "登记时间"),
        moment("undone_at", "撤销时间"),
    )
    list_filter = ("cause", ("wave__warehouse", admin.RelatedOnlyFieldListFilter), "wave__delivery_date")
    search_fields = ("sku__name", "sku__code", "point__name", "note", "shares__line__order__number")
    search_help_text = "商品、自提点、说明或订单号"
    list_select_related = ("sku", "wave__warehouse", "point", "actor")
    date_hierarchy = "at"
    ordering = ("-pk",)
    fields = (
        (link("sku", "商品"), link("wave", "波次"), link("point", "自提点")),
        ("pieces", "expected", "allocated", label("cause", "原因", CAUSES)),
        "note",
        (link("actor", "登记人"), moment("at", "登记时间")),
        (link("undone_by", "撤销人"), moment("undone_at", "撤销时间")),
    )

    def get_queryset(self, request: Any) -> QuerySet[Any]:
        return of_own_warehouses(super().get_queryset(request), request.user, path="wave__warehouse")


class WeightShareInline(ReadOnlyInline):
    model = WeightShare
    verbose_name_plural = "按行退差"
    per_page = 50
    fields = (
        link("line__order", "订单"),
        link("line__order__shopper", "顾客"),
        "pieces",
        "nominal_base",
        "real_base",
        money("amount_fen", "退差"),
        link("refund_line__refund", "退款单"),
        moment("decided_at", "决定时间"),
    )
    readonly_fields = fields
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("line__order__shopper", "refund_line__refund")


@admin.register(WeightEntry)
class WeightEntryAdmin(ReadOnlyAdmin):
    deeds = (_undo(_undo_weight, "这次称重不再生效，可以重新称。"),)
    inlines = (WeightShareInline,)
    list_display = (
        link("sku", "商品"),
        link("wave", "波次"),
        link("point", "自提点"),
        "order",
        "real",
        link("actor", "称重人"),
        moment("at", "称重时间"),
        moment("undone_at", "撤销时间"),
    )
    list_filter = (("wave__warehouse", admin.RelatedOnlyFieldListFilter), "wave__delivery_date")
    search_fields = ("sku__name", "sku__code", "point__name", "shares__line__order__number")
    search_help_text = "商品、自提点或订单号"
    list_select_related = ("sku", "wave__warehouse", "point", "line__order", "actor")
    date_hierarchy = "at"
    ordering = ("-pk",)
    fields = (
        (link("sku", "商品"), link("wave", "波次"), link("point", "自提点")),
        ("order", "real"),
        (link("actor", "称重人"), moment("at", "称重时间")),
        (link("undone_by", "撤销人"), moment("undone_at", "撤销时间")),
    )

    def get_queryset(self, request: Any) -> QuerySet[Any]:
        return of_own_warehouses(super().get_queryset(request), request.user, path="wave__warehouse")

    @admin.display(description="订单")
    def order(self, row: WeightEntry) -> str:
        return str(row.line.order) if row.line else EMPTY

    @admin.display(description="实重", ordering="real_base")
    def real(self, row: WeightEntry) -> str:
        return f"{row.real_base:,} {BASE_UNITS[BaseUnit(row.sku.base_unit)]}"
