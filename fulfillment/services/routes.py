"""
Routes (线路) by hand: moving a stop, giving a route its vehicle and driver.

Fixed routes stay the default. Whatever changes a route issues the papers again, so that nobody loads by an old list.
"""

from dataclasses import replace

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from fulfillment.domain.states import WaveState
from fulfillment.domain.tours import Drop
from fulfillment.models import DriverPost, Route, Stop, Vehicle, Wave
from fulfillment.selectors import tours
from fulfillment.services.paper_issues import papers_reissue
from fulfillment.services.route_layout import Draft, drafts_of, layout_write
from groupbuy.kernel import clock
from groupbuy.kernel.db import run
from groupbuy.kernel.errors import Invalid, StateConflict
from groupbuy.services import journal


class NoSuchVehicle(Invalid):
    code = "no_such_vehicle"
    message = _("这辆车不属于这个仓库，或已停用。")


class NoSuchDriver(Invalid):
    code = "no_such_driver"
    message = _("这个人不是这个仓库的司机。")


class NoSuchRoute(Invalid):
    code = "no_such_route"
    message = _("这条线路不在这个波次里。")


def routes_prepare(wave: Wave) -> None:
    """
    Give fixed routes that have no vehicle their usual one and its driver, and work out the times of the wave.

    Where neither vehicles nor the place of the warehouse are known, the times that the stops were made with stay.
    """
    given = run(
        """
        UPDATE fulfillment_route route SET vehicle_id = vehicle.id, driver_id = post.user_id
        FROM fulfillment_vehicle vehicle
        LEFT JOIN fulfillment_driverpost post ON post.user_id = vehicle.driver_id AND post.active
            AND post.warehouse_id = vehicle.warehouse_id
        WHERE route.wave_id = %s AND route.vehicle_id IS NULL AND vehicle.warehouse_id = %s AND vehicle.active
          AND vehicle.route_name = route.name
        """,
        [wave.pk, wave.warehouse_id],
    )
    if given or tours.knows_home(wave):
        layout_write(wave, drafts_of(tours.layout(wave)), renumber=False)


@transaction.atomic
def stop_move(*, stop_id: int, route_id: int | None, sequence: int, actor_id: int | None = None) -> None:
    """
    Put a stop to another place, in its route or in another one, and issue the papers again.

    Positions are given out anew unless they stand (``tours.positions_stand``): then only route and order change.

    :param route_id: None for a new route of its own.
    :param sequence: the place in the route from 1; beyond its end means last.
    :raises StateConflict: the wave, or one of the two routes, has left.
    :raises NoSuchRoute: the route belongs to another wave, or goes out from another door than the stop's.
    """
    wave = wave_to_plan(Stop.objects.values_list("wave_id", flat=True).get(pk=stop_id))
    layout = tours.layout(wave)
    target = _target(layout, route_id)
    source = next(route for route, drops in zip(layout.routes, layout.drops, strict=True) if _holds(drops, stop_id))
    if source.departed_at or (target and target.departed_at):
        raise StateConflict(_("线路已经发车，不能再调整。"))
    if source.grid_id != (target.grid_id if target else None):
        raise NoSuchRoute(_("网格仓的站点只能在本网格仓的线路之间移动。"), attr="route")
    layout_write(wave, _moved(layout, stop_id, target, sequence), renumber=not tours.positions_stand(wave))
    _reissue(wave, "stop_move", _("调整线路"), actor_id, stop=stop_id, to=sequence)


def wave_to_plan(wave_id: int, *, may_have_left: bool = False) -> Wave:
    """
    Lock a wave whose routes are to change.

    :param may_have_left: for routes that stayed behind when the others left.
    :raises StateConflict: it has left or is void.
    """
    wave = Wave.objects.select_for_update(no_key=True, of=("self",)).select_related("warehouse").get(pk=wave_id)
    if wave.state != WaveState.BUILT and not (may_have_left and wave.state == WaveState.DISPATCHED):
        raise StateConflict(_("波次已经发车或作废，不能再调整线路。"))
    return wave


def _target(layout: tours.Layout, route_id: int | None) -> Route | None:
    if route_id is None:
        return None
    found = [route for route in layout.routes if route.pk == route_id]
    if not found:
        raise NoSuchRoute(attr="route")
    return found[0]


def _holds(drops: tuple[Drop, ...], stop_id: int) -> bool:
    return any(drop.stop_id == stop_id for drop in drops)


def _moved(layout: tours.Layout, stop_id: int, target: Route | None, sequence: int) -> list[Draft]:
    drop = next(drop for drop in layout.all_drops if drop.stop_id == stop_id)
    drafts = []
    for draft in drafts_of(layout):
        left = [other for other in draft.drops if other.stop_id != stop_id]
        if target and draft.number == target.number:
            left.insert(max(0, sequence - 1), drop)
        drafts.append(replace(draft, drops=tuple(left)))
    if target is None:
        number = max((draft.number for draft in drafts), default=0) + 1
        drafts.append(Draft(number, str(_("加开线路 %(number)s") % {"number": number}), None, None, (drop,)))
    return drafts


def _reissue(wave: Wave, action: str, reason: object, actor_id: int | None, **facts: object) -> None:
    papers_reissue(wave_id=wave.pk, reason=str(reason), actor_id=actor_id)
    journal.audit(action=action, subject_kind="wave", subject_id=wave.pk, now=clock.now(), actor_id=actor_id, **facts)


@transaction.atomic
def route_assign(*, route_id: int, vehicle_id: int | None, driver_id: int | None, actor_id: int | None = None) -> None:
    """
    Give a route its vehicle and driver, or take them away, and issue the papers again: the loading list names both.
    What it has already is not given again.

    A vehicle that is too small is not refused, for a person may know better; the board shows how full it is.

    :raises StateConflict: the route has left, or its wave is void.
    :raises NoSuchVehicle: not an active vehicle of this warehouse.
    :raises NoSuchDriver: has no active post as driver of this warehouse.
    """
    wave = wave_to_plan(Route.objects.values_list("wave_id", flat=True).get(pk=route_id), may_have_left=True)
    layout = tours.layout(wave)
    route = next(route for route in layout.routes if route.pk == route_id)
    if route.departed_at:
        raise StateConflict(_("线路已经发车，不能再调整。"))
    vehicle = _vehicle(wave, vehicle_id)
    _check_driver(wave, driver_id)
    if (route.vehicle_id, route.driver_id) == (vehicle_id, driver_id):
        return
    draft = next(draft for draft in drafts_of(layout) if draft.number == route.number)
    layout_write(wave, [replace(draft, vehicle=vehicle, driver_id=driver_id)], renumber=False)
    facts = {"route": route.number, "vehicle": vehicle_id, "driver": driver_id}
    _reissue(wave, "route_assign", _("换车或换司机"), actor_id, **facts)


def _vehicle(wave: Wave, vehicle_id: int | None) -> Vehicle | None:
    if vehicle_id is None:
        return None
    vehicle = Vehicle.objects.filter(pk=vehicle_id, warehouse=wave.warehouse_id, active=True).first()
    if vehicle is None:
        raise NoSuchVehicle(attr="vehicle")
    return vehicle


def _check_driver(wave: Wave, driver_id: int | None) -> None:
    if driver_id is None:
        return
    if not DriverPost.objects.filter(user=driver_id, warehouse=wave.warehouse_id, active=True).exists():
        raise NoSuchDriver(attr="driver")
