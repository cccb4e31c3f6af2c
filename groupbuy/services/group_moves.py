"""
Moving a group's orders to another pickup point or leader (换点、换团长), when a leader fails.

The group itself stays what it is; its live orders go over to the group of the new point and leader, which is made if
there is none. So a group never changes under an order, and moving into a group with orders of its own is nothing
special. What a line earns stays as it was copied at ordering (docs/adr/0011).
"""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from groupbuy.kernel.db import rows, run
from groupbuy.kernel.errors import DomainError, Invalid, StateConflict
from groupbuy.models import CouponKind, Group, PointStaff
from groupbuy.selectors.group_moves import NO_LOAD, RUNNING, Load, load_of, movable_of, posts_for
from groupbuy.services import journal
from groupbuy.services.campaign_lock import campaign_lock


@transaction.atomic
def group_move(*, group_id: int, post_id: int, reason: str, actor_id: int) -> Load:
    """
    Hand a group's live orders to the leader of ``post_id`` at his point; return what went.

    Its group-only coupons go along. Shoppers and both leaders are told. The group takes no orders any more, unless one
    is moved back to it. A second call does nothing. A fixed number of statements, whatever the number of orders.

    :param post_id: of an active leader at an active point of the same warehouse.
    :raises Invalid: there is no such post, or it is the group's own.
    :raises StateConflict: it was moved somewhere else already, or the campaign is a draft or cancelled.
    :raises DemandTaken: its demand is in a wave.
    """
    campaign_id = Group.objects.values_list("campaign_id", flat=True).get(pk=group_id)
    _campaign, now = campaign_lock(campaign_id, *RUNNING)
    group = Group.objects.select_related("campaign", "point", "leader", "moved_to").get(pk=group_id)
    post = posts_for(group).filter(pk=post_id).first()
    if post is None:
        raise Invalid(_("请选择同仓的另一个在岗团长。"), attr="post")
    if group.moved_to:
        return _moved_before(group.moved_to, post)
    _hold_orders(group_id)
    load = load_of(group_id)
    target_id = _receiving_group(group, post)
    order_ids = _carry_over(group_id, target_id, post)
    # Nobody can order where they were claimed any more.
    CouponKind.objects.filter(group=group_id).update(group=target_id)
    Group.objects.filter(pk=group_id).update(moved_to=target_id)
    _tell_shoppers(post, order_ids, now)
    _tell_leaders(group, post, load, now)
    journal.audit(
        action="group_move",
        subject_kind="group",
        subject_id=group_id,
        now=now,
        actor_id=actor_id,
        reason=reason,
        before=f"{group.point} {group.leader}",
        after=f"{post.point} {post.user}",
        orders=load.orders,
        people=load.people,
        fen=load.fen,
    )
    return load


@dataclass(frozen=True)
class Moves:
    """``moved`` groups went with their ``orders``; ``refused``: groups that stay, each with the reason."""

    moved: int
    orders: int
    refused: list[tuple[Group, str]]


def groups_move(*, leader_id: int, post_id: int, reason: str, actor_id: int) -> Moves:
    """
    Hand all groups of a leader that can be moved to one post, each in a transaction of its own.

    A group that a rule keeps does not stop the others, and what a crash left is done by a second call.
    """
    loads, refused = [], []
    for group in movable_of(leader_id):
        try:
            loads.append(group_move(group_id=group.pk, post_id=post_id, reason=reason, actor_id=actor_id))
        except DomainError as error:
            refused.append((group, error.detail))
    return Moves(moved=len(loads), orders=sum(load.orders for load in loads), refused=refused)


def _moved_before(there: Group, post: PointStaff) -> Load:
    if (there.point_id, there.leader_id) != (post.point_id, post.user_id):
        raise StateConflict(_("这个团已换到别的自提点或团长。"))
    return NO_LOAD


def _hold_orders(group_id: int) -> None:
    """Payment and expiry do not pass the gate: what is counted is what goes."""
    run(
        """
        SELECT FROM groupbuy_order WHERE group_id = %s AND state IN ('placed', 'paid', 'accepted')
        ORDER BY id FOR NO KEY UPDATE
        """,
        [group_id],
    )


def _receiving_group(group: Group, post: PointStaff) -> int:
    """Make or find the group at the new place; what moved away from it or failed there before, it takes orders again."""
    (target,) = rows(
        """
        INSERT INTO groupbuy_group (public_id, campaign_id, point_id, leader_id)
        VALUES (gen_random_uuid(), %s, %s, %s)
        ON CONFLICT (campaign_id, point_id, leader_id) DO UPDATE SET moved_to_id = NULL, failed_at = NULL
        RETURNING id
        """,
        [group.campaign_id, post.point_id, post.user_id],
    )
    return int(target["id"])


def _carry_over(group_id: int, target_id: int, post: PointStaff) -> list[int]:
    """Change group, point and leader of what lives, and nothing that money depends on; return the orders' ids."""
    moved = rows(
        """
        UPDATE groupbuy_order SET group_id = %s, point_id = %s, leader_id = %s
        WHERE group_id = %s AND state IN ('placed', 'paid', 'accepted') RETURNING id
        """,
        [target_id, post.point_id, post.user_id, group_id],
    )
    order_ids = [row["id"] for row in moved]
    run("UPDATE groupbuy_orderline SET point_id = %s WHERE order_id = ANY(%s)", [post.point_id, order_ids])
    return order_ids


def _tell_shoppers(post: PointStaff, order_ids: list[int], now: dt.datetime) -> None:
    """Tell everybody who collects, once however many orders he has."""
    run(
        """
        INSERT INTO groupbuy_outbox (topic, payload, created_at, next_try_at, tries, last_error)
        SELECT 'group.moved', jsonb_build_object('person_id', shopper_id, 'point', %s::text,
                   'address', left(%s::text, 64), 'leader', %s::text), %s, %s, 0, ''
        FROM groupbuy_order WHERE id = ANY(%s) GROUP BY shopper_id
        """,
        [post.point.name, post.point.address, str(post.user), now, now, order_ids],
    )


def _tell_leaders(group: Group, post: PointStaff, load: Load, now: dt.datetime) -> None:
    title, before, after = group.campaign.title, group.point.name, post.point.name
    journal.tell(
        topic="group.given",
        person_id=group.leader_id,
        now=now,
        title=title,
        point=before,
        orders=load.orders,
        to_point=after,
    )
    journal.tell(
        topic="group.received",
        person_id=post.user_id,
        now=now,
        title=title,
        orders=load.orders,
        pieces=load.pieces,
        from_point=before,
        point=after,
    )
