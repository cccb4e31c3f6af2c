"""From the rows of a wave's routes to what the pictures show."""

from typing import Any

from django.utils.safestring import mark_safe

from fulfillment.exports.route_map import Dot, Line, colour_of, route_map
from fulfillment.exports.route_strip import Station
from fulfillment.models import Wave
from fulfillment.selectors import road, tours
from fulfillment.selectors.papers import wave_label
from groupbuy.kernel import clock


def picture(wave: Wave, board: list[road.LiveRoute]) -> str:
    """Return the picture, or nothing while nobody has entered where the warehouse lies."""
    if not tours.knows_home(wave):
        return ""
    lines = [
        Line(colour_of(place), tuple(_dots(wave, tour)), driven=not any(each.stop.left_out for each in tour.stops))
        for place, tour in enumerate(board)
    ]
    drawn = route_map(lines, title=f"{wave_label(wave)} 线路图")
    return mark_safe(drawn)  # noqa: S308 - every name in it is escaped where it is drawn


def _dots(wave: Wave, tour: road.LiveRoute) -> list[Dot]:
    found = []
    for each in tour.stops:
        stop = each.stop
        spot = tours.spot_of(wave, lng=stop.point.lng, lat=stop.point.lat)
        if spot is not None:
            found.append(Dot(spot, stop.sequence, stop.point.name, stop.state, each.is_late))
    return found


def stations(wave: Wave, tour: road.LiveRoute) -> list[Station]:
    leaves = Station("", _hour(wave.dispatch_at), "", wave.warehouse.name, wave.warehouse.address, "")
    stops = [_station(each) for each in tour.stops]
    known = [each.stop.leg_m for each in tour.stops]
    if tour.route.distance_m is None or tour.route.back_at is None or None in known:
        return [leaves, *stops]
    home_m = tour.route.distance_m - sum(leg_m or 0 for leg_m in known)
    back = Station("", _hour(tour.route.back_at), _way(home_m), "回仓", wave.warehouse.name, "")
    return [leaves, *stops, back]


def _station(each: road.LiveStop) -> Station:
    stop, point = each.stop, each.stop.point
    window = (
        f"收货 {_local(point.window_from)}–{_local(point.window_to)}" if point.window_from or point.window_to else ""
    )
    return Station(
        number=str(stop.sequence),
        time=_hour(stop.expected_at),
        way="↓" if stop.leg_m is None else _way(stop.leg_m),
        name=point.name,
        address=point.address,
        crates=f"{stop.crates} 箱",
        note=window,
    )


def _way(metres: int) -> str:
    return f"↓ {metres // 1000}.{metres % 1000 // 100} 公里"


def _hour(instant: Any) -> str:
    return instant.astimezone(clock.local_zone()).strftime("%H:%M") if instant else ""


def _local(hour: Any) -> str:
    return hour.strftime("%H:%M") if hour else "不限"
