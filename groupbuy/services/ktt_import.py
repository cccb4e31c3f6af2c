"""
From a read 快团团 export to a frozen campaign, in one transaction and a bounded number of statements.

The orders are loaded into an open campaign whose cutoff lies ahead, as if they had been placed and paid here, and the
campaign is then closed early by the same services that close every other. Money came in at 快团团: the payments'
provider is ``ktt``, and a refund of one goes to a person.
"""

import datetime as dt
import json
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from groupbuy.domain.ktt import KttFile
from groupbuy.domain.ktt.merging import MergedOffer, merged_offers
from groupbuy.domain.words import PointRole
from groupbuy.kernel import clock, privacy
from groupbuy.kernel.errors import DomainError, Missing
from groupbuy.models import (
    AuditEvent,
    Campaign,
    Group,
    PickupPoint,
    PointStaff,
    Sku,
    Supplier,
    User,
)
from groupbuy.services import journal, ktt_rows, stock
from groupbuy.services.campaigns import campaign_create, campaign_open
from groupbuy.services.cutoff import campaign_close, campaign_freeze

# Long enough for the slowest import; the campaign is closed early at its end.
CUTOFF_AHEAD = dt.timedelta(hours=1)


class FileImported(DomainError):
    code = "file_imported"
    message = _("这份导出已经导入过。")


class NotItsLeader(DomainError):
    code = "not_its_leader"
    message = _("这个人不是该自提点的团长。")


@dataclass(frozen=True)
class Place:
    """Where the orders of a file are collected, and under whose leadership they were placed."""

    point: PickupPoint
    leader: User


@dataclass(frozen=True)
class KttPlan:
    """What an import would make. Amounts are fen; ``imported``: the same orders are here already."""

    file: KttFile
    offers: tuple[MergedOffer, ...]
    new_skus: int
    new_shoppers: int
    without_phone: int
    imported: bool


def ktt_place(*, point_code: str, login: str) -> Place:
    """
    Find pickup point and leader.

    :param login: the leader's log-in name or phone.
    :raises Missing: there is no such point or person.
    :raises NotItsLeader: the person does not lead this point.
    """
    point = PickupPoint.objects.select_related("warehouse").filter(code=point_code).first()
    if point is None:
        raise Missing(_("没有编号为 %(code)s 的自提点。") % {"code": point_code})
    phone = privacy.clean_phone(login)
    found = User.objects.with_phone(phone) if phone else User.objects.filter(username=login)
    leader = found.first()
    if leader is None:
        raise Missing(_("没有登录名或手机号为 %(login)s 的团长。") % {"login": login})
    if not PointStaff.objects.filter(point=point, user=leader, role=PointRole.LEADER, active=True).exists():
        raise NotItsLeader
    return Place(point, leader)


def ktt_plan(*, file: KttFile) -> KttPlan:
    """Say what an import would make; changes nothing."""
    offers = merged_offers(file.orders)
    phones = {phone for order in file.orders if (phone := ktt_rows.mobile(order))}
    known = User.objects.filter(phone_hash__in=[privacy.blind(phone) for phone in phones]).count()
    return KttPlan(
        file=file,
        offers=offers,
        new_skus=len(offers) - Sku.objects.filter(code__in=[offer.code for offer in offers]).count(),
        new_shoppers=len(phones) - known,
        without_phone=sum(not ktt_rows.mobile(order) for order in file.orders),
        imported=_imported(_fingerprint(file)),
    )


@transaction.atomic
def ktt_import(*, file: KttFile, place: Place, title: str, actor_id: int | None = None) -> Campaign:
    """
    Load every order of a file as placed and paid, then close and freeze the campaign.

    :raises FileImported: the same orders were imported before; nothing changes.
    """
    supplier, _made = Supplier.objects.get_or_create(code=ktt_rows.CODE, defaults={"name": ktt_rows.NAME})
    # One import at a time, so that the same file cannot slip in twice.
    Supplier.objects.select_for_update().get(pk=supplier.pk)
    fingerprint = _fingerprint(file)
    if _imported(fingerprint):
        raise FileImported
    now = clock.now()
    campaign = _open_campaign(file, place, title, now)
    offers = ktt_rows.offers_make(campaign, supplier, merged_offers(file.orders))
    group = Group.objects.create(campaign=campaign, point=place.point, leader=place.leader)
    campaign_open(campaign_id=campaign.pk, actor_id=actor_id)
    orders = ktt_rows.orders_insert(file.orders, group, campaign, now)
    pieces = ktt_rows.lines_insert(file.orders, orders, offers, ktt_rows.rate_bp(place.leader))
    stock.take(pieces)
    ktt_rows.payments_insert(campaign, orders, now)
    journal.audit(
        action="ktt_import",
        subject_kind="ktt_file",
        subject_id=_number(fingerprint),
        now=now,
        actor_id=actor_id,
        fingerprint=fingerprint,
        campaign=campaign.pk,
    )
    campaign_close(campaign_id=campaign.pk, actor_id=actor_id, early=True)
    campaign_freeze(campaign_id=campaign.pk)
    campaign.refresh_from_db()
    return campaign


def _fingerprint(file: KttFile) -> str:
    """Recognise the same orders whatever program saved the file; keyed, since phones are part of it."""
    facts = [
        [order.number, order.phones, [[line.sku, line.quantity, line.amount_fen] for line in order.lines]]
        for order in file.orders
    ]
    return privacy.blind(json.dumps([file.title, facts], ensure_ascii=False))


def _number(fingerprint: str) -> int:
    """Return the 60 bits by which an audit row of this file is found."""
    return int(fingerprint[:15], 16)


def _imported(fingerprint: str) -> bool:
    rows = AuditEvent.objects.filter(subject_kind="ktt_file", subject_id=_number(fingerprint))
    return rows.filter(facts__fingerprint=fingerprint).exists()


def _open_campaign(file: KttFile, place: Place, title: str, now: dt.datetime) -> Campaign:
    """Draft the campaign; its true last order time is kept, since the cutoff it gets here means nothing."""
    began = file.placed_from if file.placed_from and file.placed_from < now else now
    campaign = campaign_create(
        title=title[:100],
        warehouse=place.point.warehouse,
        opens_at=began,
        cutoff_at=now + CUTOFF_AHEAD,
        delivery_date=clock.local_date(now) + dt.timedelta(days=1),
        actor=None,
        grace_s=0,
    )
    Campaign.objects.filter(pk=campaign.pk).update(original_cutoff_at=file.placed_until)
    return campaign
