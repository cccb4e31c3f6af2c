"""Store credit: what each person has, and who gave it why. It is given on the person's own page."""

from django.contrib import admin

from groupbuy.kernel.backoffice.base import ReadOnlyAdmin
from groupbuy.kernel.backoffice.columns import link, moment, money
from groupbuy.models import CreditBalance, CreditGrant


@admin.register(CreditBalance)
class CreditBalanceAdmin(ReadOnlyAdmin):
    list_display = ("person", money("fen", "余额"))
    search_fields = ("person__username", "person__display_name")
    list_select_related = ("person",)
    ordering = ("-fen", "pk")
    fields = ((link("person", "用户"), money("fen", "余额")),)


@admin.register(CreditGrant)
class CreditGrantAdmin(ReadOnlyAdmin):
    list_display = ("person", money("amount_fen", "金额"), "reason", "granted_by", moment("granted_at", "发放时间"))
    search_fields = ("person__username", "person__display_name", "reason")
    list_select_related = ("person", "granted_by")
    date_hierarchy = "granted_at"
    ordering = ("-pk",)
    fields = (
        (link("person", "用户"), money("amount_fen", "金额")),
        ("reason",),
        (link("granted_by", "发放人"), moment("granted_at", "发放时间")),
    )
