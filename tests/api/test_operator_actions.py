"""What the API shows of what an operator did: a moved group, a withdrawn offer."""

from groupbuy.models import PointStaff
from groupbuy.services.campaign_changes import offer_withdraw
from groupbuy.services.group_moves import group_move
from tests.api.callers import Caller
from tests.world import World


def test_a_moved_group_names_the_one_that_took_over(world: World, visitor: Caller) -> None:
    post = PointStaff.objects.get(user=world.other_leader)
    group_move(group_id=world.group.pk, post_id=post.pk, reason="团长住院", actor_id=world.staff.pk)

    shelf = visitor.get(f"groups/by-code/{world.share_code.code}/").json()
    group = visitor.get(f"groups/{world.group.public_id}/").json()

    new = str(world.other_group.public_id)
    assert (shelf["open"], shelf["closed"], [each["moved_to"] for each in shelf["moved"]]) == ([], [], [new])
    assert (group["open"], group["moved_to"]) == (False, new)


def test_a_withdrawn_offer_says_so(world: World, visitor: Caller) -> None:
    offer_withdraw(offer_id=world.tomato.pk, reason="抽检不合格", actor_id=world.staff.pk)

    tomato, eggs, _ = visitor.get(f"groups/{world.group.public_id}/offers/").json()["results"]

    assert (tomato["withdrawn_at"] is None, tomato["left"], eggs["withdrawn_at"]) == (False, 0, None)
