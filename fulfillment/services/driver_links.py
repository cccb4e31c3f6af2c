"""The link by which a driver without a log-in opens his route: signed, good for some hours, worthless once renewed."""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.db.models import F

from fulfillment.domain.states import WaveState
from fulfillment.models import Route
from fulfillment.selectors.driver import link_token
from groupbuy.kernel import clock
from groupbuy.kernel.errors import StateConflict
from groupbuy.services import journal


@transaction.atomic
def driver_link_make(*, route_id: int, actor_id: int | None = None) -> str:
    """
    Return the address of a new link to one route; the links made before end with it.

    :raises StateConflict: the wave is void.
    """
    now = clock.now()
    expires_at = now + dt.timedelta(hours=settings.GROUPBUY_DRIVER_LINK_HOURS)
    fresh = Route.objects.filter(pk=route_id).exclude(wave__state=WaveState.VOIDED)
    if not fresh.update(link_number=F("link_number") + 1, link_expires_at=expires_at):
        raise StateConflict
    journal.audit(action="driver_link_make", subject_kind="route", subject_id=route_id, now=now, actor_id=actor_id)
    return f"{settings.PUBLIC_URL}/driver/{link_token(Route.objects.get(pk=route_id))}/"


@transaction.atomic
def driver_link_end(*, route_id: int, actor_id: int | None = None) -> None:
    """End the link to a route at once; without one nothing happens."""
    if Route.objects.filter(pk=route_id).exclude(link_expires_at=None).update(link_expires_at=None):
        journal.audit(
            action="driver_link_end", subject_kind="route", subject_id=route_id, now=clock.now(), actor_id=actor_id
        )
