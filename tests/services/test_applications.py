"""Becoming a leader: conditions at the door, one decision, and everything a leader needs from the approval on."""

import dataclasses
from typing import Any

import pytest

from groupbuy.kernel.errors import Invalid, StateConflict
from groupbuy.models import Community, Outbox, PickupPoint, PointStaff, ServiceRate, ShareCode, User, Warehouse
from leaders.domain.states import LeaderState
from leaders.models import InviteCode, Leader, LeaderApplication
from leaders.services.applications import (
    AlreadyLeader,
    ApplicationForm,
    ApplicationPending,
    GroupTooSmall,
    InviteCodeWrong,
    NoWarehouse,
    application_approve,
    application_reject,
    application_submit,
    application_take,
)
from leaders.services.leaders import leader_move
from tests.books import assert_books
from tests.world import World, person, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def applicant() -> User:
    return person(name="", phone="13800000055")


def form(w: World, **changes: Any) -> ApplicationForm:
    code = InviteCode.objects.get_or_create(code="OPERATOR", defaults={"note": "地推"})[0]
    plain = ApplicationForm(
        name="钱新店",
        phone="13800000055",
        kind="shop",
        community_id=w.near.community_id,
        point_name="钱家超市",
        address="文二路 1 号",
        group_size=50,
        invite_code=code.code,
        opening_hours="07:00-22:00",
        room_m2=12,
        freezer=True,
    )
    return dataclasses.replace(plain, **changes)


def test_an_application_waits_for_review_with_its_phone_sealed(applicant: User) -> None:
    application = application_submit(applicant=applicant, form=form(world()))

    assert (application.state, application.name, application.group_size) == ("submitted", "钱新店", 50)
    assert application.submitted_at is not None
    assert "13800000055" not in application.phone_sealed
    assert application.masked_phone == "138****0055"
    assert_books()


def test_a_group_of_fifty_is_enough_and_forty_nine_is_not(applicant: User) -> None:
    w = world()

    with pytest.raises(GroupTooSmall) as refusal:
        application_submit(applicant=applicant, form=form(w, group_size=49))

    assert (refusal.value.attr, refusal.value.detail) == ("group_size", "群人数至少 50 人。")
    assert not LeaderApplication.objects.exists()


@pytest.mark.parametrize("state", [LeaderState.ACTIVE, LeaderState.RESTING, LeaderState.SUSPENDED])
def test_only_an_active_leaders_code_invites(applicant: User, state: LeaderState) -> None:
    w = world()
    inviter = Leader.objects.get(user=w.leader)
    if state != LeaderState.ACTIVE:
        leader_move(leader_id=inviter.pk, new=state, actor_id=w.staff.pk)

    if state == LeaderState.ACTIVE:
        application_submit(applicant=applicant, form=form(w, invite_code=inviter.invite_code))
    else:
        with pytest.raises(InviteCodeWrong):
            application_submit(applicant=applicant, form=form(w, invite_code=inviter.invite_code))


@pytest.mark.parametrize("code", ["", "NONSENSE", "operator"])
def test_a_code_that_nobody_gave_out_is_refused(applicant: User, code: str) -> None:
    with pytest.raises(InviteCodeWrong):
        application_submit(applicant=applicant, form=form(world(), invite_code=code))


def test_an_operators_code_ends_when_it_is_switched_off(applicant: User) -> None:
    w = world()
    wanted = form(w)
    InviteCode.objects.update(active=False)

    with pytest.raises(InviteCodeWrong):
        application_submit(applicant=applicant, form=wanted)


def test_one_application_at_a_time_and_none_for_a_leader(applicant: User) -> None:
    w = world()
    application_submit(applicant=applicant, form=form(w))

    with pytest.raises(ApplicationPending):
        application_submit(applicant=applicant, form=form(w))
    with pytest.raises(AlreadyLeader):
        application_submit(applicant=w.leader, form=form(w))

    assert LeaderApplication.objects.count() == 1


def test_approval_opens_the_point_and_gives_post_share_code_and_rate(applicant: User) -> None:
    w = world()
    application = application_submit(applicant=applicant, form=form(w))
    application_take(application_id=application.pk, actor_id=w.staff.pk)

    leader = application_approve(application_id=application.pk, actor_id=w.staff.pk)

    assert (leader.user, leader.state, leader.kind, leader.recommender) == (applicant, "active", "shop", None)
    point = PickupPoint.objects.get(name="钱家超市")
    assert (point.code, point.community_id, point.warehouse, point.address, point.opening_hours) == (
        f"A{application.pk:06d}",
        w.near.community_id,
        w.warehouse,
        "文二路 1 号",
        "07:00-22:00",
    )
    post = PointStaff.objects.get(user=applicant)
    assert (post.point, post.role, post.active) == (point, "leader", True)
    assert ShareCode.objects.filter(point=point, leader=applicant).count() == 1
    assert ServiceRate.objects.get(leader=applicant, category=None).rate_bp == 1000
    applicant.refresh_from_db()
    assert applicant.display_name == "钱新店"
    assert Outbox.objects.get(topic="leader.approved").payload == {"person_id": applicant.pk, "point": "钱家超市"}
    assert_books()


def test_the_leader_who_invited_becomes_the_recommender(applicant: User) -> None:
    w = world()
    code = Leader.objects.get(user=w.leader).invite_code
    application = application_submit(applicant=applicant, form=form(w, invite_code=code))

    assert application_approve(application_id=application.pk, actor_id=w.staff.pk).recommender == w.leader


def test_a_rejected_application_says_why_and_can_be_handed_in_again(applicant: User) -> None:
    w = world()
    application = application_submit(applicant=applicant, form=form(w))
    with pytest.raises(Invalid):
        application_reject(application_id=application.pk, actor_id=w.staff.pk, reason="  ")

    application_reject(application_id=application.pk, actor_id=w.staff.pk, reason="照片看不清")

    application.refresh_from_db()
    assert (application.state, application.reason) == ("rejected", "照片看不清")
    told = Outbox.objects.get(topic="leader.rejected").payload
    assert told == {"person_id": applicant.pk, "reason": "照片看不清"}
    again = application_submit(applicant=applicant, form=form(w, group_size=80))
    assert (again.pk, again.state, again.group_size, again.reason) == (application.pk, "resubmitted", 80, "")
    application_take(application_id=again.pk, actor_id=w.staff.pk)
    application_approve(application_id=again.pk, actor_id=w.staff.pk)
    assert Leader.objects.filter(user=applicant).count() == 1
    assert_books()


def test_a_decision_is_final(applicant: User) -> None:
    w = world()
    application = application_submit(applicant=applicant, form=form(w))
    application_approve(application_id=application.pk, actor_id=w.staff.pk)

    with pytest.raises(StateConflict):
        application_approve(application_id=application.pk, actor_id=w.staff.pk)
    with pytest.raises(StateConflict):
        application_reject(application_id=application.pk, actor_id=w.staff.pk, reason="再看看")
    with pytest.raises(StateConflict):
        application_take(application_id=application.pk, actor_id=w.staff.pk)

    assert Leader.objects.filter(user=applicant).count() == 1
    assert PickupPoint.objects.filter(name="钱家超市").count() == 1


def test_a_city_without_a_warehouse_waits_unless_one_is_named(applicant: User) -> None:
    w = world()
    Community.objects.filter(pk=w.near.community_id).update(city="宁波市")
    application = application_submit(applicant=applicant, form=form(w))

    with pytest.raises(NoWarehouse):
        application_approve(application_id=application.pk, actor_id=w.staff.pk)
    application.refresh_from_db()
    assert (application.state, Leader.objects.filter(user=applicant).count()) == ("submitted", 0)

    second = Warehouse.objects.create(code="WH2", name="宁波仓", city="绍兴市", address="")
    application_approve(application_id=application.pk, actor_id=w.staff.pk, warehouse_id=second.pk)
    assert PickupPoint.objects.get(name="钱家超市").warehouse == second


def test_a_suspended_leader_loses_his_posts_and_gets_them_back() -> None:
    w = world()
    leader = Leader.objects.get(user=w.leader)
    posts = PointStaff.objects.filter(user=w.leader)

    leader_move(leader_id=leader.pk, new=LeaderState.RESTING, actor_id=w.staff.pk)
    assert posts.get().active
    leader_move(leader_id=leader.pk, new=LeaderState.SUSPENDED, actor_id=w.staff.pk, reason="投诉")
    assert not posts.get().active
    leader_move(leader_id=leader.pk, new=LeaderState.ACTIVE, actor_id=w.staff.pk)
    assert posts.get().active
    leader_move(leader_id=leader.pk, new=LeaderState.CLOSED, actor_id=w.staff.pk)
    assert not posts.get().active

    with pytest.raises(StateConflict):
        leader_move(leader_id=leader.pk, new=LeaderState.ACTIVE, actor_id=w.staff.pk)
    assert_books()
