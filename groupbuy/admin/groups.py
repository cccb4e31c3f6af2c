"""Groups: one campaign at one pickup point under one leader."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from groupbuy.admin.campaign_change_deeds import OFFER_DEEDS
from groupbuy.admin.group_deeds import DEEDS
from groupbuy.admin.offer_change_deed import ADJUST
from groupbuy.kernel.backoffice.base import ReadOnlyAdmin
from groupbuy.kernel.backoffice.columns import SERIAL, link, list_link, moment, money
from groupbuy.models import Group, Offer, Order
from groupbuy.selectors.backoffice import with_amounts
from groupbuy.selectors.group_moves import left_alone


class FailedFilter(admin.SimpleListFilter):
    title = "成团"
    parameter_name = "failed"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "未成团"), ("no", "正常")]

    def queryset(self, request: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        return queryset.filter(failed_at__isnull=self.value() == "no")


class AwayFilter(admin.SimpleListFilter):
    title = "团长"
    parameter_name = "leader_away"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "已离岗，待换")]

    def queryset(self, request: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return left_alone(queryset) if self.value() == "yes" else queryset


@admin.register(Group)
class GroupAdmin(ReadOnlyAdmin):
    deeds = DEEDS
    list_display = (
        SERIAL,
        link("campaign", "活动"),
        link("point", "自提点"),
        link("leader", "团长"),
        "order_count",
        money("paid_fen", "实收"),
        moment("failed_at", "未成团"),
        link("moved_to", "已换到"),
    )
    list_filter = (FailedFilter, AwayFilter, "campaign__state")
    search_fields = ("campaign__title", "point__name", "point__code", "leader__display_name")
    list_select_related = ("campaign", "point", "leader", "moved_to__campaign", "moved_to__point")
    ordering = ("-pk",)
    fields = (
        link("campaign", "活动"),
        link("point", "自提点"),
        link("leader", "团长"),
        "order_count",
        money("paid_fen", "实收"),
        moment("failed_at", "未成团"),
        link("moved_to", "已换到"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return with_amounts(super().get_queryset(request))

    @admin.display(description="已付订单", ordering="order_count")
    def order_count(self, row: Any) -> SafeString | str:
        return list_link(Order, row.order_count, group__id__exact=row.pk)


WITHDRAWN = moment("withdrawn_at", "下架")


@admin.register(Offer)
class OfferAdmin(ReadOnlyAdmin):
    """All campaigns' offers: what sells, what is nearly sold out, what was withdrawn."""

    deeds = (ADJUST, *OFFER_DEEDS)
    list_display = (
        "sku",
        link("campaign", "活动"),
        money("price_fen", "团购价"),
        money("list_price_fen", "划线价"),
        money("cost_fen", "成本"),
        "sold",
        "stock",
        "per_shopper",
        WITHDRAWN,
    )
    list_filter = ("campaign__state", "sku__category", "sku__zone")
    search_fields = ("sku__name", "sku__code", "campaign__title")
    list_select_related = ("sku", "campaign")
    ordering = ("-campaign__cutoff_at", "position")
    fields = (
        link("campaign", "活动"),
        link("sku", "商品"),
        money("price_fen", "团购价"),
        money("list_price_fen", "划线价"),
        money("cost_fen", "成本"),
        ("sold", "stock", "per_shopper", "per_community"),
        ("minimum", "step", "minimum_total", "rate_bp"),
        WITHDRAWN,
    )
