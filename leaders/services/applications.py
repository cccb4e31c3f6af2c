"""Becoming a leader: apply, review, approve or reject."""

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from groupbuy.domain.words import PointRole
from groupbuy.kernel import clock, privacy
from groupbuy.kernel.errors import DomainError, Invalid, StateConflict
from groupbuy.kernel.transition import born, move
from groupbuy.models import Community, PickupPoint, User, Warehouse
from groupbuy.services import journal, points
from leaders.domain.states import APPLICATION, LEADER, ApplicationState, LeaderState
from leaders.models import InviteCode, Leader, LeaderApplication


class AlreadyLeader(DomainError):
    code = "already_leader"
    message = _("您已经是团长了。")


class ApplicationPending(DomainError):
    code = "application_pending"
    message = _("您的申请正在审核，请耐心等待。")


class GroupTooSmall(Invalid):
    code = "group_too_small"
    message = _("群人数不足。")


class InviteCodeWrong(Invalid):
    code = "invite_code_wrong"
    message = _("邀请码不正确或已失效。")


class NoWarehouse(DomainError):
    code = "no_warehouse"
    message = _("这个城市还没有仓库，不能通过。")


@dataclass(frozen=True)
class ApplicationForm:
    """What an applicant fills in. ``phone`` is a clean mobile number."""

    name: str
    phone: str
    kind: str
    community_id: int
    point_name: str
    address: str
    group_size: int
    invite_code: str
    opening_hours: str = ""
    room_m2: int = 0
    freezer: bool = False


@transaction.atomic
def application_submit(*, applicant: User, form: ApplicationForm) -> LeaderApplication:
    """
    Hand in an application, or a rejected one again.

    :raises GroupTooSmall: fewer members than the entry condition (default 50).
    :raises InviteCodeWrong: neither an active code of an operator nor the code of an active leader.
    :raises AlreadyLeader: the applicant has been approved before.
    :raises ApplicationPending: one is under review already.
    """
    _check_conditions(form)
    now = clock.now()
    User.objects.select_for_update(no_key=True).get(pk=applicant.pk)
    if Leader.objects.filter(user=applicant).exists():
        raise AlreadyLeader
    earlier = LeaderApplication.objects.filter(applicant=applicant).first()
    if earlier and earlier.state != ApplicationState.REJECTED:
        raise ApplicationPending
    fields = _fields(form)
    if earlier:
        LeaderApplication.objects.filter(pk=earlier.pk).update(**fields, submitted_at=now)
        move(
            APPLICATION,
            pk=earlier.pk,
            old=ApplicationState.REJECTED,
            new=ApplicationState.RESUBMITTED,
            now=now,
            actor_id=applicant.pk,
        )
        earlier.refresh_from_db()
        return earlier
    application = LeaderApplication.objects.create(
        applicant=applicant, state=ApplicationState.SUBMITTED, submitted_at=now, **fields
    )
    born(APPLICATION, ids=[application.pk], state=ApplicationState.SUBMITTED, now=now, actor_id=applicant.pk)
    return application


def _check_conditions(form: ApplicationForm) -> None:
    least = settings.GROUPBUY_GROUP_SIZE_MINIMUM
    if form.group_size < least:
        raise GroupTooSmall(_("群人数至少 %(least)d 人。") % {"least": least}, attr="group_size")
    if not _inviter(form.invite_code) and not InviteCode.objects.filter(code=form.invite_code, active=True).exists():
        raise InviteCodeWrong(attr="invite_code")


def _inviter(code: str) -> User | None:
    """Return the active leader whose own code this is."""
    leader = Leader.objects.filter(invite_code=code, state=LeaderState.ACTIVE).select_related("user").first()
    return leader.user if leader else None


def _fields(form: ApplicationForm) -> dict[str, object]:
    return {
        "name": form.name,
        "phone_sealed": privacy.seal(form.phone),
        "kind": form.kind,
        "community_id": form.community_id,
        "point_name": form.point_name,
        "address": form.address,
        "opening_hours": form.opening_hours,
        "room_m2": form.room_m2,
        "freezer": form.freezer,
        "group_size": form.group_size,
        "invite_code": form.invite_code,
        "reason": "",
    }


_WAITING = (ApplicationState.SUBMITTED, ApplicationState.RESUBMITTED)


def _locked(application_id: int) -> LeaderApplication:
    return LeaderApplication.objects.select_for_update(no_key=True).get(pk=application_id)


@transaction.atomic
def application_take(*, application_id: int, actor_id: int) -> None:
    """
    Mark an application as being reviewed.

    :raises StateConflict: it is not waiting for review.
    """
    application = _locked(application_id)
    if application.state not in _WAITING:
        raise StateConflict
    move(
        APPLICATION,
        pk=application.pk,
        old=application.state,
        new=ApplicationState.UNDER_REVIEW,
        now=clock.now(),
        actor_id=actor_id,
    )


@transaction.atomic
def application_approve(*, application_id: int, actor_id: int, warehouse_id: int | None = None) -> Leader:
    """
    Make the applicant a leader with a pickup point, a share code and his rights at the point.

    :param warehouse_id: serves the new point; None takes the warehouse of the community's city.
    :raises StateConflict: it has been decided.
    :raises NoWarehouse: no warehouse serves the city.
    """
    application = _locked(application_id)
    if application.state not in (*_WAITING, ApplicationState.UNDER_REVIEW):
        raise StateConflict
    now = clock.now()
    user = application.applicant
    point = _open_point(application, warehouse_id)
    leader = Leader.objects.create(
        user=user, kind=application.kind, recommender=_inviter(application.invite_code), approved_at=now
    )
    born(LEADER, ids=[leader.pk], state=LeaderState.ACTIVE, now=now, actor_id=actor_id)
    if not user.display_name:
        User.objects.filter(pk=user.pk).update(display_name=application.name)
    points.post_grant(point=point, user=user, role=PointRole.LEADER, now=now, actor_id=actor_id)
    points.rate_publish(leader=user, rate_bp=settings.GROUPBUY_DEFAULT_COMMISSION_BP)
    move(
        APPLICATION,
        pk=application.pk,
        old=application.state,
        new=ApplicationState.APPROVED,
        now=now,
        actor_id=actor_id,
    )
    journal.tell(topic="leader.approved", person_id=user.pk, now=now, point=point.name)
    return leader


def _open_point(application: LeaderApplication, warehouse_id: int | None) -> PickupPoint:
    community: Community = application.community
    wanted = Q(pk=warehouse_id) if warehouse_id else Q(city=community.city)
    warehouse = Warehouse.objects.filter(wanted).order_by("pk").first()
    if warehouse is None:
        raise NoWarehouse
    return PickupPoint.objects.create(
        code=f"A{application.pk:06d}",
        name=application.point_name,
        kind=application.kind,
        community=community,
        warehouse=warehouse,
        address=application.address,
        opening_hours=application.opening_hours,
    )


@transaction.atomic
def application_reject(*, application_id: int, actor_id: int, reason: str) -> None:
    """
    Reject an application with a reason that the applicant reads; he may hand it in again.

    :raises Invalid: no reason is given.
    :raises StateConflict: it has been decided.
    """
    if not reason.strip():
        raise Invalid(_("请填写驳回原因。"), attr="reason")
    application = _locked(application_id)
    if application.state not in (*_WAITING, ApplicationState.UNDER_REVIEW):
        raise StateConflict
    now = clock.now()
    move(
        APPLICATION,
        pk=application.pk,
        old=application.state,
        new=ApplicationState.REJECTED,
        now=now,
        actor_id=actor_id,
        reason=reason[:200],
        sets={"reason": reason[:200]},
    )
    journal.tell(topic="leader.rejected", person_id=application.applicant_id, now=now, reason=reason[:200])
