"""Sweeps, the rows on which they failed, and facts that are not told yet."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from groupbuy.admin import words
from groupbuy.domain.messages import TEXTS
from groupbuy.kernel.backoffice.base import ReadOnlyAdmin
from groupbuy.kernel.backoffice.columns import SERIAL, moment, tag
from groupbuy.kernel.backoffice.words import sweep_name
from groupbuy.models import Outbox, Sweep, SweepFailure


@admin.register(Sweep)
class SweepAdmin(ReadOnlyAdmin):
    list_display = ("about", "name", moment("last_run_at", "最近运行"))
    ordering = ("name",)
    fields = ("about", "name", moment("last_run_at", "最近运行"))

    @admin.display(description="巡检", ordering="name")
    def about(self, row: Sweep) -> str:
        return sweep_name(row.name)


@admin.register(SweepFailure)
class SweepFailureAdmin(ReadOnlyAdmin):
    """Deleting a row lets the sweep try again."""

    list_display = ("about", "subject_id", "tries", "state", "last_error", moment("last_at", "最近时间"))
    list_filter = ("parked", "sweep")
    search_fields = ("=subject_id", "last_error")
    search_help_text = "对象的号或错误；删除一行即重新尝试"
    ordering = ("-last_at",)
    fields = ("about", "subject_id", "tries", "state", "last_error", moment("last_at", "最近时间"))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("groupbuy.delete_sweepfailure")

    @admin.display(description="巡检", ordering="sweep")
    def about(self, row: SweepFailure) -> str:
        return sweep_name(row.sweep)

    @admin.display(description="状态", ordering="parked")
    def state(self, row: SweepFailure) -> SafeString:
        return tag("已搁置", "danger") if row.parked else tag("将重试", "warning")


class AppliedFilter(admin.SimpleListFilter):
    title = "状态"
    parameter_name = "applied"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "待发"), ("yes", "已发")]

    def queryset(self, request: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        return queryset.filter(applied_at__isnull=self.value() == "no")


class TopicFilter(admin.SimpleListFilter):
    title = "主题"
    parameter_name = "topic"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:
        return [(topic, words.topic_name(topic)) for topic in TEXTS]

    def queryset(self, request: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(topic=self.value()) if self.value() else queryset


@admin.register(Outbox)
class OutboxAdmin(ReadOnlyAdmin):
    list_display = (
        SERIAL,
        "about",
        "fate",
        "attempts",
        moment("created_at", "产生时间"),
        moment("applied_at", "发出时间"),
    )
    list_filter = (AppliedFilter, TopicFilter)
    search_fields = ("topic",)
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    fields = (
        "about",
        "facts",
        "fate",
        "attempts",
        "error",
        moment("created_at", "产生时间"),
        moment("applied_at", "发出时间"),
    )

    @admin.display(description="主题", ordering="topic")
    def about(self, row: Outbox) -> str:
        return words.topic_name(row.topic)

    @admin.display(description="内容")
    def facts(self, row: Outbox) -> str:
        return words.facts_shown(row.payload)

    @admin.display(description="状态")
    def fate(self, row: Outbox) -> SafeString:
        return tag("已发", "success") if row.applied_at else tag("待发", "warning")

    @admin.display(description="尝试次数", ordering="tries")
    def attempts(self, row: Outbox) -> int:
        return row.tries

    @admin.display(description="最近错误")
    def error(self, row: Outbox) -> str:
        return row.last_error or "-"
