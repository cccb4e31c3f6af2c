"""
The rows that an import of a 快团团 export writes, set by set: SKUs and offers, accounts, orders, lines, payments.

Called inside the import's transaction. Amounts are fen.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from django.conf import settings

from groupbuy.domain.ktt import KttOrder
from groupbuy.domain.ktt.merging import MergedLine, MergedOffer, merged_lines
from groupbuy.domain.states import ORDER, OrderSource, OrderState
from groupbuy.domain.words import BaseUnit, Zone
from groupbuy.kernel import privacy
from groupbuy.kernel.transition import born
from groupbuy.models import (
    Campaign,
    Category,
    Group,
    Offer,
    Order,
    OrderLine,
    Payment,
    ServiceRate,
    Sku,
    Supplier,
    User,
)
from groupbuy.services.campaigns import OfferWanted, offers_add
from groupbuy.services.paid_elsewhere import paid_elsewhere

PROVIDER = "ktt"
CODE = "KTT"
NAME = "快团团导入"


def offers_make(campaign: Campaign, supplier: Supplier, wanted: Sequence[MergedOffer]) -> dict[str, Offer]:
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


def rate_bp(leader: User) -> int:
    """Return the leader's published rate for imported goods, as ordering would copy it."""
    rates = ServiceRate.objects.filter(leader=leader, category=None) | ServiceRate.objects.filter(
        leader=leader, category__code=CODE
    )
    ordered = rates.order_by("category").values_list("rate_bp", flat=True)  # NULLs last: the category's goes first
    return ordered[0] if ordered else settings.GROUPBUY_DEFAULT_COMMISSION_BP


def mobile(order: KttOrder) -> str | None:
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
        phone = mobile(order)
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


def orders_insert(exported: Sequence[KttOrder], group: Group, campaign: Campaign, now: dt.datetime) -> dict[int, Order]:
    """Insert all orders as placed; return them by 跟团号."""
    shoppers = _shoppers(exported, campaign)
    made = {order.number: _order(order, group, campaign, shoppers[order.number], now) for order in exported}
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
        community_id=group.point.community_id,
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


def lines_insert(
    exported: Sequence[KttOrder], orders: Mapping[int, Order], offers: Mapping[str, Offer], commission_bp: int
) -> dict[int, int]:
    """Insert all lines at the prices they were sold for; return the pieces of each offer."""
    lines = [
        _line(orders[order.number], offers[line.code], line, commission_bp)
        for order in exported
        for line in merged_lines(order)
    ]
    OrderLine.objects.bulk_create(lines)
    pieces: dict[int, int] = {}
    for line in lines:
        pieces[line.offer_id] = pieces.get(line.offer_id, 0) + line.quantity
    return pieces


def _line(order: Order, offer: Offer, line: MergedLine, commission_bp: int) -> OrderLine:
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
        commission_bp=commission_bp,
    )


def payments_insert(campaign: Campaign, orders: Mapping[int, Order], now: dt.datetime) -> None:
    """Record that every order was paid at 快团团; an order that cost nothing is paid without a payment."""
    payments = Payment.objects.bulk_create(_payment(order) for order in orders.values() if order.total_fen)
    ids = [payment.pk for payment in payments]
    paid_elsewhere(campaign_id=campaign.pk, payment_ids=ids, reason="快团团", now=now)


def _payment(order: Order) -> Payment:
    payment = Payment(
        order=order,
        payer_id=order.payer_id,
        provider=PROVIDER,
        amount_fen=order.total_fen,
        transaction_id=f"{PROVIDER}-{order.campaign_id}-{order.source_ref}",
        created_at=order.placed_at,
        paid_at=order.placed_at,
    )
    payment.out_trade_no = payment.public_id.hex
    return payment
