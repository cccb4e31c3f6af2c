"""
From a week of grocery baskets to a frozen campaign, in one transaction and a bounded number of statements.

A store is a pickup point, a household a shopper, a basket a paid order, a product a SKU. As with every import, the
orders are loaded into an open campaign whose cutoff lies ahead, and the campaign is closed early by the services that
close every other. Money came in at the till: the payments' provider is ``replay``, and a refund goes to a person.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from groupbuy.domain.baskets import BasketRow, ProductCard
from groupbuy.kernel import clock
from groupbuy.models import AuditEvent, Campaign, Supplier, Warehouse
from groupbuy.services import journal, replay_orders, replay_rows
from groupbuy.services.campaigns import campaign_create, campaign_open
from groupbuy.services.cutoff import campaign_close, campaign_freeze

# Long enough for the slowest load; the campaign is closed early at its end.
CUTOFF_AHEAD = dt.timedelta(hours=1)
SUBJECT = "replay_week"

Cards = Callable[[Sequence[int]], Sequence[ProductCard]]


@transaction.atomic
def week_load(*, week: int, rows: Sequence[BasketRow], cards: Cards) -> Campaign:
    """
    Load a week's baskets as placed and paid orders, then close and freeze the campaign; return it.

    The same rows of the same week are loaded once: a second call returns the first one's campaign.

    :param rows: at least one.
    :param cards: is asked for the names of products that are new here.
    """
    supplier, warehouse = _lock()
    fingerprint = hashlib.sha256(repr((week, rows)).encode()).hexdigest()
    if loaded := _loaded(fingerprint):
        return loaded
    now = clock.now()
    replay_rows.rows_copy(rows, now)
    replay_rows.places_insert(warehouse, now)
    replay_rows.people_insert(now)
    replay_rows.skus_insert(supplier, cards)
    campaign = _draft(week, warehouse, now)
    replay_rows.offers_insert(campaign)
    replay_rows.groups_insert(campaign)
    campaign_open(campaign_id=campaign.pk)
    replay_orders.orders_insert(campaign, now)
    replay_orders.lines_insert(campaign)
    replay_orders.payments_insert(campaign, now)
    replay_rows.rows_drop()
    _write_down(week, fingerprint, campaign, now)
    campaign_close(campaign_id=campaign.pk, early=True)
    campaign_freeze(campaign_id=campaign.pk)
    campaign.refresh_from_db()
    return campaign


def _lock() -> tuple[Supplier, Warehouse]:
    """One load at a time, so that the same week cannot slip in twice, nor two take one delivery date."""
    supplier, _made = Supplier.objects.get_or_create(code=replay_rows.CODE, defaults={"name": _("回放供应商")})
    warehouse, _made = Warehouse.objects.get_or_create(
        code=replay_rows.CODE, defaults={"name": _("回放仓"), "city": _("回放"), "address": _("购物篮回放")}
    )
    Supplier.objects.select_for_update().get(pk=supplier.pk)
    return supplier, warehouse


def _number(fingerprint: str) -> int:
    """Return the 60 bits by which an audit row of this week is found."""
    return int(fingerprint[:15], 16)


def _loaded(fingerprint: str) -> Campaign | None:
    events = AuditEvent.objects.filter(subject_kind=SUBJECT, subject_id=_number(fingerprint))
    event = events.filter(facts__fingerprint=fingerprint).first()
    return Campaign.objects.get(pk=event.facts["campaign"]) if event else None


def _write_down(week: int, fingerprint: str, campaign: Campaign, now: dt.datetime) -> None:
    facts: dict[str, Any] = {"week": week, "fingerprint": fingerprint, "campaign": campaign.pk}
    journal.audit(action=SUBJECT, subject_kind=SUBJECT, subject_id=_number(fingerprint), now=now, **facts)


def _draft(week: int, warehouse: Warehouse, now: dt.datetime) -> Campaign:
    """Draft the campaign; the true time of its last basket is kept, since the cutoff it gets here means nothing."""
    began, until = replay_rows.times()
    campaign = campaign_create(
        title=_("回放第 %(week)s 周") % {"week": week},
        warehouse=warehouse,
        opens_at=began,
        cutoff_at=now + CUTOFF_AHEAD,
        delivery_date=_free_date(warehouse, now),
        actor=None,
        grace_s=0,
    )
    Campaign.objects.filter(pk=campaign.pk).update(original_cutoff_at=until)
    return campaign


def _free_date(warehouse: Warehouse, now: dt.datetime) -> dt.date:
    """Return a day of its own for the week, from tomorrow on: a wave takes all that is frozen for one day."""
    today = clock.local_date(now)
    last = Campaign.objects.filter(warehouse=warehouse, delivery_date__gt=today).order_by("delivery_date").last()
    return (last.delivery_date if last else today) + dt.timedelta(days=1)
