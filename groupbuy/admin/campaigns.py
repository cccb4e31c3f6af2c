"""Campaigns: drafted by a form, opened and closed by deeds; what is open cannot be edited."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminIntegerFieldWidget

from groupbuy.admin.campaign_change_deeds import CAMPAIGN_DEEDS
from groupbuy.admin.campaign_deeds import DEEDS
from groupbuy.admin.campaign_hold_deeds import DEEDS as HOLD_DEEDS
from groupbuy.admin.price_steps import PriceStepsField, written
from groupbuy.admin.timeline import timeline
from groupbuy.domain.prices import PriceStep
from groupbuy.domain.states import CampaignState
from groupbuy.kernel import clock
from groupbuy.kernel.backoffice.base import KeptAdmin, Tabular
from groupbuy.kernel.backoffice.columns import WAITING, label, link, list_link, local, money, named, tag
from groupbuy.kernel.backoffice.fields import RowForm, YuanField
from groupbuy.models import Campaign, Group, Offer, Order
from groupbuy.selectors.backoffice import with_progress
from groupbuy.selectors.groups import price_plan
from groupbuy.services.campaigns import OfferWanted, campaign_create
from groupbuy.services.drafts import draft_change, draft_offers

COLOURS = {
    CampaignState.DRAFT: "default",
    CampaignState.OPEN: "success",
    CampaignState.CLOSING: "warning",
    CampaignState.FROZEN: "info",
    CampaignState.CANCELLED: "danger",
}
_STATE = label("state", "状态", COLOURS)


def _state_and_hold(row: Campaign) -> SafeString:
    state: SafeString = _STATE(row)
    return format_html("{} {}", state, tag("暂停", WAITING)) if row.held_at else state


# Columns that several pages show are made once: the admin tells callables apart by identity.
PAID = money("paid_fen", "实收")
STATE = named(_state_and_hold, title="状态", ordering="state")
PRICE = money("price_fen", "团购价")
NEWCOMER_PRICE = money("newcomer_fen", "新人价")
STEPS = named(lambda offer: written(price_plan(offer)), title="阶梯价", ordering=None)
TIMELINE = named(timeline, title="进程", ordering=None)
TERMS = ("title", "warehouse", "opens_at", "cutoff_at", "delivery_date", "minimum_kind", "minimum_value")
LIMITS = (
    "per_shopper",
    "per_community",
    "minimum",
    "step",
    "minimum_total",
    "rate_bp",
    "newcomer_fen",
    "newcomer_pieces",
)
OFFER_COLUMNS = ("price_fen", "stock", *LIMITS)


class CampaignForm(RowForm):
    class Meta:
        model = Campaign
        fields = TERMS

    def clean(self) -> dict[str, Any] | None:
        data = super().clean() or {}
        opens_at, cutoff_at = data.get("opens_at"), data.get("cutoff_at")
        if opens_at and cutoff_at and cutoff_at <= opens_at:
            self.add_error("cutoff_at", "截单时间必须晚于开团时间。")
        return data


class OfferForm(RowForm):
    price_fen = YuanField(
        label="团购价（元）", required=False, widget=UnfoldAdminDecimalFieldWidget, help_text="新增时留空则按划线价"
    )

    newcomer_fen = YuanField(label="新人价（元）", required=False, widget=UnfoldAdminDecimalFieldWidget)
    newcomer_pieces = forms.IntegerField(
        label="新人价限件", min_value=1, required=False, initial=1, widget=UnfoldAdminIntegerFieldWidget
    )
    price_steps = PriceStepsField(label="阶梯价", help_text="每行一个：时间 价格（元），到点后按新价")

    class Meta:
        model = Offer
        fields = ("sku", *OFFER_COLUMNS)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            self.initial["price_steps"] = price_plan(self.instance)

    def clean_price_fen(self) -> int:
        price: int | None = self.cleaned_data["price_fen"]
        sku = self.cleaned_data.get("sku")
        return sku.list_price_fen if price is None and sku else price or 0

    def clean_newcomer_pieces(self) -> int:
        return self.cleaned_data["newcomer_pieces"] or 1


class OfferInline(Tabular):
    model = Offer
    form = OfferForm
    extra = 0
    tab = True
    autocomplete_fields = ("sku",)
    fields = ("sku", *OFFER_COLUMNS, "price_steps", "sold")
    readonly_fields = ("sold",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("sku").prefetch_related("price_steps")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if self.has_change_permission(request, obj):
            return self.fields
        return ("sku", PRICE, STEPS, "stock", "sold", *LIMITS, NEWCOMER_PRICE, "newcomer_pieces")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.readonly_fields if self.has_change_permission(request, obj) else self.get_fields(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        draft = obj is None or obj.state == CampaignState.DRAFT
        return draft and bool(super().has_change_permission(request, obj))


@admin.register(Campaign)
class CampaignAdmin(KeptAdmin):
    form = CampaignForm
    deeds = (*DEEDS, *CAMPAIGN_DEEDS, *HOLD_DEEDS)
    inlines = (OfferInline,)
    list_display = (
        "title",
        STATE,
        link("warehouse", "仓库"),
        "cutoff",
        "delivery_date",
        "group_count",
        "order_count",
        "piece_count",
        PAID,
    )
    list_filter = ("state", ("held_at", admin.EmptyFieldListFilter), "warehouse", "delivery_date")
    search_fields = ("title",)
    autocomplete_fields = ("warehouse",)
    list_select_related = ("warehouse",)
    date_hierarchy = "delivery_date"
    ordering = ("-cutoff_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return with_progress(super().get_queryset(request))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        terms = (
            (None, {"fields": (("title", "warehouse"), "opens_at", "cutoff_at", "delivery_date")}),
            (
                "成团",
                {"fields": (("minimum_kind", "minimum_value"),), "description": "按每个社区团判断；留空为不设门槛。"},
            ),
        )
        if obj is None:
            return terms
        progress = [(STATE, "cutoff"), TIMELINE, ("group_count", "order_count"), ("piece_count", PAID)]
        if obj.held_at:
            progress.insert(2, ("held_reason",))
        return (("进度", {"fields": progress}), *terms)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Hold everything that the fieldsets show beside the form's own fields."""
        if obj is None:
            return ()
        shown = [name for _, box in self.get_fieldsets(request, obj) for line in box["fields"] for name in _names(line)]
        return [name for name in shown if name not in TERMS]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        draft = obj is None or obj.state == CampaignState.DRAFT
        return draft and super().has_change_permission(request, obj)

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """Leave it to the service; nothing has been written when the offers turn out to be wrong."""
        data = form.cleaned_data
        if change:
            changes = {name: data[name] for name in form.changed_data}
            draft_change(campaign_id=obj.pk, changes=changes, actor_id=request.user.pk)
        else:
            obj.pk = campaign_create(actor=request.user, **data).pk

    def save_formset(self, request: Any, form: Any, formset: Any, change: bool) -> None:
        formset.save(commit=False)
        steps = {id(each.instance): each.cleaned_data.get("price_steps") for each in formset.forms}
        draft_offers(
            campaign_id=formset.instance.pk,
            add=[_wanted(offer, steps[id(offer)]) for offer in formset.new_objects],
            change={
                offer.pk: {name: getattr(offer, name) for name in names if name != "price_steps"}
                for offer, names in formset.changed_objects
            },
            price_steps={
                offer.pk: steps[id(offer)] for offer, names in formset.changed_objects if "price_steps" in names
            },
            remove=[offer.pk for offer in formset.deleted_objects],
            actor_id=request.user.pk,
        )

    @admin.display(description="截单", ordering="cutoff_at")
    def cutoff(self, row: Campaign) -> str:
        """Local time, and how long still when it is open."""
        if row.state != CampaignState.OPEN:
            return local(row.cutoff_at)
        return f"{local(row.cutoff_at)}（{countdown(int((row.cutoff_at - clock.now()).total_seconds()))}）"

    @admin.display(description="社区团", ordering="group_count")
    def group_count(self, row: Any) -> SafeString | str:
        return list_link(Group, row.group_count, campaign__id__exact=row.pk)

    @admin.display(description="已付订单", ordering="order_count")
    def order_count(self, row: Any) -> SafeString | str:
        return list_link(Order, row.order_count, campaign__id__exact=row.pk)

    @admin.display(description="件数", ordering="piece_count")
    def piece_count(self, row: Any) -> int:
        return int(row.piece_count)


def countdown(seconds: int) -> str:
    if seconds <= 0:
        return "已到点"
    hours, minutes = divmod(seconds // 60, 60)
    return f"还有 {hours // 24} 天" if hours >= 48 else f"还有 {hours} 小时 {minutes} 分"


def _names(line: Any) -> Any:
    return line if isinstance(line, tuple) else (line,)


def _wanted(offer: Offer, price_steps: Sequence[PriceStep]) -> OfferWanted:
    columns = {name: getattr(offer, name) for name in OFFER_COLUMNS}
    return OfferWanted(sku=offer.sku, price_steps=price_steps, **columns)
