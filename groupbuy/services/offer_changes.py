"""
Changing an offer in which people order: stock, limits, and the price of orders to come.

It holds the campaign's gate alone, so that no order is taken by limits that are gone by its commit. What expires
meanwhile does not pass the gate; the orders' rows are held where they are counted.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from groupbuy.domain.prices import PriceStep
from groupbuy.domain.states import CampaignState
from groupbuy.kernel import clock
from groupbuy.kernel.errors import DomainError, Invalid, StateConflict
from groupbuy.models import Offer
from groupbuy.selectors.groups import price_plan
from groupbuy.services import journal, stock
from groupbuy.services.campaign_lock import campaign_lock
from groupbuy.services.offer_prices import price_steps_replace


class BelowSold(DomainError):
    """``sold``: sale units that live orders hold."""

    code = "below_sold"
    message = _("库存不能低于已售件数。")


class BelowHeld(DomainError):
    """``held``: the most sale units that one of them has already."""

    code = "below_held"
    message = _("限量不能低于已有人买到的件数。")


@dataclass(frozen=True)
class OfferTerms:
    """What can change while people order. ``stock`` and the limits count sale units; None is unlimited."""

    price_fen: int
    price_steps: Sequence[PriceStep]
    stock: int | None
    per_shopper: int | None
    per_community: int | None


def terms_of(offer: Offer) -> OfferTerms:
    return OfferTerms(offer.price_fen, price_plan(offer), offer.stock, offer.per_shopper, offer.per_community)


@transaction.atomic
def offer_change(*, offer_id: int, terms: OfferTerms, reason: str, actor_id: int) -> None:
    """
    Give an offer of an open campaign other terms; placed orders keep theirs. Asking again changes nothing.

    :raises StateConflict: the campaign is not open, or the offer was withdrawn.
    :raises Invalid: an amount is below 0, or the price steps are wrong (``price_steps_replace``).
    :raises BelowSold: more is sold than ``stock``.
    :raises BelowHeld: a shopper or a community has more than the new limit.
    """
    campaign_id = Offer.objects.values_list("campaign_id", flat=True).get(pk=offer_id)
    _campaign, now = campaign_lock(campaign_id, CampaignState.OPEN)
    offer = Offer.objects.get(pk=offer_id)
    if offer.withdrawn_at:
        raise StateConflict
    before, after = terms_of(offer), replace(terms, price_steps=sorted(terms.price_steps))
    if after == before:
        return
    _require_amounts(after)
    for share in stock.SHARES:
        _limit(offer, share, getattr(before, share.limit), getattr(after, share.limit))
    price_steps_replace({offer_id: after.price_steps})
    _write(offer, after)
    _audit(offer, before, after, reason, now, actor_id)


def _require_amounts(terms: OfferTerms) -> None:
    limits = [terms.price_fen, *(each for each in (terms.stock, terms.per_shopper, terms.per_community) if each)]
    if any(amount < 0 for amount in limits):
        raise Invalid(_("价格、库存和限量不能为负。"))


def _limit(offer: Offer, share: stock.Share, before: int | None, after: int | None) -> None:
    """Begin, end or keep counting, and look whether the new limit holds already."""
    if after is None:
        stock.stop_counting(share, offer.pk)
        return
    if before is None:
        stock.start_counting(share, offer.pk)
    held = stock.most_held(share, offer.pk)
    if held > after:
        raise BelowHeld(attr=share.limit, held=held)


def _write(offer: Offer, terms: OfferTerms) -> None:
    """The counter may move while this waits for the row; the condition is judged on the row as it is then."""
    columns = {"price_fen": terms.price_fen, "per_shopper": terms.per_shopper, "per_community": terms.per_community}
    enough = Offer.objects.filter(pk=offer.pk)
    if terms.stock is not None:
        enough = enough.filter(sold__lte=terms.stock)
    if not enough.update(stock=terms.stock, **columns):
        raise BelowSold(attr="stock", sold=Offer.objects.values_list("sold", flat=True).get(pk=offer.pk))


def _audit(offer: Offer, before: OfferTerms, after: OfferTerms, reason: str, now: dt.datetime, actor_id: int) -> None:
    journal.audit(
        action="offer_change",
        subject_kind="offer",
        subject_id=offer.pk,
        now=now,
        actor_id=actor_id,
        reason=reason,
        before=_told(before),
        after=_told(after),
    )


def _told(terms: OfferTerms) -> dict[str, Any]:
    zone = clock.local_zone()
    return {
        "price_fen": terms.price_fen,
        "price_steps": [[step.starts_at.astimezone(zone).isoformat(), step.price_fen] for step in terms.price_steps],
        "stock": terms.stock,
        "per_shopper": terms.per_shopper,
        "per_community": terms.per_community,
    }
