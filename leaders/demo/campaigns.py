"""The campaigns of each city: one about to close, one at its points, one finished, one open; and one to be picked."""

import datetime as dt
import uuid
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from fulfillment.domain.states import DiscrepancyKind, WaveState
from fulfillment.models import Pickup, Stop, Wave
from fulfillment.selectors.pickups import lines_of
from fulfillment.selectors.stops import expected_lines
from fulfillment.services.dispatch import dispatch_send
from fulfillment.services.handover import Counted, handover_sign
from fulfillment.services.pickups import pickup_confirm
from fulfillment.services.road import stop_arrive
from fulfillment.services.waves import wave_build
from groupbuy.domain.prices import PriceStep
from groupbuy.domain.states import CampaignState
from groupbuy.kernel import clock
from groupbuy.models import Campaign, PickupPoint, PointStaff, Sku, User, Warehouse
from groupbuy.services.campaigns import OfferWanted, campaign_create, campaign_open, groups_add, offers_add
from groupbuy.services.cutoff import campaign_close, campaign_freeze
from groupbuy.services.orders import order_cancel
from leaders.demo.discounts import add_discounts
from leaders.demo.files import CampaignRow
from leaders.demo.floor import receive, receive_in_part
from leaders.demo.orders import Customers, pay
from leaders.demo.people import picker_of
from leaders.selectors import due
from leaders.services.commission import commission_accrue

# Minutes until the cutoff of the campaigns that close before the visitor's eyes, city by city.
CLOSING_IN = (4, 7, 10)
STILL_WORTH_WATCHING = dt.timedelta(minutes=2)
# Of their trucks: the first leaves time to walk its wave by hand; the others are on the road while the visitor looks on.
DISPATCH_AFTER = (dt.timedelta(hours=1), dt.timedelta(minutes=3), dt.timedelta(minutes=3))
TIME_TO_PICK = dt.timedelta(hours=4)
GRACE_S = 20
PAY_WINDOW_S = 300
CLOSING_TIME = dt.time(23)
EVENING = dt.timedelta(hours=2)
LAST_HOUR = dt.timedelta(hours=1)
COMMUNITY_CAP = 20


@transaction.atomic
def open_closing(row: CampaignRow, *, minutes: int, dispatch_after: dt.timedelta) -> None:
    """
    Open a campaign that closes in ``minutes``, with paid orders in it; none while an earlier one still runs.

    :param dispatch_after: from its cutoff to its trucks.
    """
    now = clock.now()
    running = Campaign.objects.filter(title__startswith=row["title"], cutoff_at__gt=now + STILL_WORTH_WATCHING)
    if running.exists():
        return
    cutoff_at = now + dt.timedelta(minutes=minutes)
    campaign = _open(
        row,
        title=f"{row['title']} {cutoff_at.astimezone(clock.local_zone()):%H:%M}",
        cutoff_at=cutoff_at,
        dispatch_at=cutoff_at + dispatch_after,
        pay_window_s=PAY_WINDOW_S,
        grace_s=GRACE_S,
    )
    pay(Customers(campaign, row["city"], everywhere=True).order(24))


@transaction.atomic
def open_late(row: CampaignRow) -> None:
    """Keep one campaign open for hours, so that the shop always has something to order."""
    now = clock.now()
    title = f"全天可订 · {row['city'].removesuffix('市')}日日鲜团"
    if Campaign.objects.filter(title=title, state=CampaignState.OPEN, cutoff_at__gt=now + EVENING).exists():
        return
    cutoff_at = clock.at_local(clock.local_date(now + EVENING), CLOSING_TIME)
    if cutoff_at < now + EVENING:
        cutoff_at += dt.timedelta(days=1)
    campaign = _open(row, title=title, cutoff_at=cutoff_at, specials=True)
    add_discounts(campaign)
    pay(Customers(campaign, row["city"]).order(6))


@transaction.atomic
def play_waiting(row: CampaignRow) -> None:
    """
    Play a campaign to a wave that waits in the warehouse, for 24 points; most of what suppliers bring is counted.

    None while an earlier one has an hour left: after a night without the demo the sweep sends it off at once.
    """
    now = clock.now()
    title = f"等待拣货 · {row['city'].removesuffix('市')}早市团"
    waiting = Wave.objects.filter(campaigns__campaign__title=title, state=WaveState.BUILT)
    if waiting.filter(dispatch_at__gt=now + LAST_HOUR).exists():
        return
    campaign = _open(
        row,
        title=title,
        cutoff_at=now + LAST_HOUR,
        dispatch_at=now + TIME_TO_PICK,
        grace_s=0,
        delivery_date=_tomorrow(now),
    )
    pay(Customers(campaign, row["city"], everywhere=True).order(48))
    wave = _wave_of(campaign)
    receive_in_part(wave, actor=picker_of(wave.warehouse))


@transaction.atomic
def play_pickup(row: CampaignRow) -> None:
    """
    Play a campaign up to the pickup points: one order unpaid, one cancelled, one stop still to be signed, one short.

    Half of the pickups are done, one in part.
    """
    wave = _played(row)
    if wave is None:
        return
    *signed, last = wave.stops.order_by("position")
    for stop in signed:
        _sign(stop, short=stop == signed[0])
    stop_arrive(stop_id=last.pk)
    points = [stop.point_id for stop in signed]
    pickups = list(_pickups(wave).filter(point__in=points))
    for pickup in pickups[::2]:
        _hand_out(pickup, whole=pickup != pickups[0])


@transaction.atomic
def play_finished(row: CampaignRow) -> None:
    """Play a campaign to its end: everything collected, sales and commission booked."""
    wave = _played(row)
    if wave is None:
        return
    for stop in wave.stops.order_by("position"):
        _sign(stop, short=False)
    for pickup in _pickups(wave):
        _hand_out(pickup, whole=True)


def book_commissions() -> None:
    """Book what the pickups have earned, as the sweep does."""
    while commission_accrue(item_ids=due.items_to_book()):
        pass


def _open(
    row: CampaignRow,
    *,
    title: str,
    cutoff_at: dt.datetime,
    dispatch_at: dt.datetime | None = None,
    pay_window_s: int | None = None,
    grace_s: int | None = None,
    delivery_date: dt.date | None = None,
    specials: bool = False,
) -> Campaign:
    """
    Draft and open a campaign with the file's offers for every point of its warehouse.

    :param specials: the first offer costs newcomers half, the second a fifth less in the last hour, and of the third
        a community can have twenty pieces.
    """
    warehouse = Warehouse.objects.get(code=row["warehouse"])
    campaign = campaign_create(
        title=title,
        warehouse=warehouse,
        opens_at=clock.now(),
        cutoff_at=cutoff_at,
        delivery_date=delivery_date or clock.local_date(cutoff_at) + dt.timedelta(days=1),
        actor=User.objects.get(username="admin"),
        dispatch_at=dispatch_at,
        pay_window_s=pay_window_s,
        grace_s=grace_s,
    )
    skus = Sku.objects.in_bulk([offer["sku"] for offer in row["offers"]], field_name="code")
    offers_add(
        campaign=campaign,
        offers=[
            OfferWanted(
                sku=skus[offer["sku"]],
                price_fen=offer["price_fen"],
                stock=offer["stock"],
                per_shopper=offer["per_shopper"],
                **(_special(position, offer["price_fen"], cutoff_at) if specials else {}),
            )
            for position, offer in enumerate(row["offers"])
        ],
    )
    points = PickupPoint.objects.filter(warehouse=warehouse, active=True).values_list("pk", flat=True)
    groups_add(campaign=campaign, point_ids=list(points))
    campaign_open(campaign_id=campaign.pk)
    return campaign


def _special(position: int, price_fen: int, cutoff_at: dt.datetime) -> dict[str, Any]:
    """Return what is special about the offer at a position of the shelf."""
    last_hour = PriceStep(cutoff_at - LAST_HOUR, price_fen * 4 // 5)
    specials: list[dict[str, Any]] = [
        {"newcomer_fen": price_fen // 2},
        {"price_steps": [last_hour]},
        {"per_community": COMMUNITY_CAP},
    ]
    return specials[position] if position < len(specials) else {}


def _played(row: CampaignRow) -> Wave | None:
    """Play a campaign from its opening to the truck; None if that was done before."""
    if Campaign.objects.filter(title=row["title"]).exists():
        return None
    now = clock.now()
    campaign = _open(
        row,
        title=row["title"],
        cutoff_at=now + dt.timedelta(hours=1),
        grace_s=0,
        delivery_date=clock.local_date(now) + dt.timedelta(days=row["delivery_offset_days"]),
    )
    customers = Customers(campaign, row["city"])
    paid = customers.order(28)
    pay(paid)
    order_cancel(order=paid[-1], actor=paid[-1].shopper)
    customers.order(1)
    wave = _wave_of(campaign)
    receive(wave, actor=picker_of(wave.warehouse))
    dispatch_send(wave_id=wave.pk)
    return wave


def _wave_of(campaign: Campaign) -> Wave:
    campaign_close(campaign_id=campaign.pk, early=True)
    campaign_freeze(campaign_id=campaign.pk)
    wave = wave_build(warehouse_id=campaign.warehouse_id, delivery_date=campaign.delivery_date)
    assert wave is not None
    return wave


def _tomorrow(now: dt.datetime) -> dt.date:
    return clock.local_date(now) + dt.timedelta(days=1)


def _pickups(wave: Wave) -> QuerySet[Pickup]:
    pickups = Pickup.objects.filter(warehouse=wave.warehouse_id, delivery_date=wave.delivery_date)
    return pickups.select_related("point").order_by("point", "pk")


def _leader(point_id: int) -> User:
    return PointStaff.objects.select_related("user").filter(point=point_id, active=True)[0].user


def _sign(stop: Stop, *, short: bool) -> None:
    """Sign for a stop; ``short``: one piece of the first SKU is missing."""
    missing = [Counted(expected_lines(stop)[0].sku_id, DiscrepancyKind.SHORT, 1, "少一份")] if short else []
    handover_sign(stop_id=stop.pk, actor=_leader(stop.point_id), counted=missing)


def _hand_out(pickup: Pickup, *, whole: bool) -> None:
    lines = lines_of(pickup)
    chosen = lines if whole else lines[:1]
    pieces = {line.public_id: line.due - line.collected for line in chosen}
    pickup_confirm(pickup=pickup, actor=_leader(pickup.point_id), event=uuid.uuid4(), pieces=pieces)
