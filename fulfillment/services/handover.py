"""Handover (签收): the leader counts, signs, and notes what is short or broken."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from fulfillment.domain.states import STOP, DiscrepancyKind, StopState
from fulfillment.models import Discrepancy, SortLine, Stop
from fulfillment.selectors.stops import WAITING
from groupbuy.kernel import clock
from groupbuy.kernel.db import run
from groupbuy.kernel.errors import Forbidden, Invalid, StateConflict
from groupbuy.kernel.transition import move
from groupbuy.models import PointStaff, User
from groupbuy.services import journal


class CountWrong(Invalid):
    code = "count_wrong"
    message = _("差异件数应在 1 到应到件数之间。")


class NotYourPoint(Forbidden):
    code = "not_your_point"
    message = _("您不是这个自提点的工作人员。")


@dataclass(frozen=True)
class Counted:
    """``quantity`` sale units of a SKU that did not arrive whole. ``kind``: ``short`` or ``broken``."""

    sku_id: int
    kind: str
    quantity: int
    note: str = ""


def may_work(*, user: User, point_id: int) -> bool:
    """May this person sign and hand out at this point now?"""
    return PointStaff.objects.filter(user=user, point_id=point_id, active=True).exists()


@transaction.atomic
def handover_sign(*, stop_id: int, actor: User, counted: Sequence[Counted] = ()) -> Stop:
    """
    Sign for a delivery. What is not in ``counted`` (several lines of one SKU and kind add up) arrived whole; from now on shoppers may collect.

    :raises NotYourPoint: the actor does not work at the point.
    :raises StateConflict: the stop is not on the way, or is signed already.
    :raises CountWrong: a SKU is not on the note, or more is missing than was expected.
    """
    stop = Stop.objects.select_for_update(no_key=True, of=("self",)).select_related("wave", "point").get(pk=stop_id)
    if not may_work(user=actor, point_id=stop.point_id):
        raise NotYourPoint
    if stop.state not in (StopState.ON_THE_WAY, StopState.ARRIVED):
        raise StateConflict(_("还没有发车，或已经签收过。"))
    now = clock.now()
    _note_differences(stop, counted)
    move(
        STOP,
        pk=stop.pk,
        old=stop.state,
        new=StopState.SIGNED,
        now=now,
        actor_id=actor.pk,
        sets={"signed_at": now, "signed_by_id": actor.pk},
    )
    missing = sum(count.quantity for count in counted)
    journal.audit(
        action="handover_sign", subject_kind="stop", subject_id=stop.pk, now=now, actor_id=actor.pk, missing=missing
    )
    _tell_shoppers(stop, now)
    stop.refresh_from_db()
    return stop


def _note_differences(stop: Stop, counted: Sequence[Counted]) -> None:
    expected = dict(
        SortLine.objects.filter(
            wave=stop.wave_id, paper_version=stop.wave.paper_version, point=stop.point_id
        ).values_list("sku_id", "quantity")
    )
    missing: dict[int, int] = {}
    found: dict[tuple[int, str], Discrepancy] = {}
    for count in counted:
        missing[count.sku_id] = missing.get(count.sku_id, 0) + count.quantity
        within = count.quantity >= 1 and missing[count.sku_id] <= expected.get(count.sku_id, 0)
        if count.kind not in tuple(DiscrepancyKind) or not within:
            raise CountWrong(attr="counted")
        _add(found, stop, count, expected[count.sku_id])
    Discrepancy.objects.bulk_create(found.values())


def _add(found: dict[tuple[int, str], Discrepancy], stop: Stop, count: Counted, expected: int) -> None:
    """Add up what was counted of one SKU and kind in several lines."""
    row = found.get((count.sku_id, count.kind))
    if row is None:
        found[count.sku_id, count.kind] = Discrepancy(
            stop=stop,
            sku_id=count.sku_id,
            kind=count.kind,
            expected=expected,
            quantity=count.quantity,
            note=count.note,
        )
        return
    row.quantity += count.quantity
    row.note = "；".join(filter(None, [row.note, count.note]))[:200]


def _tell_shoppers(stop: Stop, now: dt.datetime) -> None:
    """Tell everybody for whom this delivery brought something; one statement."""
    run(
        f"""
        INSERT INTO groupbuy_outbox (topic, payload, created_at, next_try_at, tries, last_error)
        SELECT 'pickup.ready', jsonb_build_object('person_id', waiting.shopper_id, 'point', %s::text), %s, %s, 0, ''
        FROM fulfillment_stop stop CROSS JOIN LATERAL ({WAITING}) AS waiting
        WHERE stop.id = %s
        """,  # noqa: S608 - a constant
        [stop.point.name, now, now, stop.pk],
    )
