"""Leaders as business partners, and invite codes."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextInputWidget

from groupbuy.kernel.backoffice.base import KeptAdmin, ReadOnlyAdmin
from groupbuy.kernel.backoffice.columns import label, link, moment, money
from groupbuy.kernel.backoffice.deeds import Deed, Done
from leaders.admin.group_deeds import MOVE_GROUPS
from leaders.domain.states import LEADER, LeaderState
from leaders.models import CommissionEntry, InviteCode, Leader
from leaders.services.leaders import leader_move

COLOURS = {
    LeaderState.ACTIVE: "success",
    LeaderState.RESTING: "warning",
    LeaderState.SUSPENDED: "danger",
    LeaderState.CLOSED: "default",
}
MAY_MOVE = "leaders.change_leader"


class ReasonForm(forms.Form):
    reason = forms.CharField(label="原因", max_length=200, required=False, widget=UnfoldAdminTextInputWidget)


def _deed(name: str, title: str, new: LeaderState, question: str, *, icon: str, danger: bool = False) -> Deed:
    def do(leader: Leader, done: Done) -> None:
        leader_move(leader_id=leader.pk, new=new, actor_id=done.actor_id, reason=done.data["reason"])

    return Deed(
        name=name,
        title=title,
        permission=MAY_MOVE,
        do=do,
        question=question,
        form=lambda _: ReasonForm,
        applies=lambda leader: LEADER.allows(leader.state, new),
        danger=danger,
        icon=icon,
    )


@admin.register(Leader)
class LeaderAdmin(ReadOnlyAdmin):
    deeds = (
        _deed("resume", "恢复营业", LeaderState.ACTIVE, "恢复后可以重新开团、签收、核销。", icon="play_arrow"),
        _deed("rest", "休息", LeaderState.RESTING, "休息期间保留岗位，未提的货仍可核销。", icon="bedtime"),
        _deed(
            "suspend",
            "停用",
            LeaderState.SUSPENDED,
            "停用后立即失去所有自提点的岗位，不能签收和核销。",
            icon="pause_circle",
            danger=True,
        ),
        MOVE_GROUPS,
    )
    list_display = (
        link("user", "团长"),
        "masked_phone",
        "kind",
        label("state", "状态", COLOURS),
        "invite_code",
        link("recommender", "推荐人"),
        money("earned_fen", "累计佣金"),
        moment("approved_at", "通过时间"),
    )
    list_display_links = ("invite_code",)
    list_filter = ("state", "kind")
    search_fields = ("user__display_name", "user__username", "invite_code")
    list_select_related = ("user", "recommender")
    date_hierarchy = "approved_at"
    ordering = ("-pk",)
    fields = (
        (link("user", "团长"), "masked_phone", label("state", "状态", COLOURS)),
        ("kind", "invite_code", link("recommender", "推荐人")),
        (money("earned_fen", "累计佣金"), moment("approved_at", "通过时间")),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        earned = CommissionEntry.objects.filter(leader=OuterRef("user")).order_by().values("leader")
        total = Coalesce(Subquery(earned.annotate(n=Sum(F("amount_fen"))).values("n")), 0)
        rows: QuerySet[Any] = super().get_queryset(request).annotate(earned_fen=total)
        return rows

    @admin.display(description="手机号")
    def masked_phone(self, row: Leader) -> str:
        return row.user.masked_phone or "-"


@admin.register(InviteCode)
class InviteCodeAdmin(KeptAdmin):
    list_display = ("code", "note", "active")
    list_filter = ("active",)
    search_fields = ("code", "note")
    ordering = ("-pk",)
