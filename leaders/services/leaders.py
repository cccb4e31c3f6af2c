"""A leader's working state; his rights at the points follow in the same transaction."""

from django.db import transaction

from groupbuy.kernel import clock
from groupbuy.kernel.errors import StateConflict
from groupbuy.kernel.transition import move
from groupbuy.services import points
from leaders.domain.states import LEADER, LeaderState
from leaders.models import Leader


@transaction.atomic
def leader_move(*, leader_id: int, new: LeaderState, actor_id: int, reason: str = "") -> None:
    """
    Let a leader rest, suspend, close or resume him. A resting one keeps his posts, so that he can hand out
    what is still to be collected.

    :raises StateConflict: that is no move from his present state.
    """
    leader = Leader.objects.select_for_update(no_key=True, of=("self",)).select_related("user").get(pk=leader_id)
    if not LEADER.allows(leader.state, new):
        raise StateConflict
    now = clock.now()
    move(LEADER, pk=leader.pk, old=leader.state, new=new, now=now, actor_id=actor_id, reason=reason)
    if new == LeaderState.ACTIVE:
        points.posts_resume(user=leader.user, now=now, actor_id=actor_id)
    elif new in (LeaderState.SUSPENDED, LeaderState.CLOSED):
        points.posts_suspend(user=leader.user, now=now, actor_id=actor_id, reason=reason)
