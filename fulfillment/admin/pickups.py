"""Pickups and what was handed out. The code is a secret between shopper and leader: a right of its own to see it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from fulfillment.models import Pickup, PickupEvent, PickupItem
from groupbuy.kernel.backoffice.base import ReadOnlyAdmin, ReadOnlyInline
from groupbuy.kernel.backoffice.columns import SERIAL, link, moment, tag, to_row

MAY_SEE_CODES = "fulfillment.change_pickup"


FIELDS = (link("shopper", "顾客"), link("point", "自提点"), "delivery_date", "fate", moment("done_at", "提完时间"))


class DoneFilter(admin.SimpleListFilter):
    title = "状态"
    parameter_name = "done"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "待提"), ("yes", "已提完")]

    def queryset(self, request: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        return queryset.filter(done_at__isnull=self.value() == "no")


class EventInline(ReadOnlyInline):
    model = PickupEvent
    fields = ("row", link("actor", "核销人"), moment("at", "核销时间"), moment("device_at", "设备时间"))
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("actor")

    @admin.display(description="核销编号")
    def row(self, event: PickupEvent) -> SafeString:
        return to_row(event)


@admin.register(Pickup)
class PickupAdmin(ReadOnlyAdmin):
    inlines = (EventInline,)
    list_display = (
        SERIAL,
        link("shopper", "顾客"),
        link("point", "自提点"),
        "delivery_date",
        "code",
        "fate",
        moment("done_at", "提完时间"),
    )
    list_filter = (DoneFilter, "warehouse", "delivery_date")
    search_fields = ("shopper__display_name", "point__name", "point__code")
    list_select_related = ("shopper", "point")
    date_hierarchy = "delivery_date"
    ordering = ("-pk",)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [column for column in self.list_display if column != "code" or request.user.has_perm(MAY_SEE_CODES)]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [*FIELDS, "code"] if request.user.has_perm(MAY_SEE_CODES) else list(FIELDS)

    @admin.display(description="状态", ordering="done_at")
    def fate(self, row: Pickup) -> SafeString:
        return tag("已提完", "success") if row.done_at else tag("待提", "warning")


class ItemInline(ReadOnlyInline):
    model = PickupItem
    fields = ("line", "quantity")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("line")


@admin.register(PickupEvent)
class PickupEventAdmin(ReadOnlyAdmin):
    inlines = (ItemInline,)
    list_display = (
        "number",
        link("pickup__shopper", "顾客"),
        link("pickup__point", "自提点"),
        link("actor", "核销人"),
        moment("at", "核销时间"),
        moment("device_at", "设备时间"),
    )
    list_filter = ("pickup__warehouse", "pickup__delivery_date")
    search_fields = ("=uuid", "pickup__shopper__display_name", "pickup__point__name", "actor__display_name")
    list_select_related = ("pickup__shopper", "pickup__point", "actor")
    date_hierarchy = "at"
    ordering = ("-pk",)
    fields = (
        "number",
        (link("pickup__shopper", "顾客"), link("pickup__point", "自提点")),
        (link("actor", "核销人"), moment("at", "核销时间"), moment("device_at", "设备时间")),
    )

    @admin.display(description="核销编号", ordering="pk")
    def number(self, row: PickupEvent) -> str:
        return str(row.uuid)
