"""Waves: their numbers, their papers as files, sending off and voiding."""

from io import BytesIO
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from fulfillment import exports
from fulfillment.admin.delivery import STOPS
from fulfillment.admin.pick_deeds import CLOSE_PICK
from fulfillment.domain.layouts import LAYOUTS
from fulfillment.domain.states import WaveState
from fulfillment.models import PaperIssue, PickLine, Stop, Wave, WaveCampaign
from fulfillment.selectors.backoffice import of_own_warehouses, with_totals
from fulfillment.selectors.papers import paper
from fulfillment.selectors.rights import may_print
from fulfillment.selectors.wave_intake import Waiting, waiting
from fulfillment.services.dispatch import dispatch_send
from fulfillment.services.paper_jobs import paper_job_ask
from fulfillment.services.route_plans import route_plan_ask
from fulfillment.services.wave_joins import wave_join
from fulfillment.services.waves import wave_void
from groupbuy.kernel.backoffice.base import ReadOnlyAdmin, ReadOnlyInline
from groupbuy.kernel.backoffice.columns import label, link, list_link, moment
from groupbuy.kernel.backoffice.deeds import Deed, Done
from groupbuy.kernel.streams import snapshot
from groupbuy.models import User

COLOURS = {WaveState.BUILT: "warning", WaveState.DISPATCHED: "success", WaveState.VOIDED: "default"}
PAPERS = {kind.value: layout.title.zh for kind, layout in LAYOUTS.items()}
MAY_PRINT = "fulfillment.view_wave"


class ReasonForm(forms.Form):
    reason = forms.CharField(label="原因", max_length=200, widget=UnfoldAdminTextInputWidget)


class VoidForm(ReasonForm):
    hold = forms.BooleanField(
        label="暂停其中的活动",
        required=False,
        widget=UnfoldBooleanWidget,
        help_text="不勾选则马上进入下一个波次；要先下架、取消或换点，请勾选，改完到活动页恢复。",
    )


def _plan_routes(wave: Wave, done: Done) -> str:
    route_plan_ask(wave_id=wave.pk, seed=wave.route_plans.count(), actor_id=done.actor_id)
    return "已开始优化线路，完成后单据自动更新。"


def _dispatch(wave: Wave, done: Done) -> None:
    dispatch_send(wave_id=wave.pk, actor_id=done.actor_id)


def _void(wave: Wave, done: Done) -> None:
    campaigns = wave.campaigns.values_list("campaign_id", flat=True) if done.data["hold"] else ()
    wave_void(wave_id=wave.pk, reason=done.data["reason"], actor_id=done.actor_id, hold=list(campaigns))


def _join_form(wave: Wave) -> type[forms.Form]:
    found = waiting(warehouse_id=wave.warehouse_id, delivery_date=wave.delivery_date, wave_id=wave.pk, held=True)

    class JoinForm(ReasonForm):
        campaigns = forms.TypedMultipleChoiceField(
            label="加入的活动",
            choices=[(each.campaign_id, _offered(each)) for each in found],
            coerce=int,
            widget=UnfoldAdminCheckboxSelectMultipleWidget,
            help_text="" if found else "现在没有已截单、还没进波次的活动。",
        )
        field_order = ("campaigns", "reason")

    return JoinForm


def _offered(each: Waiting) -> str:
    brings = f"{each.orders} 单 · {each.pieces} 件 · {each.points} 个自提点，其中新增 {each.new_points} 个"
    return f"{each.title}（{brings}{'；已暂停，加入即恢复' if each.held else ''}）"


def _join(wave: Wave, done: Done) -> str:
    version = wave_join(
        wave_id=wave.pk,
        campaign_ids=done.data["campaigns"],
        reason=done.data["reason"],
        actor_id=done.actor_id,
        release=True,
    )
    return f"单据已更新为 v{version}，请重新打印，并按差异调整已拣的货"


def _facts(wave: Wave) -> list[tuple[str, Any]]:
    row: Any = with_totals(Wave.objects.filter(pk=wave.pk)).get()
    return [
        ("自提点", row.point_count),
        ("商品", row.sku_count),
        ("件数", row.piece_count),
        ("版本", f"v{row.paper_version}"),
    ]


def _built(wave: Wave) -> bool:
    return wave.state == WaveState.BUILT


def _may_be_joined(wave: Wave) -> bool:
    return _built(wave) and wave.pick_closed_at is None


DEEDS = (
    CLOSE_PICK,
    Deed(
        name="dispatch",
        title="立即发车",
        permission="fulfillment.change_wave",
        do=_dispatch,
        question="发车后各站点变为配送中，并通知团长。拣货还没结束的先结束，缺货自动退款。不能撤销。",
        facts=_facts,
        applies=_built,
        icon="local_shipping",
    ),
    Deed(
        name="plan_routes",
        title="优化线路",
        permission="fulfillment.change_wave",
        do=_plan_routes,
        question=(
            "按车辆的装载和班次、自提点的收货时间重新安排线路，单据出新版本；还没开始拣货的，播种位也重排。"
            "不会比现在的固定线路差；排不下的站会单独列出。"
        ),
        facts=_facts,
        applies=_built,
        icon="route",
    ),
    Deed(
        name="join",
        title="加入活动",
        permission="groupbuy.change_campaign",
        do=_join,
        question=(
            "把这个仓库这一天后来截单的活动加入本波次：单据出新版本并列出差异，已有播种位不变，新自提点排在最后；"
            "采购单补差额。不加入、也没有暂停的活动会自动成为下一个波次。"
        ),
        form=_join_form,
        facts=_facts,
        applies=_may_be_joined,
        bulk=False,
        icon="playlist_add",
    ),
    Deed(
        name="void",
        title="作废",
        permission="fulfillment.change_wave",
        do=_void,
        question="作废后已打印的单据全部失效；其中的活动重新进入下一个波次，或先暂停。",
        form=lambda _: VoidForm,
        facts=_facts,
        applies=_built,
        danger=True,
        icon="block",
    ),
)


class CampaignInline(ReadOnlyInline):
    model = WaveCampaign
    verbose_name_plural = "活动"
    fields = (link("campaign", "活动"), "since_version", "fate")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("campaign")

    @admin.display(description="在本波次")
    def fate(self, row: WaveCampaign) -> str:
        return "是" if row.active else "已退出"


class PaperIssueInline(ReadOnlyInline):
    model = PaperIssue
    verbose_name_plural = "单据版本"
    fields = ("version", moment("issued_at", "出单时间"), "reason", link("actor", "操作人"))
    readonly_fields = fields
    ordering = ("-version",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("actor")


class PickLineInline(ReadOnlyInline):
    model = PickLine
    verbose_name_plural = "拣货"
    per_page = 50
    fields = ("zone", "bin", "name", "spec", "quantity", "cases", "pieces", "sale_unit", "paper_version")
    readonly_fields = ("zone", "bin", "name", "spec", "quantity", "cases", "pieces", "sale_unit", "paper_version")
    ordering = ("-paper_version", "zone", "bin")


class StopInline(ReadOnlyInline):
    model = Stop
    verbose_name_plural = "站点"
    per_page = 50
    fields = (link("point", "自提点"), "route", "sequence", "position", "crates", label("state", "状态", STOPS))
    readonly_fields = fields
    ordering = ("position",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("point", "route")


@admin.register(Wave)
class WaveAdmin(ReadOnlyAdmin):
    deeds = DEEDS
    inlines = (StopInline, PickLineInline, PaperIssueInline, CampaignInline)
    list_display = (
        "name",
        label("state", "状态", COLOURS),
        link("warehouse", "仓库"),
        "delivery_date",
        "issue",
        "campaign_count",
        "point_count",
        "sku_count",
        "piece_count",
        moment("dispatch_at", "计划发车"),
        "papers",
    )
    list_filter = ("state", ("warehouse", admin.RelatedOnlyFieldListFilter), "delivery_date")
    search_fields = ("warehouse__name", "warehouse__code", "stops__point__name", "campaigns__campaign__title")
    search_help_text = "仓库、自提点或活动"
    list_select_related = ("warehouse",)
    date_hierarchy = "delivery_date"
    ordering = ("-delivery_date", "-number")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("name", label("state", "状态", COLOURS)),
                    (link("warehouse", "仓库"), "delivery_date", "issue"),
                    "void_reason",
                    ("campaign_count", "point_count", "sku_count", "piece_count"),
                    (
                        moment("built_at", "生成时间"),
                        moment("dispatch_at", "计划发车"),
                        moment("dispatched_at", "发车时间"),
                    ),
                )
            },
        ),
        ("单据下载", {"fields": ("papers",)}),
    )

    def get_queryset(self, request: Any) -> QuerySet[Any]:
        return of_own_warehouses(with_totals(super().get_queryset(request)), request.user)

    def get_custom_urls(self) -> Any:
        return (("<int:object_id>/paper/<slug:kind>/<slug:suffix>", "fulfillment_wave_paper", self.download),)

    def download(self, request: HttpRequest, object_id: int, kind: str, suffix: Any, model_admin: Any) -> HttpResponse:
        """
        Answer with one paper as a file; the same version gives the same bytes.

        A long one is made by a worker: the console shows its job.
        """
        if not request.user.has_perm(MAY_PRINT) or not may_print(cast("User", request.user), kind):
            raise PermissionDenied
        wave = self.get_object(request, str(object_id))
        if wave is None or kind not in PAPERS or suffix not in exports.CONTENT_TYPES:
            raise Http404
        made = paper(wave=wave, kind=kind)
        if exports.is_long(made, suffix):
            version, actor_id = made.head.version, request.user.pk
            job = paper_job_ask(wave_id=wave.pk, kind=kind, format=suffix, version=version, actor_id=actor_id)
            return redirect("warehouse:job", public_id=job.public_id)
        out = BytesIO()
        with snapshot():
            exports.render(made, format=suffix, out=out)
        name = exports.file_name(made, suffix)
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(out.getvalue(), content_type=exports.content_type(suffix), headers=headers)

    @admin.display(description="波次", ordering="number")
    def name(self, row: Wave) -> str:
        return f"{row.delivery_date:%m-%d} 第 {row.number} 波"

    @admin.display(description="版本", ordering="paper_version")
    def issue(self, row: Wave) -> str:
        return f"v{row.paper_version}"

    @admin.display(description="活动", ordering="campaign_count")
    def campaign_count(self, row: Any) -> int:
        return int(row.campaign_count)

    @admin.display(description="自提点", ordering="point_count")
    def point_count(self, row: Any) -> SafeString | str:
        return list_link(Stop, row.point_count, wave__id__exact=row.pk)

    @admin.display(description="商品", ordering="sku_count")
    def sku_count(self, row: Any) -> int:
        return int(row.sku_count)

    @admin.display(description="件数", ordering="piece_count")
    def piece_count(self, row: Any) -> int:
        return int(row.piece_count)

    @admin.display(description="单据")
    def papers(self, row: Wave) -> SafeString:
        """Every paper, each as three kinds of file, its name over them so that the column stays narrow."""
        return format_html_join(
            "",
            '<div class="whitespace-nowrap">{}<br>{}</div>',
            ((title, _files(row, kind)) for kind, title in PAPERS.items()),
        )


def _files(wave: Wave, kind: str) -> SafeString:
    links = (
        format_html(
            '<a class="text-link" href="{}">{}</a>',
            reverse("admin:fulfillment_wave_paper", args=[wave.pk, kind, suffix]),
            suffix.upper(),
        )
        for suffix in ("xlsx", "pdf", "csv")
    )
    return format_html_join(" ", "{}", ((each,) for each in links))
