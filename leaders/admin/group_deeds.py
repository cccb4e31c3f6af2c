"""What an operator does to the groups of a leader who is away: hand them all to another."""

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from groupbuy.kernel.backoffice.columns import as_yuan
from groupbuy.kernel.backoffice.deeds import Deed, Done, Facts
from groupbuy.models import PointStaff
from groupbuy.selectors.group_moves import load_of, movable_of, posts_nearby
from groupbuy.services.group_moves import groups_move
from leaders.domain.states import LeaderState
from leaders.models import Leader


def _posts(leader: Leader) -> list[PointStaff]:
    """Return other leaders' posts, nearest to his first group first."""
    first = movable_of(leader.user_id).first()
    nearby = posts_nearby(first) if first else []
    return [post for post, _metres in nearby if post.user_id != leader.user_id]


def _form(leader: Leader) -> type[forms.Form]:
    choices = [
        (post.pk, f"{post.point.name}（{post.point.code}）　{post.user}　{post.point.address}")
        for post in _posts(leader)
    ]
    fields = {
        "post": forms.TypedChoiceField(
            label="换到（由近到远）", coerce=int, choices=[("", "请选择"), *choices], widget=UnfoldAdminSelectWidget
        ),
        "reason": forms.CharField(label="原因", max_length=200, widget=UnfoldAdminTextInputWidget),
    }
    return type("MoveAllForm", (forms.Form,), fields)


def _facts(leader: Leader) -> Facts:
    groups = list(movable_of(leader.user_id))
    load = load_of(*(group.pk for group in groups))
    whole = [
        ("社区团", len(groups)),
        ("随团订单", load.orders),
        ("顾客", load.people),
        ("已付金额", as_yuan(load.fen)),
    ]
    parts = ((group, load_of(group.pk)) for group in groups)
    return [
        *whole,
        *((str(group), f"{part.orders} 单、{part.people} 人、{as_yuan(part.fen)}") for group, part in parts),
    ]


def _move_all(leader: Leader, done: Done) -> str:
    moves = groups_move(
        leader_id=leader.user_id, post_id=done.data["post"], reason=done.data["reason"], actor_id=done.actor_id
    )
    stay = "".join(f"；未换：{group}（{why}）" for group, why in moves.refused)
    return f"换走 {moves.moved} 个团、{moves.orders} 单{stay}"


MOVE_GROUPS = Deed(
    name="move_groups",
    title="全部社区团换团长",
    permission="groupbuy.change_group",
    do=_move_all,
    question=(
        "把他所有未进波次的社区团一次转给另一个团长：每个团分别办理，中断后再点一次继续；"
        "顾客和两位团长会收到通知。别的仓的团会留下，请再办一次。"
    ),
    form=_form,
    facts=_facts,
    applies=lambda leader: leader.state != LeaderState.ACTIVE,
    bulk=False,
    icon="move_group",
)
