"""Purchase orders: what was ordered of which supplier for which wave, and what it costs. Counting is the warehouse's."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from fulfillment.domain.states import PurchaseState
from fulfillment.models import PurchaseLine, PurchaseOrder, Receipt
from fulfillment.selectors.backoffice import of_own_warehouses, with_amounts
from groupbuy.kernel.backoffice.base import ReadOnlyAdmin, ReadOnlyInline
from groupbuy.kernel.backoffice.columns import label, link, moment, money

STATES = {PurchaseState.ISSUED: "warning", PurchaseState.RECEIVED: "success", PurchaseState.CANCELLED: "default"}


class PurchaseLineInline(ReadOnlyInline):
    model = PurchaseLine
    verbose_name_plural = "采购行"
    per_page = 50
    fields = (
        "category",
        "code",
        "name",
        "spec",
        "demand",
        "from_surplus",
        "case_size",
        "cases",
        "surplus",
        "sale_unit",
        "missing",
        money("cost_fen", "成本"),
        money("amount_fen", "金额"),
    )
    readonly_fields = fields
    ordering = ("category_code", "code")


class ReceiptInline(ReadOnlyInline):
    model = Receipt
    verbose_name_plural = "收货"
    fields = (moment("at", "收货时间"), link("actor", "收货人"), "came", "note", moment("undone_at", "撤销时间"))
    readonly_fields = fields
    ordering = ("-at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("actor").prefetch_related("lines__line")

    @admin.display(description="点数")
    def came(self, row: Receipt) -> str:
        return "、".join(
            f"{came.line.name} {came.counted}" + (f"（破损 {came.damaged}）" if came.damaged else "")
            for came in row.lines.all()
        )


@admin.register(PurchaseOrder)
class PurchaseOrderAdmin(ReadOnlyAdmin):
    inlines = (PurchaseLineInline, ReceiptInline)
    list_display = (
        "number",
        label("state", "状态", STATES),
        "supplier_name",
        link("wave", "波次"),
        link("warehouse", "仓库"),
        "sku_count",
        money("amount_fen", "金额"),
        moment("issued_at", "下单时间"),
    )
    list_filter = ("state", ("warehouse", admin.RelatedOnlyFieldListFilter), "wave__delivery_date")
    search_fields = ("number", "supplier_name", "supplier_code", "lines__name", "lines__code")
    search_help_text = "单号、供应商或商品"
    list_select_related = ("wave__warehouse", "warehouse")
    date_hierarchy = "wave__delivery_date"
    ordering = ("-issued_at", "supplier_code", "sequence")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("number", label("state", "状态", STATES)),
                    (link("supplier", "供应商"), link("wave", "波次"), link("warehouse", "仓库")),
                    (money("amount_fen", "金额"), moment("issued_at", "下单时间")),
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return of_own_warehouses(with_amounts(super().get_queryset(request)), request.user)  # type: ignore[arg-type]

    @admin.display(description="商品", ordering="sku_count")
    def sku_count(self, row: Any) -> int:
        return int(row.sku_count)
