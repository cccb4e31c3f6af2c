"""
The small world in which tests happen, built through the services: people with roles, two points, one open campaign.

Plain functions, so that flow, service and page tests share it. Amounts are fen, times are aware and UTC.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count

from django.contrib.auth.models import Permission

from fulfillment.models import Wave
from fulfillment.services.dispatch import dispatch_send
from fulfillment.services.handover import handover_sign
from fulfillment.services.waves import wave_build
from groupbuy.domain.words import BaseUnit, PointKind, PointRole, Zone
from groupbuy.kernel import clock
from groupbuy.kernel.db import run
from groupbuy.kernel.transition import born
from groupbuy.models import (
    Campaign,
    Category,
    Community,
    Group,
    Offer,
    Order,
    Payment,
    PickupPoint,
    ShareCode,
    Sku,
    Supplier,
    User,
    Warehouse,
    WarehouseStaff,
)
from groupbuy.services import payments
from groupbuy.services.campaigns import OfferWanted, campaign_create, campaign_open, groups_add, offers_add
from groupbuy.services.cutoff import campaign_close, campaign_freeze
from groupbuy.services.order_terms import LineWanted
from groupbuy.services.orders import Receiver, order_place
from groupbuy.services.points import post_grant, rate_publish
from leaders.domain.states import LEADER, LeaderState
from leaders.models import Leader

PASSWORD = "correct horse battery"
HOUR = dt.timedelta(hours=1)
STAFF_RIGHTS = (
    "view_order",
    "view_campaign",
    "view_wave",
    "view_purchaseorder",
    "change_purchaseorder",
    "change_wave",
    "change_offer",
    "view_leaderapplication",
    "change_leaderapplication",
)
_numbers = count(1)


@dataclass(frozen=True)
class World:
    """
    ``near`` is the leader's point, ``far`` the other leader's; ``group`` and ``other_group`` are theirs.

    Offers: ``tomato`` 399 fen, 10 in stock; ``eggs`` 1590 fen, at most 2 a shopper, no stock limit;
    ``dumplings`` 2990 fen, frozen, from 2 pieces in steps of 2. The leaders earn 10 %.
    """

    warehouse: Warehouse
    near: PickupPoint
    far: PickupPoint
    shopper: User
    neighbour: User
    leader: User
    other_leader: User
    picker: User
    staff: User
    share_code: ShareCode
    other_share_code: ShareCode
    campaign: Campaign
    group: Group
    other_group: Group
    tomato: Offer
    eggs: Offer
    dumplings: Offer


def world() -> World:
    """Build everything; once for a test, since names and phones are fixed for exact comparisons."""
    now = clock.now()
    warehouse = Warehouse.objects.create(code="WH1", name="余杭中心仓", city="杭州市", address="良睦路 1 号")
    near = point(warehouse=warehouse, code="HZ0001", name="翠苑小店", kind=PointKind.SHOP, position=1)
    far = point(warehouse=warehouse, code="HZ0002", name="古荡驿站", kind=PointKind.PARCEL_STATION, position=2)
    leader = person(name="陈团长", phone="13800000011")
    other_leader = person(name="何团长", phone="13800000012")
    picker = person(name="周拣货", phone="13800000021")
    WarehouseStaff.objects.create(warehouse=warehouse, user=picker)
    share_code = lead(point=near, user=leader, now=now)
    other_share_code = lead(point=far, user=other_leader, now=now)
    tomato = sku(code="TOMATO", name="番茄", spec="500 g", unit="份", zone=Zone.AMBIENT, list_fen=599)
    eggs = sku(code="EGGS", name="鲜鸡蛋", spec="30 枚", unit="盒", zone=Zone.CHILLED, list_fen=1990)
    dumplings = sku(code="DUMPLINGS", name="三鲜水饺", spec="1 kg", unit="袋", zone=Zone.FROZEN, list_fen=3490)
    campaign = open_campaign(
        warehouse=warehouse,
        points=[near, far],
        offers=[
            OfferWanted(sku=tomato, price_fen=399, stock=10),
            OfferWanted(sku=eggs, price_fen=1590, per_shopper=2),
            OfferWanted(sku=dumplings, price_fen=2990, minimum=2, step=2),
        ],
    )
    offers = {offer.sku.code: offer for offer in campaign.offers.select_related("sku")}
    return World(
        warehouse=warehouse,
        near=near,
        far=far,
        shopper=person(name="林小满", phone="13800000001"),
        neighbour=person(name="赵邻居", phone="13800000002"),
        leader=leader,
        other_leader=other_leader,
        picker=picker,
        staff=staff_member(),
        share_code=share_code,
        other_share_code=other_share_code,
        campaign=campaign,
        group=campaign.groups.get(point=near),
        other_group=campaign.groups.get(point=far),
        tomato=offers["TOMATO"],
        eggs=offers["EGGS"],
        dumplings=offers["DUMPLINGS"],
    )


def person(*, name: str, phone: str) -> User:
    """Make an account of its own; the password is PASSWORD, the log-in name ``p<phone>``."""
    return User.objects.create_user(f"p{phone}", PASSWORD, phone=phone, display_name=name)


def staff_member(*, rights: tuple[str, ...] = STAFF_RIGHTS) -> User:
    """Make an operator of the back office with ``rights`` (codenames) and nothing else."""
    staff = User.objects.create_user("staff", PASSWORD, display_name="运营", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return staff


def point(*, warehouse: Warehouse, code: str, name: str, kind: PointKind, position: int) -> PickupPoint:
    """Make a pickup point in a community of its own; points lie 0.01 degrees apart in the order of ``position``."""
    community = Community.objects.create(
        code=f"3301060{position:05d}",
        province="浙江省",
        city="杭州市",
        district="西湖区",
        street="翠苑街道",
        name=f"{name}社区",
    )
    return PickupPoint.objects.create(
        code=code,
        name=name,
        kind=kind,
        community=community,
        warehouse=warehouse,
        address=f"文一路 {position} 号",
        lng=f"{120.10 + position / 100:.6f}",
        lat="30.280000",
        opening_hours="08:00-21:00",
        route_name="一号线",
        route_position=position,
    )


def lead(*, point: PickupPoint, user: User, now: dt.datetime) -> ShareCode:
    """Make an approved leader of ``user``, at ``point``, at 10 %."""
    leader = Leader.objects.create(user=user, kind=point.kind, approved_at=now)
    born(LEADER, ids=[leader.pk], state=LeaderState.ACTIVE, now=now)
    rate_publish(leader=user, rate_bp=1000)
    share_code = post_grant(point=point, user=user, role=PointRole.LEADER, now=now)
    assert share_code is not None
    return share_code


def sku(*, code: str, name: str, spec: str, unit: str, zone: Zone, list_fen: int, case_size: int = 6) -> Sku:
    category, _ = Category.objects.get_or_create(code="food", defaults={"name": "食品", "after_sales_hours": 24})
    supplier, _ = Supplier.objects.get_or_create(code="S1", defaults={"name": "杭州农场"})
    return Sku.objects.create(
        code=code,
        name=name,
        spec=spec,
        category=category,
        supplier=supplier,
        sale_unit=unit,
        base_unit=BaseUnit.PIECE,
        case_size=case_size,
        zone=zone,
        bin=f"{zone[:1].upper()}{next(_numbers):02d}",
        weight_g=500,
        cost_fen=list_fen // 2,
        list_price_fen=list_fen,
    )


def open_campaign(
    *,
    warehouse: Warehouse,
    points: list[PickupPoint],
    offers: list[OfferWanted],
    title: str = "周末鲜食团",
    cutoff_in: dt.timedelta = 6 * HOUR,
    grace_s: int = 0,
) -> Campaign:
    """Open a campaign that closes in ``cutoff_in``; no grace for payments, so that a test can freeze it at once."""
    now = clock.now()
    campaign = campaign_create(
        title=title,
        warehouse=warehouse,
        opens_at=now - HOUR,
        cutoff_at=now + cutoff_in,
        delivery_date=clock.local_date(now + cutoff_in) + dt.timedelta(days=1),
        actor=None,
        grace_s=grace_s,
    )
    offers_add(campaign=campaign, offers=offers)
    groups_add(campaign=campaign, point_ids=[each.pk for each in points])
    campaign_open(campaign_id=campaign.pk)
    campaign.refresh_from_db()
    return campaign


def place(
    *, shopper: User, group: Group, quantities: Mapping[Offer, int], room: str = "3-2-501", remark: str = ""
) -> Order:
    """Place an order: offer -> sale units."""
    lines = [LineWanted(offer_id=offer.public_id, quantity=quantity) for offer, quantity in quantities.items()]
    return order_place(
        shopper=shopper, group_id=group.public_id, lines=lines, receiver=Receiver(room=room), remark=remark
    )


def pay(*, order: Order) -> Payment:
    """Pay an order in time as if the provider's notice had come; no provider is asked."""
    pending = payments._pending(order, payments.DEFAULT_PROVIDER)
    payment = payments.payment_apply(
        out_trade_no=pending.out_trade_no,
        transaction_id=f"4200{pending.pk:012d}",
        amount_fen=pending.amount_fen,
        paid_at=clock.now(),
    )
    order.refresh_from_db()
    return payment


def place_and_pay(*, shopper: User, group: Group, quantities: Mapping[Offer, int], room: str = "3-2-501") -> Order:
    order = place(shopper=shopper, group=group, quantities=quantities, room=room)
    pay(order=order)
    return order


def close_and_freeze(*, campaign: Campaign) -> None:
    """Close a campaign now and give its orders their outcomes; its grace must be 0."""
    campaign_close(campaign_id=campaign.pk, early=True)
    campaign_freeze(campaign_id=campaign.pk)
    campaign.refresh_from_db()


def shift_clock(*, by: dt.timedelta) -> None:
    """Let the database's clock be ``by`` ahead until the test's transaction ends (0 undoes it)."""
    run(
        "CREATE OR REPLACE FUNCTION groupbuy_now() RETURNS timestamptz LANGUAGE sql VOLATILE"
        f" AS 'SELECT clock_timestamp() + make_interval(secs => {by.total_seconds()})'"
    )


def build_wave(*, campaign: Campaign) -> Wave:
    """Close the campaign, freeze it and turn its demand, which must not be empty, into a wave."""
    close_and_freeze(campaign=campaign)
    wave = wave_build(warehouse_id=campaign.warehouse_id, delivery_date=campaign.delivery_date)
    assert wave is not None
    return wave


def deliver(*, wave: Wave, signers: Mapping[PickupPoint, User]) -> None:
    """Dispatch a wave and have the stops of the named points signed, everything whole."""
    dispatch_send(wave_id=wave.pk)
    for place, signer in signers.items():
        handover_sign(stop_id=wave.stops.get(point=place).pk, actor=signer)
    wave.refresh_from_db()
