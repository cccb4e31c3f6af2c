"""Vehicles, drivers, and what the solver was asked for."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from fulfillment.domain.states import RoutePlanState
from fulfillment.models import DriverPost, RoutePlan, StopProblem, Vehicle
from fulfillment.selectors.backoffice import of_own_warehouses
from groupbuy.kernel.backoffice.base import KeptAdmin, ReadOnlyAdmin, ReadOnlyInline
from groupbuy.kernel.backoffice.columns import SERIAL, label, link, moment, money
from groupbuy.kernel.backoffice.fields import RowForm, YuanField

PLANS = {
    RoutePlanState.ASKED: "default",
    RoutePlanState.RUNNING: "info",
    RoutePlanState.DONE: "success",
    RoutePlanState.FAILED: "danger",
}


class VehicleForm(RowForm):
    """Costs in yuan."""

    fixed_fen = YuanField(label="每趟固定费用（元）", initial=0, widget=UnfoldAdminDecimalFieldWidget)
    per_km_fen = YuanField(label="每公里费用（元）", initial=100, widget=UnfoldAdminDecimalFieldWidget)


@admin.register(Vehicle)
class VehicleAdmin(KeptAdmin):
    form = VehicleForm
    list_display = (
        "plate",
        "name",
        link("warehouse", "仓库"),
        "crates",
        "capacity_kg",
        "shift_from",
        "shift_to",
        money("fixed_fen", "每趟（元）"),
        money("per_km_fen", "每公里（元）"),
        "route_name",
        link("driver", "常用司机"),
        "active",
    )
    list_filter = ("active", "warehouse")
    search_fields = ("plate", "name", "route_name")
    list_select_related = ("warehouse", "driver")
    autocomplete_fields = ("warehouse", "driver")
    ordering = ("warehouse", "plate")
    fieldsets = (
        (None, {"fields": (("plate", "name"), ("warehouse", "active"))}),
        ("装载与班次", {"fields": (("crates", "capacity_kg"), ("shift_from", "shift_to"))}),
        ("费用", {"fields": (("fixed_fen", "per_km_fen"),)}),
        (
            "固定安排",
            {"fields": (("route_name", "driver"),), "description": "生成波次时，这条固定线路先派给这辆车和司机。"},
        ),
    )

    def get_queryset(self, request: Any) -> QuerySet[Any]:
        return of_own_warehouses(super().get_queryset(request), request.user)


@admin.register(DriverPost)
class DriverPostAdmin(KeptAdmin):
    list_display = (link("user", "司机"), link("warehouse", "仓库"), "active")
    list_filter = ("active", "warehouse")
    search_fields = ("user__display_name", "user__username")
    list_select_related = ("user", "warehouse")
    autocomplete_fields = ("user", "warehouse")
    ordering = ("warehouse", "user")

    def get_queryset(self, request: Any) -> QuerySet[Any]:
        return of_own_warehouses(super().get_queryset(request), request.user)


@admin.register(RoutePlan)
class RoutePlanAdmin(ReadOnlyAdmin):
    list_display = (
        SERIAL,
        link("wave", "波次"),
        label("state", "状态", PLANS),
        money("before_fen", "原费用"),
        money("after_fen", "新费用"),
        "before_left_out",
        "after_left_out",
        "failure",
        moment("asked_at", "发起时间"),
        moment("finished_at", "结束时间"),
    )
    list_filter = ("state", "wave__warehouse", "wave__delivery_date")
    search_fields = ("wave__warehouse__name", "wave__warehouse__code")
    list_select_related = ("wave__warehouse", "asked_by")
    date_hierarchy = "asked_at"
    ordering = ("-pk",)
    fields = (
        (link("wave", "波次"), label("state", "状态", PLANS), "failure"),
        ("seed", "budget_s", "cut_short", "paper_version"),
        (money("before_fen", "原费用"), money("after_fen", "新费用"), "before_m", "after_m"),
        ("before_left_out", "after_left_out"),
        (link("asked_by", "发起人"), moment("asked_at", "发起时间"), moment("finished_at", "结束时间")),
    )

    def get_queryset(self, request: Any) -> QuerySet[Any]:
        return of_own_warehouses(super().get_queryset(request), request.user, path="wave__warehouse")


class ProblemInline(ReadOnlyInline):
    """For the page of a stop."""

    model = StopProblem
    fields = ("kind", "note", link("actor", "报告人"), moment("at", "时间"))
    readonly_fields = fields

    def get_queryset(self, request: Any) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("actor")
