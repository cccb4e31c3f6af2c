"""今天: what is open, what arrives, what waits; and the share page of a group."""

import datetime as dt
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from groupbuy.kernel import clock
from groupbuy.models import Group, ShareCode
from groupbuy.selectors import groups
from leaders.domain.share_text import OfferText, share_text
from leaders.selectors.today import today as today_of
from leaders.web.gates import Desk, at_desk


@require_GET
@at_desk
def today(request: HttpRequest, desk: Desk) -> HttpResponse:
    now = clock.now()
    context = {"now": now, "desk": desk, "today": today_of(leader=desk.user, now=now)}
    return render(request, "leaders/today.html", context)


@require_GET
@at_desk
def share(request: HttpRequest, desk: Desk, public_id: UUID) -> HttpResponse:
    """Show link, QR code and a text to forward for one group."""
    group = get_object_or_404(groups.served_by(desk.user), public_id=public_id)
    code = get_object_or_404(ShareCode, point=group.point_id, leader=group.leader_id)
    link = f"{settings.PUBLIC_URL}{reverse('shop:shop', args=[code.code])}"
    now = clock.now()
    context = {"now": now, "desk": desk, "group": group, "link": link, "text": _text(group, link, now)}
    return render(request, "leaders/share.html", context)


def _text(group: Group, link: str, now: dt.datetime) -> str:
    campaign, point = group.campaign, group.point
    offers = [
        OfferText(offer.sku.name, offer.sku.spec, offer.sku.sale_unit, groups.price_now(offer, now), groups.left(offer))
        for offer in groups.offers_of(campaign.pk)
    ]
    return share_text(
        title=campaign.title,
        cutoff_at=campaign.cutoff_at.astimezone(clock.local_zone()),
        delivery_date=campaign.delivery_date,
        point=f"{point.name}（{point.address}）",
        offers=offers,
        link=link,
    )
