"""
Roads without a map: how far and how long it is from one place to another.

An estimate from the straight line, of which the two assumptions are settings: a detour factor (for road networks,
1.2 to 1.4 times the straight line is usual: Newell 1980 for cities, Ballou, Rahardja and Sakai 2002 for countries) and
an average speed with lights and queues. Whoever has a map of his own can put its table in the place of ``Roads``.
"""

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

EARTH_M: Final = 6_371_009
"""Mean radius of the earth (IUGG), in metres."""


class Spot(NamedTuple):
    """A place in metres east and north of the warehouse."""

    east_m: int
    north_m: int


HOME: Final = Spot(0, 0)


def spot(*, lng: Decimal, lat: Decimal, home_lng: Decimal, home_lat: Decimal) -> Spot:
    """
    Lay a place on the plane that touches the earth at the warehouse.

    Within 100 km of it, lengths are wrong by less than a hundredth, far less than the detour factor is.
    """
    shrink = math.cos(math.radians(home_lat))
    east = EARTH_M * math.radians(lng - home_lng) * shrink
    return Spot(int(east), int(EARTH_M * math.radians(lat - home_lat)))


@dataclass(frozen=True, slots=True)
class Roads:
    """
    :param detour_percent: length of the road in hundredths of the straight line.
    :param service_s: seconds at a stop; ``blind_s``: seconds on the way to one of which nobody knows where it is.
    """

    detour_percent: int
    speed_kmh: int
    service_s: int
    blind_s: int = 0

    def metres(self, a: Spot, b: Spot) -> int:
        """Return the length of the road, the same in both directions."""
        east, north = a.east_m - b.east_m, a.north_m - b.north_m
        return math.isqrt(east * east + north * north) * self.detour_percent // 100

    def seconds(self, metres: int) -> int:
        """Return how long it takes to drive ``metres``, rounded up."""
        return -(-metres * 36 // (self.speed_kmh * 10))
