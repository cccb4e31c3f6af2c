"""Review of applications, shop owners first."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from groupbuy.domain.words import PointKind
from groupbuy.kernel.backoffice.base import ReadOnlyAdmin
from groupbuy.kernel.backoffice.columns import label, link, moment, share_link, to_row
from groupbuy.kernel.backoffice.deeds import Deed, Done
from groupbuy.models import ShareCode, Warehouse
from leaders.domain.states import APPLICATION, ApplicationState
from leaders.models import LeaderApplication
from leaders.services.applications import application_approve, application_reject, application_take

COLOURS = {
    ApplicationState.SUBMITTED: "warning",
    ApplicationState.RESUBMITTED: "warning",
    ApplicationState.UNDER_REVIEW: "info",
    ApplicationState.APPROVED: "success",
    ApplicationState.REJECTED: "danger",
}
MAY_REVIEW = "leaders.change_leaderapplication"


class ApproveForm(forms.Form):
    warehouse = forms.ModelChoiceField(
        Warehouse.objects.order_by("code"),
        label="供货仓库",
        required=False,
        empty_label="按社区所在城市",
        widget=UnfoldAdminSelectWidget,
    )


class RejectForm(forms.Form):
    reason = forms.CharField(
        label="驳回原因", max_length=200, widget=UnfoldAdminTextInputWidget, help_text="申请人会看到，请写清楚怎样改。"
    )


def _take(application: LeaderApplication, done: Done) -> None:
    application_take(application_id=application.pk, actor_id=done.actor_id)


def _approve(application: LeaderApplication, done: Done) -> SafeString:
    warehouse = done.data["warehouse"]
    leader = application_approve(
        application_id=application.pk, actor_id=done.actor_id, warehouse_id=warehouse and warehouse.pk
    )
    share = ShareCode.objects.select_related("point").filter(leader=leader.user_id).latest("pk")
    return format_html("已开自提点 {}，分享链接 {}", to_row(share.point), share_link(share.code))


def _reject(application: LeaderApplication, done: Done) -> None:
    application_reject(application_id=application.pk, actor_id=done.actor_id, reason=done.data["reason"])


def _facts(row: LeaderApplication) -> list[tuple[str, Any]]:
    return [
        ("类型", row.get_kind_display()),
        ("社区", row.community),
        ("地址", row.address),
        ("群人数", row.group_size),
        ("冷柜", "有" if row.freezer else "无"),
        ("手机号", row.masked_phone),
    ]


def _may_become(state: ApplicationState) -> Any:
    return lambda application: APPLICATION.allows(application.state, state)


DEEDS = (
    Deed(
        name="take",
        title="开始审核",
        permission=MAY_REVIEW,
        do=_take,
        question="标记为审核中，其他同事就知道有人在看。",
        facts=_facts,
        applies=_may_become(ApplicationState.UNDER_REVIEW),
        icon="rate_review",
    ),
    Deed(
        name="approve",
        title="通过",
        permission=MAY_REVIEW,
        do=_approve,
        question="通过后新开一个自提点、一个分享码，申请人即可开团、签收、核销。",
        form=lambda _: ApproveForm,
        facts=_facts,
        applies=_may_become(ApplicationState.APPROVED),
        icon="check_circle",
    ),
    Deed(
        name="reject",
        title="驳回",
        permission=MAY_REVIEW,
        do=_reject,
        question="申请人可以修改后重新提交。",
        form=lambda _: RejectForm,
        facts=_facts,
        applies=_may_become(ApplicationState.REJECTED),
        danger=True,
        icon="cancel",
    ),
)


class WaitingFilter(admin.SimpleListFilter):
    title = "待办"
    parameter_name = "waiting"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "待审核")]

    def queryset(self, request: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(state__in=WAITING) if self.value() == "yes" else queryset


WAITING = (ApplicationState.SUBMITTED, ApplicationState.RESUBMITTED, ApplicationState.UNDER_REVIEW)


@admin.register(LeaderApplication)
class LeaderApplicationAdmin(ReadOnlyAdmin):
    deeds = DEEDS
    list_display = (
        "name",
        "masked_phone",
        "kind",
        "point_name",
        link("community", "社区"),
        "group_size",
        "freezer",
        label("state", "状态", COLOURS),
        moment("submitted_at", "提交时间"),
    )
    list_filter = (WaitingFilter, "state", "kind", "freezer", "community__city")
    search_fields = ("name", "point_name", "address", "community__name", "invite_code")
    list_select_related = ("community",)
    date_hierarchy = "submitted_at"
    ordering = (Case(When(kind=PointKind.SHOP, then=Value(0)), default=Value(1)), "submitted_at", "pk")
    fieldsets = (
        (None, {"fields": (("name", "masked_phone", label("state", "状态", COLOURS)), link("applicant", "申请人"))}),
        (
            "自提点",
            {
                "fields": (
                    ("point_name", "kind"),
                    (link("community", "社区"), "address"),
                    ("opening_hours", "room_m2", "freezer"),
                )
            },
        ),
        ("资格", {"fields": (("group_size", "invite_code"), ("reason", moment("submitted_at", "提交时间")))}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("community", "applicant")

    @admin.display(description="手机号")
    def masked_phone(self, row: LeaderApplication) -> str:
        return row.masked_phone
