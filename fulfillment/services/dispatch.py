"""Dispatch (发车): the wave, or one of its routes, leaves the warehouse; its stops are on the way, the leaders are told."""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from fulfillment.domain.states import STOP, WAVE, StopState, WaveState
from fulfillment.models import Route, Stop, Wave
from fulfillment.services.pick_close import pick_close_once
from groupbuy.domain.words import PointRole
from groupbuy.kernel import clock
from groupbuy.kernel.db import run
from groupbuy.kernel.errors import StateConflict
from groupbuy.kernel.transition import move, move_where


@transaction.atomic
def dispatch_send(*, wave_id: int, actor_id: int | None = None) -> None:
    """
    Send a wave off, by hand or at its planned time. If nobody has closed its pick, that is done first.

    Stops for which the planner found no vehicle stay behind, until somebody sends their route off by itself.

    :raises StateConflict: it is dispatched or void already.
    """
    pick_close_once(wave_id=wave_id, actor_id=actor_id)
    now = clock.now()
    sets = {"dispatched_at": now}
    move(WAVE, pk=wave_id, old=WaveState.BUILT, new=WaveState.DISPATCHED, now=now, actor_id=actor_id, sets=sets)
    _leave("t.wave_id = %s AND t.left_out = ''", [wave_id], now, actor_id)


@transaction.atomic
def route_depart(*, route_id: int, actor_id: int | None = None) -> None:
    """
    Send one route off by itself, before the others or after them; with the last one the wave has left.

    :raises StateConflict: it has left already, the wave is void, or its pick is still open: what is missing may yet
        fall on goods that would be on the road then.
    """
    # Locked first, so that nobody voids the wave while a part of it leaves.
    wave = Wave.objects.select_for_update(no_key=True).get(routes=route_id)
    if wave.state == WaveState.VOIDED:
        raise StateConflict(_("波次已作废。"))
    if wave.pick_closed_at is None:
        raise StateConflict(_("拣货还没有结束。请先结束拣货，再让这条线路发车。"))
    now = clock.now()
    if not _leave("t.route_id = %s", [route_id], now, actor_id):
        raise StateConflict(_("这条线路已经发车。"))
    if wave.state == WaveState.BUILT and not wave.stops.filter(state=StopState.PLANNED).exists():
        sets = {"dispatched_at": now}
        move(WAVE, pk=wave.pk, old=WaveState.BUILT, new=WaveState.DISPATCHED, now=now, actor_id=actor_id, sets=sets)


def _leave(where: str, params: Sequence[int], now: dt.datetime, actor_id: int | None) -> list[int]:
    """Put the planned stops that satisfy ``where`` on the way; return their ids."""
    gone = move_where(
        STOP, old=StopState.PLANNED, new=StopState.ON_THE_WAY, where=where, params=params, now=now, actor_id=actor_id
    )
    stops = Stop.objects.filter(pk__in=gone)
    Route.objects.filter(pk__in=stops.values("route"), departed_at=None).update(departed_at=now)
    _tell_leaders(gone, now)
    return gone


def _tell_leaders(stop_ids: Sequence[int], now: dt.datetime) -> None:
    run(
        """
        INSERT INTO groupbuy_outbox (topic, payload, created_at, next_try_at, tries, last_error)
        SELECT 'delivery.on_the_way', jsonb_build_object('person_id', staff.user_id, 'point', point.name,
                   'warehouse', warehouse.name), %s, %s, 0, ''
        FROM fulfillment_stop stop
        JOIN groupbuy_pickuppoint point ON point.id = stop.point_id
        JOIN groupbuy_warehouse warehouse ON warehouse.id = stop.warehouse_id
        JOIN groupbuy_pointstaff staff ON staff.point_id = point.id AND staff.active AND staff.role = %s
        WHERE stop.id = ANY(%s)
        """,
        [now, now, PointRole.LEADER, list(stop_ids)],
    )
