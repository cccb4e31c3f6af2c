"""Commission, entry by entry; the sums of what is listed stand above the list."""

from typing import Any

from django.contrib import admin
from django.db.models import Sum
from django.http import HttpRequest

from groupbuy.kernel.backoffice.base import ReadOnlyAdmin
from groupbuy.kernel.backoffice.columns import SERIAL, as_yuan, link, moment, money, percent
from leaders.models import CommissionEntry


@admin.register(CommissionEntry)
class CommissionEntryAdmin(ReadOnlyAdmin):
    list_before_template = "backoffice/sums.html"
    list_display = (
        SERIAL,
        link("leader", "团长"),
        link("line__order", "订单"),
        "line",
        "pieces",
        money("base_fen", "计佣金额"),
        percent("rate_bp", "费率"),
        money("amount_fen", "佣金"),
        moment("earned_at", "产生时间"),
        moment("available_at", "可提现时间"),
    )
    list_filter = ("leg",)
    search_fields = ("leader__display_name", "leader__username", "line__order__number", "line__name")
    list_select_related = ("leader", "line__order")
    date_hierarchy = "earned_at"
    ordering = ("-pk",)
    fields = (
        (link("leader", "团长"), "leg"),
        (link("line__order", "订单"), "line", "pieces"),
        (money("base_fen", "计佣金额"), percent("rate_bp", "费率"), money("amount_fen", "佣金")),
        (moment("earned_at", "产生时间"), moment("available_at", "可提现时间")),
    )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        response = super().changelist_view(request, extra_context)
        listed = getattr(response, "context_data", None) or {}
        if "cl" in listed:
            sums = listed["cl"].queryset.order_by().aggregate(base=Sum("base_fen"), amount=Sum("amount_fen"))
            listed["sums"] = [("计佣金额", as_yuan(sums["base"] or 0)), ("佣金", as_yuan(sums["amount"] or 0))]
        return response
