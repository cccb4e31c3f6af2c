"""The small wave whose papers are kept in ``fixtures/golden``; its README tells it in words and figures."""

import datetime as dt
import uuid

from fulfillment.models import Pickup, Stop, Wave
from fulfillment.services.shortages import pick_close
from fulfillment.services.waves import wave_build
from fulfillment.services.weights import weight_record
from groupbuy.models import Offer, Order, Sku
from tests.clocks import stop_clock
from tests.services.market import Market, market
from tests.services.steps import give_back
from tests.world import close_and_freeze, place_and_pay

ORDERED = dt.datetime(2026, 11, 22, 2, 0, tzinfo=dt.UTC)
CUT_OFF = dt.datetime(2026, 11, 22, 7, 0, tzinfo=dt.UTC)
BUILT = dt.datetime(2026, 11, 22, 15, 3, tzinfo=dt.UTC)
REFUNDED = dt.datetime(2026, 11, 22, 16, 30, tzinfo=dt.UTC)
PICKED = dt.datetime(2026, 11, 22, 19, 45, tzinfo=dt.UTC)

CARDS = {
    "TOMATO": ("A01-01", "6901234567892"),
    "RICE": ("A02-03", "06901234567908"),
    "EGGS": ("C01-02", ""),  # no barcode: the SKU's code has to do
    "PORK": ("C03-01", "2100001000005"),
    "DUMPLINGS": ("F01-04", "6901234567915"),
}
ORDERS = (
    (0, "HZ0001", "10-1-101", {"TOMATO": 3, "EGGS": 2, "DUMPLINGS": 2}),
    (1, "HZ0001", "2-1-301", {"TOMATO": 2, "RICE": 25}),
    (0, "HZ0002", "5-2-202", {"TOMATO": 1, "PORK": 3}),
    (2, "HZ0003", "", {"DUMPLINGS": 4}),
    (1, "HZ0004", "7-1-701", {"RICE": 1, "EGGS": 1, "PORK": 2}),
    (2, "HZ0001", "2-1-1002", {"TOMATO": 6}),
)


def golden_wave() -> Wave:
    """Build it at fixed instants, with fixed codes: issue 1 of the whole demand, issue 2 after a refund and a weighing."""
    stop_clock(at=ORDERED)
    ground = market()
    _fix_cards()
    orders = [_order(ground, *each) for each in ORDERS]
    stop_clock(at=CUT_OFF)
    close_and_freeze(campaign=ground.campaign)
    stop_clock(at=BUILT)
    wave = wave_build(warehouse_id=ground.w.warehouse.pk, delivery_date=ground.campaign.delivery_date)
    assert wave is not None
    _fix_codes(wave)
    stop_clock(at=REFUNDED)
    give_back(orders[-1].lines.get(), 2)
    stop_clock(at=PICKED)
    weight_record(
        wave_id=wave.pk,
        sku_id=ground.offers["PORK"].sku_id,
        point_id=ground.points["HZ0002"].pk,
        real_base=1430,
        actor_id=ground.w.picker.pk,
        uuid=uuid.uuid4(),
    )
    pick_close(wave_id=wave.pk)
    wave.refresh_from_db()
    return wave


def _fix_cards() -> None:
    for code, (place, barcode) in CARDS.items():
        Sku.objects.filter(code=code).update(bin=place, barcode=barcode)
    Offer.objects.update(stock=None)


def _order(ground: Market, shopper: int, point: str, room: str, quantities: dict[str, int]) -> Order:
    return place_and_pay(
        shopper=ground.shoppers[shopper],
        group=ground.groups[point],
        quantities={ground.offers[code]: quantity for code, quantity in quantities.items()},
        room=room,
    )


def _fix_codes(wave: Wave) -> None:
    """What is drawn at random elsewhere."""
    for n, pickup in enumerate(Pickup.objects.order_by("point__code", "shopper__display_name"), 1):
        Pickup.objects.filter(pk=pickup.pk).update(public_id=uuid.UUID(int=n), code=f"123{n * 111:03d}")
    for stop in wave.stops.all():
        Stop.objects.filter(pk=stop.pk).update(public_id=uuid.UUID(int=1000 + stop.position))
