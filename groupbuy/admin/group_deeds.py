"""What an operator does to a group whose leader fails: hand it to another."""

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget

from groupbuy.admin.campaign_change_deeds import RUNNING, ReasonForm
from groupbuy.kernel.backoffice.columns import as_yuan
from groupbuy.kernel.backoffice.deeds import Deed, Done, Facts
from groupbuy.models import Group, PointStaff
from groupbuy.selectors.group_moves import load_of, posts_nearby
from groupbuy.services.group_moves import group_move


def _choice(post: PointStaff, metres: int | None) -> tuple[int, str]:
    far = "" if metres is None else "　同一自提点" if metres == 0 else f"　{metres / 1000:.1f} 公里"
    return post.pk, f"{post.point.name}（{post.point.code}）　{post.user}　{post.point.address}{far}"


def _move_form(group: Group) -> type[forms.Form]:
    post = forms.TypedChoiceField(
        label="换到（由近到远）",
        coerce=int,
        choices=[("", "请选择"), *(_choice(post, metres) for post, metres in posts_nearby(group))],
        widget=UnfoldAdminSelectWidget,
    )
    return type("MoveForm", (ReasonForm,), {"post": post, "field_order": ["post", "reason"]})


def _facts(group: Group) -> Facts:
    load = load_of(group.pk)
    return [
        ("现自提点", f"{group.point}（{group.point.address}）"),
        ("现团长", group.leader),
        ("随团订单", load.orders),
        ("顾客", load.people),
        ("件数", load.pieces),
        ("已付金额", as_yuan(load.fen)),
    ]


def _move(group: Group, done: Done) -> str:
    load = group_move(group_id=group.pk, post_id=done.data["post"], reason=done.data["reason"], actor_id=done.actor_id)
    return f"换走 {load.orders} 单、{load.people} 人、{load.pieces} 件"


DEEDS = (
    Deed(
        name="move",
        title="换点换团长",
        permission="groupbuy.change_group",
        do=_move,
        question=(
            "把这个团的有效订单转给另一个团长：提货地址和接待团长改变，商品、价格、应付和佣金率都不变，"
            "以后提走的货由新团长计佣。顾客和两位团长会收到通知；原来的团不再接单。换错了可以再换回来。"
        ),
        form=_move_form,
        facts=_facts,
        applies=lambda group: group.moved_to_id is None and group.campaign.state in RUNNING,
        bulk=False,
        icon="move_location",
    ),
)
