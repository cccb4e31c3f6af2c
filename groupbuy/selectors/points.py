"""Pickup points that a shopper may choose from."""

from decimal import Decimal
from math import cos, radians, sin

from django.db.models import F, FloatField, IntegerField, QuerySet, Value
from django.db.models.functions import ACos, Cast, Cos, Greatest, Least, Radians, Round, Sin

from groupbuy.models import PickupPoint

EARTH_RADIUS_M = 6_371_000.0


def selectable() -> QuerySet[PickupPoint]:
    """Return the active points with their communities."""
    return PickupPoint.objects.filter(active=True).select_related("community")


def by_distance(points: QuerySet[PickupPoint], *, lng: Decimal, lat: Decimal) -> QuerySet[PickupPoint]:
    """
    Annotate ``distance_m``, whole metres along the great circle; points without a position drop out.

    :param lng: degrees, -180 to 180. :param lat: degrees, -90 to 90.
    """
    north = radians(lat)
    there = Radians(Cast(F("lat"), FloatField()))
    apart = Cos(Radians(Cast(F("lng"), FloatField()) - Value(float(lng))))
    cosine = Value(sin(north)) * Sin(there) + Value(cos(north)) * Cos(there) * apart
    # Rounding may push the cosine of a point to itself just over 1, where acos has no value.
    metres = ACos(Greatest(Least(cosine, Value(1.0)), Value(-1.0))) * Value(EARTH_RADIUS_M)
    located = points.exclude(lng=None).exclude(lat=None)
    return located.annotate(distance_m=Cast(Round(metres), IntegerField()))
