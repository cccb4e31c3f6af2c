"""Communities, warehouses, pickup points and the share codes of leaders there."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from groupbuy.kernel.backoffice.base import KeptAdmin, ReadOnlyAdmin, ReadOnlyInline
from groupbuy.kernel.backoffice.columns import link, list_link, percent, share_link
from groupbuy.models import (
    Community,
    GridWarehouse,
    PickupPoint,
    PointStaff,
    ServiceRate,
    ShareCode,
    Warehouse,
    WarehouseStaff,
)


class PointStaffInline(ReadOnlyInline):
    model = PointStaff
    fields = (link("user", "人员"), "role", "active")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("user")


class WarehouseStaffInline(ReadOnlyInline):
    model = WarehouseStaff
    fields = (link("user", "人员"), "active")
    readonly_fields = fields


class ShareCodeInline(ReadOnlyInline):
    model = ShareCode
    fields = (link("leader", "团长"), "shared")
    readonly_fields = fields

    @admin.display(description="分享链接")
    def shared(self, row: ShareCode) -> SafeString:
        return share_link(row.code)


@admin.register(Community)
class CommunityAdmin(KeptAdmin):
    list_display = ("name", "street", "district", "city", "code", "point_count")
    list_filter = ("city", "district")
    search_fields = ("name", "street", "code")
    ordering = ("city", "district", "name")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).annotate(in_use=Count("points"))
        return rows

    @admin.display(description="自提点", ordering="in_use")
    def point_count(self, row: Any) -> SafeString | str:
        return list_link(PickupPoint, row.in_use, community__id__exact=row.pk)


@admin.register(Warehouse)
class WarehouseAdmin(KeptAdmin):
    list_display = ("name", "code", "city", "address", "point_count")
    search_fields = ("name", "code")
    ordering = ("code",)
    inlines = (WarehouseStaffInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).annotate(in_use=Count("points"))
        return rows

    @admin.display(description="自提点", ordering="in_use")
    def point_count(self, row: Any) -> SafeString | str:
        return list_link(PickupPoint, row.in_use, warehouse__id__exact=row.pk)


@admin.register(GridWarehouse)
class GridWarehouseAdmin(KeptAdmin):
    list_display = ("name", "code", link("warehouse", "上级仓库"), "address", "point_count")
    search_fields = ("name", "code")
    autocomplete_fields = ("warehouse",)
    list_select_related = ("warehouse",)
    ordering = ("code",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).annotate(in_use=Count("points"))
        return rows

    @admin.display(description="自提点", ordering="in_use")
    def point_count(self, row: Any) -> SafeString | str:
        return list_link(PickupPoint, row.in_use, grid__id__exact=row.pk)


@admin.register(PickupPoint)
class PickupPointAdmin(KeptAdmin):
    list_display = (
        "name",
        "code",
        "kind",
        link("community", "社区"),
        link("warehouse", "仓库"),
        "route_name",
        "route_position",
        "active",
    )
    list_filter = ("active", "kind", "warehouse", "grid", "route_name")
    search_fields = ("name", "code", "address", "community__name")
    autocomplete_fields = ("community", "warehouse", "grid")
    list_select_related = ("community", "warehouse")
    ordering = ("route_name", "route_position", "code")
    inlines = (PointStaffInline, ShareCodeInline)


@admin.register(ShareCode)
class ShareCodeAdmin(ReadOnlyAdmin):
    list_display = ("code", link("point", "自提点"), link("leader", "团长"), "shared")
    search_fields = ("code", "point__name", "point__code", "leader__display_name")
    list_select_related = ("point", "leader")
    ordering = ("-pk",)
    fields = ("code", link("point", "自提点"), link("leader", "团长"), "shared")

    @admin.display(description="分享链接")
    def shared(self, row: ShareCode) -> SafeString:
        return share_link(row.code)


@admin.register(ServiceRate)
class ServiceRateAdmin(ReadOnlyAdmin):
    list_display = (link("leader", "团长"), "category", percent("rate_bp", "费率"))
    search_fields = ("leader__display_name",)
    list_select_related = ("leader", "category")
    ordering = ("-pk",)
    fields = (link("leader", "团长"), "category", percent("rate_bp", "费率"))
