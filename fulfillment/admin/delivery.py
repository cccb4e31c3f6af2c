"""Stops, delivery notes, and what leaders counted short or broken. Signing belongs to the leader, not to this page."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from fulfillment.admin.fleet import ProblemInline
from fulfillment.domain.states import DiscrepancyKind, StopState
from fulfillment.models import DeliveryNote, Discrepancy, Stop
from fulfillment.selectors.backoffice import of_own_warehouses
from fulfillment.services.road import stop_arrive
from groupbuy.kernel.backoffice.base import ReadOnlyAdmin, ReadOnlyInline
from groupbuy.kernel.backoffice.columns import SERIAL, label, link, moment
from groupbuy.kernel.backoffice.deeds import Deed, Done

STOPS = {
    StopState.PLANNED: "default",
    StopState.ON_THE_WAY: "info",
    StopState.ARRIVED: "warning",
    StopState.SIGNED: "success",
}
KINDS = {DiscrepancyKind.SHORT: "warning", DiscrepancyKind.BROKEN: "danger"}


def _arrive(stop: Stop, done: Done) -> None:
    stop_arrive(stop_id=stop.pk, actor_id=done.actor_id)


class DiscrepancyInline(ReadOnlyInline):
    model = Discrepancy
    fields = (link("sku", "商品"), label("kind", "类型", KINDS), "expected", "quantity", "note")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("sku")


@admin.register(Stop)
class StopAdmin(ReadOnlyAdmin):
    deeds = (
        Deed(
            name="arrive",
            title="标记到达",
            permission="fulfillment.change_stop",
            do=_arrive,
            question="司机已到自提点、尚未签收时使用。",
            applies=lambda stop: stop.state == StopState.ON_THE_WAY,
            icon="location_on",
        ),
    )
    inlines = (DiscrepancyInline, ProblemInline)
    list_display = (
        "position",
        link("point", "自提点"),
        link("wave", "波次"),
        "route",
        "sequence",
        "crates",
        label("state", "状态", STOPS),
        moment("expected_at", "预计到达"),
        moment("signed_at", "签收时间"),
        link("signed_by", "签收人"),
    )
    list_filter = ("state", "wave__warehouse", "wave__delivery_date")
    search_fields = ("point__name", "point__code")
    list_select_related = ("point", "wave__warehouse", "route", "signed_by")
    date_hierarchy = "wave__delivery_date"
    ordering = ("-wave", "position")
    fields = (
        (link("wave", "波次"), link("point", "自提点"), label("state", "状态", STOPS)),
        ("route", "sequence", "position", "crates"),
        (moment("expected_at", "预计到达"), moment("arrived_at", "到达时间"), "crates_back", "left_out"),
        (moment("signed_at", "签收时间"), link("signed_by", "签收人")),
    )

    def get_queryset(self, request: Any) -> QuerySet[Any]:
        return of_own_warehouses(super().get_queryset(request), request.user)


@admin.register(DeliveryNote)
class DeliveryNoteAdmin(ReadOnlyAdmin):
    list_display = (
        "number",
        link("stop__point", "自提点"),
        link("wave", "波次"),
        "issue",
        moment("issued_at", "开单时间"),
    )
    list_filter = ("wave__warehouse", "wave__delivery_date")
    search_fields = ("number", "point__name", "point__code")
    list_select_related = ("stop__point", "wave__warehouse")
    date_hierarchy = "issued_at"
    ordering = ("-pk",)
    fields = (
        ("number", "issue"),
        (link("wave", "波次"), link("stop", "站点")),
        moment("issued_at", "开单时间"),
    )

    def get_queryset(self, request: Any) -> QuerySet[Any]:
        return of_own_warehouses(super().get_queryset(request), request.user, path="stop__warehouse")

    @admin.display(description="版本", ordering="paper_version")
    def issue(self, row: DeliveryNote) -> str:
        return f"v{row.paper_version}"


@admin.register(Discrepancy)
class DiscrepancyAdmin(ReadOnlyAdmin):
    list_display = (
        SERIAL,
        link("stop__point", "自提点"),
        link("stop", "站点"),
        link("sku", "商品"),
        label("kind", "类型", KINDS),
        "expected",
        "quantity",
        "note",
    )
    list_filter = ("kind", "stop__wave__warehouse", "stop__wave__delivery_date")
    search_fields = ("sku__name", "sku__code", "stop__point__name")
    list_select_related = ("stop__point", "sku")
    ordering = ("-pk",)
    fields = (link("stop", "站点"), link("sku", "商品"), label("kind", "类型", KINDS), "expected", "quantity", "note")

    def get_queryset(self, request: Any) -> QuerySet[Any]:
        return of_own_warehouses(super().get_queryset(request), request.user, path="stop__warehouse")
