"""Promotions and coupons: made by a form, stopped by a deed, never edited; how often they were used and what they cost."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from groupbuy.domain.promotions import PromotionKind
from groupbuy.kernel import clock
from groupbuy.kernel.backoffice.base import KeptAdmin, ReadOnlyAdmin
from groupbuy.kernel.backoffice.columns import link, local, moment, money, named
from groupbuy.kernel.backoffice.deeds import Deed, Done
from groupbuy.kernel.backoffice.fields import RowForm, YuanField
from groupbuy.kernel.errors import Invalid
from groupbuy.models import Coupon, CouponKind, Promotion
from groupbuy.selectors.promotions import kinds_with_uses, promotions_with_uses
from groupbuy.services.coupons import check_times, coupon_kind_create, coupon_kind_stop
from groupbuy.services.promotions import check_numbers, check_scope, promotion_create, promotion_stop

RULE = named(lambda row: row.rule, title="优惠", ordering=None)
USES = named(lambda row: row.use_count, title="用于有效订单", ordering="use_count")
COST = money("cost_fen", "让利")
STOPPED = moment("stopped_at", "停止")


def _stop_promotion(promotion: Promotion, done: Done) -> None:
    promotion_stop(promotion_id=promotion.pk, actor_id=done.actor_id)


def _stop_kind(kind: CouponKind, done: Done) -> None:
    coupon_kind_stop(kind_id=kind.pk, actor_id=done.actor_id)


def _yuan(label: str, **options: Any) -> YuanField:
    return YuanField(label=f"{label}（元）", required=False, widget=UnfoldAdminDecimalFieldWidget, **options)


def _blame(form: RowForm, check: Callable[[], None]) -> None:
    """Show a refusal at its field; the table's own constraints on that field are then not looked at."""
    try:
        check()
    except Invalid as error:
        form.add_error(error.attr, error.detail)


class PromotionForm(RowForm):
    spend_fen = _yuan("满", help_text="满减：限定范围内的金额")
    off_fen = _yuan("减")
    cap_fen = _yuan("最多减", help_text="每满都减时的封顶，可留空")

    class Meta:
        model = Promotion
        fields = (
            "name",
            "campaign",
            "category",
            "offers",
            "kind",
            "spend_fen",
            "off_fen",
            "repeats",
            "cap_fen",
            "pieces",
            "rate_bp",
            "with_coupon",
            "starts_at",
            "ends_at",
        )

    def clean_spend_fen(self) -> int:
        return self.cleaned_data["spend_fen"] or 0

    def clean_off_fen(self) -> int:
        return self.cleaned_data["off_fen"] or 0

    def clean(self) -> dict[str, Any] | None:
        """Say in the service's words what is wrong."""
        data = super().clean() or {}
        if not self.errors:
            numbers = {name: data[name] for name in ("kind", "spend_fen", "off_fen", "pieces", "rate_bp")}
            _blame(self, lambda: check_numbers(**numbers))
            scope = {name: data[name] for name in ("campaign", "category")}
            _blame(self, lambda: check_scope(**scope, offers=list(data["offers"])))
        return data


class CouponKindForm(RowForm):
    face_fen = YuanField(label="面值（元）", widget=UnfoldAdminDecimalFieldWidget)
    threshold_fen = _yuan("满多少可用")

    class Meta:
        model = CouponKind
        fields = (
            "name",
            "face_fen",
            "threshold_fen",
            "total",
            "per_shopper",
            "group",
            "claim_starts_at",
            "claim_ends_at",
            "use_ends_at",
            "use_days",
        )

    def clean_threshold_fen(self) -> int:
        return self.cleaned_data["threshold_fen"] or 0

    def clean(self) -> dict[str, Any] | None:
        """Say in the service's words what is wrong."""
        data = super().clean() or {}
        if not self.errors:
            names = ("claim_starts_at", "claim_ends_at", "use_ends_at", "use_days")
            _blame(self, lambda: check_times(**{name: data[name] for name in names}))
        return data


class MadeOnceAdmin(KeptAdmin):
    """Rows that are made by a form and then only looked at: people have been promised their terms."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and bool(super().has_change_permission(request, obj))


@admin.register(Promotion)
class PromotionAdmin(MadeOnceAdmin):
    form = PromotionForm
    list_display = ("name", RULE, link("campaign", "活动"), "period", STOPPED, USES, COST)
    list_filter = ("kind",)
    search_fields = ("name", "campaign__title")
    autocomplete_fields = ("campaign", "category", "offers")
    list_select_related = ("campaign",)
    ordering = ("-pk",)
    deeds = (
        Deed(
            name="stop",
            title="停止",
            permission="groupbuy.change_promotion",
            do=_stop_promotion,
            question="停止后新订单不再享受；已下的订单不变。此操作不能撤销。",
            applies=lambda row: row.stopped_at is None and row.ends_at > clock.now(),
            danger=True,
            icon="block",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return promotions_with_uses(super().get_queryset(request))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        terms = (
            (None, {"fields": ("name", "starts_at", "ends_at")}),
            (
                "范围",
                {
                    "fields": ("campaign", "category", "offers"),
                    "description": "都留空：全平台所有商品。品类与商品二选一。",
                },
            ),
            ("满减", {"fields": (("spend_fen", "off_fen"), ("repeats", "cap_fen"))}),
            ("满件折", {"fields": (("pieces", "rate_bp"),)}),
        )
        if obj is None:
            return ((None, {"fields": ("kind", "with_coupon")}), *terms)
        return ((None, {"fields": ((RULE, STOPPED), (USES, COST), ("kind", "with_coupon"))}), *terms)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else (RULE, STOPPED, USES, COST)

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        data = form.cleaned_data
        terms = {**data, "kind": PromotionKind(data["kind"]), "offers": list(data["offers"])}
        obj.pk = promotion_create(actor_id=request.user.pk, **terms).pk

    @admin.display(description="时间", ordering="starts_at")
    def period(self, row: Promotion) -> str:
        return f"{local(row.starts_at)} 至 {local(row.ends_at)}"


@admin.register(CouponKind)
class CouponKindAdmin(MadeOnceAdmin):
    form = CouponKindForm
    list_display = ("name", RULE, link("group", "团专享"), "claimed", "total", USES, COST, "period", STOPPED)
    search_fields = ("name",)
    autocomplete_fields = ("group",)
    list_select_related = ("group__campaign", "group__point")
    ordering = ("-pk",)
    deeds = (
        Deed(
            name="stop",
            title="停止领取",
            permission="groupbuy.change_couponkind",
            do=_stop_kind,
            question="停止后不能再领；已领的券仍可使用。此操作不能撤销。",
            applies=lambda row: row.stopped_at is None and row.claim_ends_at > clock.now(),
            danger=True,
            icon="block",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return kinds_with_uses(super().get_queryset(request))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        terms = (
            (None, {"fields": ("name", ("face_fen", "threshold_fen"), ("total", "per_shopper"), "group")}),
            ("领取", {"fields": ("claim_starts_at", "claim_ends_at")}),
            ("使用", {"fields": ("use_ends_at", "use_days"), "description": "二者填且只填一个。"}),
        )
        return terms if obj is None else ((None, {"fields": ((RULE, STOPPED), ("claimed", USES, COST))}), *terms)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else (RULE, STOPPED, "claimed", USES, COST)

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        obj.pk = coupon_kind_create(actor_id=request.user.pk, **form.cleaned_data).pk

    @admin.display(description="领取时间", ordering="claim_starts_at")
    def period(self, row: CouponKind) -> str:
        return f"{local(row.claim_starts_at)} 至 {local(row.claim_ends_at)}"


@admin.register(Coupon)
class CouponAdmin(ReadOnlyAdmin):
    list_display = (
        link("kind", "优惠券"),
        link("shopper", "顾客"),
        moment("claimed_at", "领取时间"),
        moment("ends_at", "有效期至"),
        link("order", "用于订单"),
    )
    search_fields = ("kind__name", "shopper__username", "shopper__display_name")
    list_select_related = ("kind", "shopper", "order")
    ordering = ("-pk",)
    fields = (
        (link("kind", "优惠券"), link("shopper", "顾客")),
        (moment("claimed_at", "领取时间"), moment("ends_at", "有效期至")),
        (link("order", "用于订单"),),
    )
