"""
From a read 快团团 export to a frozen campaign, in one transaction and a bounded number of statements.

The orders are loaded into an open campaign whose cutoff lies ahead, as if they had been placed and paid here, and the
campaign is then closed early by the same services that close every other. Money came in at 快团团: the payments'
provider is ``ktt``, and a refund of one goes to a person.
"""

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from groupbuy.domain.accounts import Account, EntryKind
from groupbuy.domain.ktt import KttFile, KttOrder
from groupbuy.domain.ktt.merging import MergedLine, MergedOffer, merged_lines, merged_offers
from groupbuy.domain.states import ORDER, PAYMENT, OrderSource, OrderState, PaymentState
from groupbuy.domain.words import BaseUnit, PointRole, Zone
from groupbuy.kernel import clock, privacy
from groupbuy.kernel.errors import DomainError, Missing
from groupbuy.kernel.transition import born, move_where
from groupbuy.models import (
    AuditEvent,
    Campaign,
    Category,
    Group,
    Offer,
    Order,
    OrderLine,
    Payment,
    PickupPoint,
    PointStaff,
    ServiceRate,
    Sku,
    Supplier,
    User,
)
from groupbuy.services import journal, ledger, stock
from groupbuy.services.campaigns import OfferWanted, campaign_create, campaign_open, offers_add
from groupbuy.services.cutoff import campaign_close, campaign_freeze

PROVIDER = "ktt"
CODE = "KTT"
NAME = "快团团导入"
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
    phones = {phone for order in file.orders if (phone := _phone(order))}
    known = User.objects.filter(phone_hash__in=[privacy.blind(phone) for phone in phones]).count()
    return KttPlan(
        file=file,
        offers=offers,
        new_skus=len(offers) - Sku.objects.filter(code__in=[offer.code for offer in offers]).count(),
        new_shoppers=len(phones) - known,
        without_phone=sum(not _phone(order) for order in file.orders),
        imported=_imported(_fingerprint(file)),
    )


@transaction.atomic
def ktt_import(*, file: KttFile, place: Place, title: str, actor_id: int | None = None) -> Campaign:
    """
    Load every order of a file as placed and paid, then close and freeze the campaign.

    :raises FileImported: the same orders were imported before; nothing changes.
    """
    supplier, _made = Supplier.objects.get_or_create(code=CODE, defaults={"name": NAME})
    # One import at a time, so that the same file cannot slip in twice.
    Supplier.objects.select_for_update().get(pk=supplier.pk)
    fingerprint = _fingerprint(file)
    if _imported(fingerprint):
        raise FileImported
    now = clock.now()
    campaign = _open_campaign(file, place, title, now)
    offers = _offers(campaign, supplier, merged_offers(file.orders))
    group = Group.objects.create(campaign=campaign, point=place.point, leader=place.leader)
    campaign_open(campaign_id=campaign.pk, actor_id=actor_id)
    orders = _insert_orders(file, group, campaign, now)
    pieces = _insert_lines(file.orders, orders, offers, _rate_bp(place.leader, supplier))
    stock.take(pieces)
    _pay(orders, now)
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


def _offers(campaign: Campaign, supplier: Supplier, wanted: Sequence[MergedOffer]) -> dict[str, Offer]:
    """Return the campaign's offers by SKU code; SKUs that are new here are made."""
    category, _made = Category.objects.get_or_create(code=CODE, defaults={"name": NAME, "after_sales_hours": 24})
    Sku.objects.bulk_create(
        (_sku(offer, category, supplier) for offer in wanted),
        update_conflicts=False,
        ignore_conflicts=True,
    )
    skus = Sku.objects.select_related("category").in_bulk([offer.code for offer in wanted], field_name="code")
    made = offers_add(
        campaign=campaign,
        offers=[OfferWanted(sku=skus[offer.code], price_fen=offer.price_fen) for offer in wanted],
    )
    return {offer.sku.code: offer for offer in made}


def _sku(offer: MergedOffer, category: Category, supplier: Supplier) -> Sku:
    """A card of what the export tells; cost and weight it does not know."""
    return Sku(
        code=offer.code,
        name=offer.name[:100],
        spec=offer.spec[:100],
        category=category,
        supplier=supplier,
        sale_unit="份",
        base_unit=BaseUnit.PIECE,
        zone=Zone.AMBIENT,
        cost_fen=0,
        list_price_fen=offer.price_fen,
    )


def _rate_bp(leader: User, supplier: Supplier) -> int:
    """Return the leader's published rate for imported goods, as ordering would copy it."""
    rates = ServiceRate.objects.filter(leader=leader, category=None) | ServiceRate.objects.filter(
        leader=leader, category__code=supplier.code
    )
    ordered = rates.order_by("category").values_list("rate_bp", flat=True)  # NULLs last: the category's goes first
    return ordered[0] if ordered else settings.GROUPBUY_DEFAULT_COMMISSION_BP


def _phone(order: KttOrder) -> str | None:
    """Return the order's first number if it is a mobile's."""
    return privacy.clean_phone(order.phones[0]) if order.phones else None


def _shoppers(orders: Iterable[KttOrder], campaign: Campaign) -> dict[int, User]:
    """
    Return each order's shopper by order number.

    The phone tells people apart, never the name: namesakes stay two. An order without a phone gets an account of its
    own, since nobody can say whose it is.
    """
    accounts: dict[str, User] = {}
    keys: dict[int, str] = {}
    for order in orders:
        phone = _phone(order)
        key = privacy.blind(phone) if phone else f"{campaign.pk}-{order.number}"
        name = f"u{key[:16]}" if phone else f"ktt-{key}"
        user = User(username=name, display_name=(order.receiver or order.buyer)[:64])
        user.keep_phone(phone or "")
        user.set_unusable_password()
        accounts.setdefault(key, user)
        keys[order.number] = key
    known = {user.phone_hash: user for user in User.objects.filter(phone_hash__in=accounts)}
    User.objects.bulk_create(user for key, user in accounts.items() if key not in known)
    return {number: known.get(key) or accounts[key] for number, key in keys.items()}


def _insert_orders(file: KttFile, group: Group, campaign: Campaign, now: dt.datetime) -> dict[int, Order]:
    """Insert all orders as placed; return them by 跟团号."""
    shoppers = _shoppers(file.orders, campaign)
    made = {order.number: _order(order, group, campaign, shoppers[order.number], now) for order in file.orders}
    Order.objects.bulk_create(made.values())
    born(ORDER, ids=[order.pk for order in made.values()], state=OrderState.PLACED, now=now, reason="快团团")
    return made


def _order(order: KttOrder, group: Group, campaign: Campaign, shopper: User, now: dt.datetime) -> Order:
    placed_at = min(order.placed_at or now, now)
    lines = merged_lines(order)
    return Order(
        campaign=campaign,
        group=group,
        warehouse_id=campaign.warehouse_id,
        point_id=group.point_id,
        leader_id=group.leader_id,
        shopper=shopper,
        payer=shopper,
        source=OrderSource.KTT,
        source_ref=str(order.number),
        receiver_name=(order.receiver or order.buyer)[:64],
        receiver_phone_sealed=privacy.seal(order.phones[0]) if order.phones else "",
        room="-".join(filter(None, (order.building, order.room)))[:64],
        remark="；".join(filter(None, (order.remark, order.leader_remark)))[:200],
        items_fen=sum(line.amount_fen for line in lines),
        discount_fen=sum(line.discount_fen for line in lines),
        total_fen=order.amount_fen,
        placed_at=placed_at,
        pay_by=campaign.cutoff_at,
        paid_at=placed_at,
    )


def _insert_lines(
    exported: Sequence[KttOrder], orders: Mapping[int, Order], offers: Mapping[str, Offer], rate_bp: int
) -> dict[int, int]:
    """Insert all lines at the prices they were sold for; return the pieces of each offer."""
    lines = [
        _line(orders[order.number], offers[line.code], line, rate_bp)
        for order in exported
        for line in merged_lines(order)
    ]
    OrderLine.objects.bulk_create(lines)
    pieces: dict[int, int] = {}
    for line in lines:
        pieces[line.offer_id] = pieces.get(line.offer_id, 0) + line.quantity
    return pieces


def _line(order: Order, offer: Offer, line: MergedLine, rate_bp: int) -> OrderLine:
    sku = offer.sku
    return OrderLine(
        order=order,
        offer=offer,
        campaign_id=order.campaign_id,
        warehouse_id=order.warehouse_id,
        point_id=order.point_id,
        sku=sku,
        name=sku.name,
        spec=sku.spec,
        zone=sku.zone,
        sale_unit=sku.sale_unit,
        base_unit=sku.base_unit,
        base_per_sale=sku.base_per_sale,
        after_sales_hours=sku.category.after_sales_hours,
        quantity=line.quantity,
        price_fen=line.price_fen,
        cost_fen=sku.cost_fen,
        amount_fen=line.amount_fen,
        discount_fen=line.discount_fen,
        net_fen=line.amount_fen - line.discount_fen,
        commission_bp=rate_bp,
    )


def _pay(orders: Mapping[int, Order], now: dt.datetime) -> None:
    """Record that every order was paid at 快团团; an order that cost nothing is paid without a payment."""
    ids = [order.pk for order in orders.values()]
    payments = Payment.objects.bulk_create(_payment(order) for order in orders.values() if order.total_fen)
    paid = [payment.pk for payment in payments]
    born(PAYMENT, ids=paid, state=PaymentState.CREATED, now=now, reason="快团团")
    move_where(ORDER, old=OrderState.PLACED, new=OrderState.PAID, where="t.id = ANY(%s)", params=[ids], now=now)
    move_where(
        PAYMENT,
        old=PaymentState.CREATED,
        new=PaymentState.PAID,
        where="t.id = ANY(%s)",
        params=[paid],
        now=now,
        sets={"counts": True},
    )
    ledger.book_rows(
        kind=EntryKind.PAYMENT,
        source=ledger.Source.PAYMENT,
        ids=paid,
        debit=Account.PROVIDER,
        credit=Account.HELD,
        now=now,
    )


def _payment(order: Order) -> Payment:
    payment = Payment(
        order=order,
        provider=PROVIDER,
        amount_fen=order.total_fen,
        transaction_id=f"{PROVIDER}-{order.campaign_id}-{order.source_ref}",
        created_at=order.placed_at,
        paid_at=order.placed_at,
    )
    payment.out_trade_no = payment.public_id.hex
    return payment
