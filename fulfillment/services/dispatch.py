"""Dispatch (发车): the wave leaves the warehouse, its stops are on the way, the leaders are told."""

from django.db import transaction

from fulfillment.domain.states import STOP, WAVE, StopState, WaveState
from fulfillment.services.pick_close import pick_close_once
from groupbuy.domain.words import PointRole
from groupbuy.kernel import clock
from groupbuy.kernel.db import run
from groupbuy.kernel.transition import move, move_where


@transaction.atomic
def dispatch_send(*, wave_id: int, actor_id: int | None = None) -> None:
    """
    Send a wave off, by hand or at its planned time. If nobody has closed its pick, that is done first.

    :raises StateConflict: it is dispatched or void already.
    """
    pick_close_once(wave_id=wave_id, actor_id=actor_id)
    now = clock.now()
    sets = {"dispatched_at": now}
    move(WAVE, pk=wave_id, old=WaveState.BUILT, new=WaveState.DISPATCHED, now=now, actor_id=actor_id, sets=sets)
    move_where(
        STOP,
        old=StopState.PLANNED,
        new=StopState.ON_THE_WAY,
        where="t.wave_id = %s",
        params=[wave_id],
        now=now,
        actor_id=actor_id,
    )
    run(
        """
        INSERT INTO groupbuy_outbox (topic, payload, created_at, next_try_at, tries, last_error)
        SELECT 'delivery.on_the_way', jsonb_build_object('person_id', staff.user_id, 'point', point.name,
                   'warehouse', warehouse.name), %s, %s, 0, ''
        FROM fulfillment_stop stop
        JOIN groupbuy_pickuppoint point ON point.id = stop.point_id
        JOIN groupbuy_warehouse warehouse ON warehouse.id = stop.warehouse_id
        JOIN groupbuy_pointstaff staff ON staff.point_id = point.id AND staff.active AND staff.role = %s
        WHERE stop.wave_id = %s
        """,
        [now, now, PointRole.LEADER, wave_id],
    )


@transaction.atomic
def stop_arrive(*, stop_id: int, actor_id: int | None = None) -> None:
    """
    The driver has reached the point.

    :raises StateConflict: the stop is not on the way.
    """
    move(STOP, pk=stop_id, old=StopState.ON_THE_WAY, new=StopState.ARRIVED, now=clock.now(), actor_id=actor_id)
