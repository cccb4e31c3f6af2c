"""On the road (配送途中): arriving at a stop, taking that back, crates brought back, problems."""

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from fulfillment.domain.states import STOP, ProblemKind, StopState
from fulfillment.models import Stop, StopProblem
from fulfillment.selectors.stops import WAITING
from fulfillment.services.pick_records import RecordReused
from groupbuy.domain.words import PointRole
from groupbuy.kernel import clock
from groupbuy.kernel.db import run
from groupbuy.kernel.errors import Invalid, StateConflict
from groupbuy.kernel.transition import moved
from groupbuy.services import journal

MOST_CRATES = 999


class CratesWrong(Invalid):
    code = "crates_wrong"
    message = _("收回的周转箱应在 0 到 999 之间。")


@transaction.atomic
def stop_arrive(*, stop_id: int, actor_id: int | None = None) -> None:
    """
    The driver has reached the point: its leader, and the shoppers whose goods are in this wave, are told once.

    Whoever presses twice has arrived once.

    :raises StateConflict: the stop has not left, or is signed.
    """
    now = clock.now()
    sets = {"arrived_at": now}
    if moved(STOP, pk=stop_id, old=StopState.ON_THE_WAY, new=StopState.ARRIVED, now=now, actor_id=actor_id, sets=sets):
        _tell_of_arrival(stop_id, now)
    elif not Stop.objects.filter(pk=stop_id, state=StopState.ARRIVED).exists():
        raise StateConflict(_("还没有发车，或团长已经签收。"))


def _tell_of_arrival(stop_id: int, now: dt.datetime) -> None:
    """Tell once, even if the driver takes an arrival back and arrives again."""
    if not Stop.objects.filter(pk=stop_id, arrival_told_at=None).update(arrival_told_at=now):
        return
    run(
        f"""
        INSERT INTO groupbuy_outbox (topic, payload, created_at, next_try_at, tries, last_error)
        SELECT told.topic, jsonb_build_object('person_id', told.person_id, 'point', point.name), %(now)s, %(now)s, 0, ''
        FROM fulfillment_stop stop
        JOIN groupbuy_pickuppoint point ON point.id = stop.point_id
        CROSS JOIN LATERAL (
            SELECT 'delivery.arrived' AS topic, staff.user_id AS person_id FROM groupbuy_pointstaff staff
            WHERE staff.point_id = stop.point_id AND staff.active AND staff.role = %(leader)s
            UNION ALL
            SELECT 'delivery.unloaded', waiting.shopper_id FROM ({WAITING}) AS waiting
        ) AS told
        WHERE stop.id = %(stop)s
        """,  # noqa: S608 - a constant
        {"now": now, "leader": PointRole.LEADER, "stop": stop_id},
    )


@transaction.atomic
def arrival_undo(*, stop_id: int, actor_id: int | None = None) -> None:
    """
    Take back an arrival that was a slip of the finger; whoever presses twice has taken it back once.

    :raises StateConflict: the leader has signed, or the stop has not left.
    """
    now = clock.now()
    taken_back = moved(
        STOP,
        pk=stop_id,
        old=StopState.ARRIVED,
        new=StopState.ON_THE_WAY,
        now=now,
        actor_id=actor_id,
        reason="误点到达",
        sets={"arrived_at": None},
    )
    if not taken_back and not Stop.objects.filter(pk=stop_id, state=StopState.ON_THE_WAY).exists():
        raise StateConflict(_("团长已经签收，或还没有发车。"))


@transaction.atomic
def crates_return(*, stop_id: int, crates: int, actor_id: int | None = None) -> None:
    """
    Write down how many empty crates come back from a stop; what is entered last holds.

    :raises CratesWrong: below 0 or above 999.
    :raises StateConflict: nobody has been there yet.
    """
    if not 0 <= crates <= MOST_CRATES:
        raise CratesWrong(attr="crates")
    visited = [StopState.ARRIVED, StopState.SIGNED]
    if not Stop.objects.filter(pk=stop_id, state__in=visited).update(crates_back=crates):
        raise StateConflict(_("请先标记到达，再填收回的周转箱。"))
    journal.audit(
        action="crates_return",
        subject_kind="stop",
        subject_id=stop_id,
        now=clock.now(),
        actor_id=actor_id,
        crates=crates,
    )


@transaction.atomic
def stop_problem(
    *, stop_id: int, kind: ProblemKind, uuid: UUID, note: str = "", actor_id: int | None = None
) -> StopProblem:
    """
    Report what keeps the driver from handing over; its leader is told. The same ``uuid`` again reports nothing new.

    :raises StateConflict: the stop has not left, or is signed.
    :raises RecordReused: the ``uuid`` belongs to another stop's problem.
    """
    # Locked, so that the leader's signature comes before or after it.
    stop = Stop.objects.select_for_update(no_key=True, of=("self",)).select_related("point").get(pk=stop_id)
    if earlier := StopProblem.objects.filter(uuid=uuid).first():
        if earlier.stop_id != stop.pk:
            raise RecordReused
        return earlier
    if stop.state not in (StopState.ON_THE_WAY, StopState.ARRIVED):
        raise StateConflict(_("还没有发车，或团长已经签收。"))
    now = clock.now()
    problem = StopProblem.objects.create(uuid=uuid, stop=stop, kind=kind, note=note[:200], actor_id=actor_id, at=now)
    leaders = stop.point.staff.filter(active=True, role=PointRole.LEADER).values_list("user_id", flat=True)
    for leader_id in leaders:
        journal.tell(
            topic="delivery.problem",
            person_id=leader_id,
            now=now,
            point=stop.point.name,
            problem=problem.get_kind_display(),
        )
    return problem
