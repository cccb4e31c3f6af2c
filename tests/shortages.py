"""What tests of shortages and weights share: a wave of paid orders, and records of what it lacks."""

import uuid
from dataclasses import replace
from typing import Any

from fulfillment.models import PickLine, Pickup, Shortage, SortLine, Wave, WeightEntry
from fulfillment.selectors.pickups import lines_of
from fulfillment.services.pickups import pickup_confirm
from fulfillment.services.shortages import shortage_record
from fulfillment.services.weights import weight_record
from groupbuy.domain.words import BaseUnit, ShortagePolicy
from groupbuy.models import Campaign, Offer, Order, OrderLine, PickupPoint, Sku, User
from tests.world import World, build_wave, place_and_pay, world

EVERYBODY = ("shopper", "neighbour", "picker")


def lacking_world(policy: ShortagePolicy = ShortagePolicy.FIRST_PAID) -> World:
    """The small world; its tomatoes are weighed, 500 g a portion."""
    w = world()
    Campaign.objects.filter(pk=w.campaign.pk).update(shortage_policy=policy)
    Sku.objects.filter(pk=w.tomato.sku_id).update(weighed=True, base_unit=BaseUnit.GRAM, base_per_sale=500)
    Offer.objects.filter(pk=w.tomato.pk).update(stock=None)
    return replace(w, tomato=Offer.objects.select_related("sku").get(pk=w.tomato.pk))


def buy(w: World, *tomatoes: int, far: bool = False) -> list[Order]:
    """Let people pay for so many tomatoes one after the other: the shopper, the neighbour, the picker, the shopper, …"""
    group = w.other_group if far else w.group
    return [
        place_and_pay(shopper=getattr(w, EVERYBODY[place % 3]), group=group, quantities={w.tomato: pieces})
        for place, pieces in enumerate(tomatoes)
    ]


def waved(w: World) -> Wave:
    return build_wave(campaign=w.campaign)


def short(
    wave: Wave, offer: Offer, pieces: int, *, by: User, point: PickupPoint | None = None, **more: Any
) -> Shortage:
    return shortage_record(
        wave_id=wave.pk,
        sku_id=offer.sku_id,
        pieces=pieces,
        actor_id=by.pk,
        uuid=uuid.uuid4(),
        point_id=point.pk if point else None,
        **more,
    )


def weigh(
    wave: Wave, offer: Offer, real: int, *, by: User, point: PickupPoint, line: OrderLine | None = None
) -> WeightEntry:
    return weight_record(
        wave_id=wave.pk,
        sku_id=offer.sku_id,
        point_id=point.pk,
        real_base=real,
        actor_id=by.pk,
        uuid=uuid.uuid4(),
        line_id=line.pk if line else None,
    )


def lines(offer: Offer) -> list[tuple[int, int, int]]:
    """Pieces ordered, pieces short, money given back of the offer's lines, first paid first."""
    found = OrderLine.objects.filter(offer=offer).order_by("order__paid_at", "pk")
    return list(found.values_list("quantity", "short", "refunded_fen"))


def papers(wave: Wave, offer: Offer) -> tuple[int, int]:
    """Pieces of the SKU on the pick list and on the sort list of the current version."""
    wave.refresh_from_db()
    of = {"wave": wave, "paper_version": wave.paper_version, "sku": offer.sku_id}
    picked = sum(PickLine.objects.filter(**of).values_list("quantity", flat=True))
    return picked, sum(SortLine.objects.filter(**of).values_list("quantity", flat=True))


def collect_all(by: User) -> None:
    """Hand everything that has arrived to whom it belongs."""
    for pickup in Pickup.objects.filter(done_at=None):
        pieces = {line.public_id: line.due for line in lines_of(pickup) if line.due}
        pickup_confirm(pickup=pickup, actor=by, event=uuid.uuid4(), pieces=pieces)
