"""What a driver sees: his routes and their stops. No money, no shopper, phones masked (DOMAIN "Privacy")."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from django.core.signing import BadSignature, Signer
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from fulfillment.domain.states import StopState, WaveState
from fulfillment.models import DeliveryNote, DriverPost, Route
from fulfillment.selectors.road import LiveStop, late_minutes, stops_live
from groupbuy.kernel import clock
from groupbuy.kernel.errors import DomainError, Missing
from groupbuy.models import User

DAYS_BACK = 1


def drives(user: User) -> bool:
    return DriverPost.objects.filter(user=user, active=True).exists()


def routes_of(user: User) -> QuerySet[Route]:
    """Routes that are given to ``user``, of warehouses for which he drives now."""
    posts = DriverPost.objects.filter(user=user, active=True)
    return _routes().filter(driver=user, wave__warehouse__in=posts.values("warehouse"))


def _routes() -> QuerySet[Any]:
    """``stop_count`` and ``left_count``: all stops, and those where he has not been yet."""
    waiting = Q(stops__state__in=[StopState.PLANNED, StopState.ON_THE_WAY])
    return (
        Route.objects.exclude(wave__state=WaveState.VOIDED)
        .select_related("wave__warehouse", "vehicle", "driver")
        .annotate(stop_count=Count("stops"), left_count=Count("stops", filter=waiting))
    )


def of_these_days(routes: QuerySet[Route], today: dt.date) -> QuerySet[Route]:
    """Routes of yesterday, of today and later, the next one first."""
    since = today - dt.timedelta(days=DAYS_BACK)
    return routes.filter(wave__delivery_date__gte=since).order_by("wave__delivery_date", "wave__dispatch_at", "number")


class DriverLinkOver(DomainError):
    status = 410
    code = "driver_link_over"
    message = _("这个司机链接已过期或已换新，请向仓库要新的链接。")


def _signer() -> Signer:
    """Chat programs end a link at a colon, which is the usual separator."""
    return Signer(salt="fulfillment.driver_link", sep=".")


def link_token(route: Route) -> str:
    """Return what the newest link to a route carries."""
    return _signer().sign(f"{route.public_id.hex}-{route.link_number}")


def route_behind(token: str) -> Route:
    """
    Return the route of a driver's link.

    :raises Missing: nobody has signed it, or the wave is void.
    :raises DriverLinkOver: it has expired, was ended, or there is a newer one.
    """
    try:
        public_id, _dash, number = _signer().unsign(token).partition("-")
    except BadSignature as error:
        raise Missing from error
    route: Route | None = _routes().filter(public_id=public_id).first()
    if route is None:
        raise Missing
    expires_at = route.link_expires_at
    if route.link_number != int(number) or expires_at is None or expires_at <= clock.now():
        raise DriverLinkOver
    return route


@dataclass(frozen=True)
class Call:
    """
    One stop as the driver reads it: ``leader`` and ``phone`` (masked) from the note of the current version.

    ``form_uuid`` goes with the form for a problem, so that sending it twice reports once.
    """

    live: LiveStop
    leader: str
    phone: str
    form_uuid: UUID = field(default_factory=uuid4)


def calls(route: Route) -> list[Call]:
    """Return the stops of a route in order; two statements."""
    now = clock.now()
    notes = DeliveryNote.objects.filter(wave=route.wave_id, paper_version=route.wave.paper_version)
    whom = {note.stop_id: note for note in notes.filter(stop__route=route).only("stop_id", "leader", "phone")}
    return [
        Call(
            LiveStop(stop, 0, late_minutes(stop, now), stop.problem_count),
            whom[stop.pk].leader if stop.pk in whom else "",
            whom[stop.pk].phone if stop.pk in whom else "",
        )
        for stop in stops_live().filter(route=route).order_by("sequence")
    ]
