"""Categories, suppliers, SKUs. Prices here are the card's; what a shopper paid was copied onto his order line."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, ManyToManyField, QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminDecimalFieldWidget

from groupbuy.domain.words import Zone
from groupbuy.kernel.backoffice.base import KeptAdmin
from groupbuy.kernel.backoffice.columns import label, link, money
from groupbuy.kernel.backoffice.fields import RowForm, YuanField
from groupbuy.models import Category, Sku, Supplier

ZONES = {Zone.AMBIENT: "default", Zone.CHILLED: "info", Zone.FROZEN: "primary"}


@admin.register(Category)
class CategoryAdmin(KeptAdmin):
    list_display = ("name", "code", "after_sales_hours", "sku_count")
    search_fields = ("name", "code")
    ordering = ("code",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).annotate(in_use=Count("skus"))
        return rows

    @admin.display(description="商品数", ordering="in_use")
    def sku_count(self, row: Any) -> int:
        return int(row.in_use)


@admin.register(Supplier)
class SupplierAdmin(KeptAdmin):
    list_display = ("name", "code", "sku_count")
    list_filter = ("categories",)
    search_fields = ("name", "code")
    formfield_overrides = {ManyToManyField: {"widget": UnfoldAdminCheckboxSelectMultipleWidget}}
    ordering = ("code",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).annotate(in_use=Count("skus"))
        return rows

    @admin.display(description="商品数", ordering="in_use")
    def sku_count(self, row: Any) -> int:
        return int(row.in_use)


class SkuForm(RowForm):
    cost_fen = YuanField(label="成本（元）", widget=UnfoldAdminDecimalFieldWidget)
    list_price_fen = YuanField(label="划线价（元）", widget=UnfoldAdminDecimalFieldWidget)

    class Meta:
        model = Sku
        fields = "__all__"


@admin.register(Sku)
class SkuAdmin(KeptAdmin):
    form = SkuForm
    list_display = (
        "name",
        "spec",
        "code",
        link("category", "品类"),
        link("supplier", "供应商"),
        "sale_unit",
        "case_size",
        label("zone", "温区", ZONES),
        "bin",
        money("list_price_fen", "划线价"),
        money("cost_fen", "成本"),
        "active",
    )
    list_filter = ("active", "zone", "category", "supplier", "weighed")
    search_fields = ("name", "code", "barcode", "spec")
    autocomplete_fields = ("category", "supplier")
    list_select_related = ("category", "supplier")
    ordering = ("code",)
    fieldsets = (
        (None, {"fields": (("code", "barcode"), ("name", "spec"), ("category", "supplier"), "active")}),
        (
            "单位",
            {
                "fields": (("sale_unit", "base_unit", "base_per_sale"), ("case_size", "weight_g", "weighed")),
                "description": "一个销售单位含多少基本单位（克或个）。填错单位是最贵的错误，请核对两遍。",
            },
        ),
        ("仓储", {"fields": (("zone", "bin"),)}),
        ("价格", {"fields": (("list_price_fen", "cost_fen"),)}),
    )
