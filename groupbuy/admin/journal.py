"""History of states and the audit trail. Append-only tables: looking is all that anybody can do."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.html import format_html
from django.utils.safestring import SafeString

from groupbuy.admin import words
from groupbuy.kernel.backoffice.base import ReadOnlyAdmin
from groupbuy.kernel.backoffice.columns import SERIAL, link, moment, row_url
from groupbuy.kernel.backoffice.words import ACTIONS, MACHINES, SUBJECTS, machine_name, state_name
from groupbuy.models import AuditEvent, Message, StateChange


class MachineFilter(admin.SimpleListFilter):
    title = "对象"
    parameter_name = "machine"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:
        return [(machine, machine_name(machine)) for machine in MACHINES]

    def queryset(self, request: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(machine=self.value()) if self.value() else queryset


class ActionFilter(admin.SimpleListFilter):
    title = "动作"
    parameter_name = "action"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:
        return list(ACTIONS.items())

    def queryset(self, request: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(StateChange)
class StateChangeAdmin(ReadOnlyAdmin):
    list_display = (SERIAL, moment("at", "时间"), "subject", "from_state", "to_state", link("actor", "操作人"), "why")
    list_filter = (MachineFilter,)
    search_fields = ("=subject_id", "reason", "actor__display_name", "actor__username")
    search_help_text = "对象的号、原因或操作人"
    list_select_related = ("actor",)
    date_hierarchy = "at"
    ordering = ("-pk",)
    fields = ("subject", ("from_state", "to_state"), (link("actor", "操作人"), moment("at", "时间")), "why")

    @admin.display(description="对象", ordering="subject_id")
    def subject(self, row: StateChange) -> SafeString | str:
        model, text = MACHINES.get(row.machine), f"{machine_name(row.machine)} {row.subject_id}"
        return (
            format_html('<a class="text-link" href="{}">{}</a>', row_url(model, row.subject_id), text)
            if model
            else text
        )

    @admin.display(description="原状态")
    def from_state(self, row: StateChange) -> str:
        return state_name(row.machine, row.old) or "-"

    @admin.display(description="新状态")
    def to_state(self, row: StateChange) -> str:
        return state_name(row.machine, row.new)

    @admin.display(description="原因")
    def why(self, row: StateChange) -> str:
        return words.reason_name(row.reason) or "-"


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = (SERIAL, moment("at", "时间"), link("actor", "操作人"), "what", "subject", "details")
    list_filter = (ActionFilter,)
    search_fields = ("=subject_id", "action", "actor__display_name", "actor__username")
    search_help_text = "对象的号、动作代码或操作人"
    list_select_related = ("actor",)
    date_hierarchy = "at"
    ordering = ("-pk",)
    fields = ((link("actor", "操作人"), moment("at", "时间")), ("what", "subject"), "details")

    @admin.display(description="动作", ordering="action")
    def what(self, row: AuditEvent) -> str:
        return ACTIONS.get(row.action, row.action)

    @admin.display(description="对象", ordering="subject_id")
    def subject(self, row: AuditEvent) -> str:
        return f"{SUBJECTS.get(row.subject_kind, row.subject_kind)} {row.subject_id}"

    @admin.display(description="内容")
    def details(self, row: AuditEvent) -> str:
        return words.facts_shown(row.facts)


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ("title", link("person", "收件人"), "body", moment("created_at", "时间"), moment("read_at", "已读"))
    search_fields = ("title", "body", "person__display_name")
    list_select_related = ("person",)
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    fields = (link("person", "收件人"), "title", "body", moment("created_at", "时间"), moment("read_at", "已读"))
