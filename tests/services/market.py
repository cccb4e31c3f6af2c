"""A wave wide enough for every paper: two routes of two points, five SKUs in three zones, one of them weighed."""

from dataclasses import dataclass

from groupbuy.domain.words import BaseUnit, PointKind, Zone
from groupbuy.kernel import clock
from groupbuy.models import Campaign, Group, Offer, PickupPoint, Sku, User
from groupbuy.services.campaigns import OfferWanted
from tests.world import World, lead, open_campaign, person, point, sku, world


@dataclass(frozen=True)
class Market:
    """
    ``points`` by code: HZ0001 and HZ0002 on route 一号线, HZ0003 and HZ0004 on 二号线; ``groups`` at them.

    ``offers`` by SKU, fen each: TOMATO 399 and RICE 2000 (ambient), EGGS 1590 and PORK 1000 (chilled, of about 500 g,
    settled by weight), DUMPLINGS 2990 (frozen). No limits. ``shoppers``: three.
    """

    w: World
    campaign: Campaign
    points: dict[str, PickupPoint]
    groups: dict[str, Group]
    offers: dict[str, Offer]
    shoppers: tuple[User, User, User]


def market() -> Market:
    w = world()
    points = {
        "HZ0001": w.near,
        "HZ0002": w.far,
        "HZ0003": _point(w, 3, "三墩家园"),
        "HZ0004": _point(w, 4, "良渚文化村"),
    }
    pork = sku(code="PORK", name="五花肉", spec="约 500 g", unit="份", zone=Zone.CHILLED, list_fen=1200)
    Sku.objects.filter(pk=pork.pk).update(weighed=True, base_unit=BaseUnit.GRAM, base_per_sale=500)
    rice = sku(code="RICE", name="五常大米", spec="5 kg", unit="袋", zone=Zone.AMBIENT, list_fen=2500, case_size=4)
    Sku.objects.filter(pk=rice.pk).update(weight_g=5000)
    prices = {w.tomato.sku: 399, w.eggs.sku: 1590, w.dumplings.sku: 2990, pork: 1000, rice: 2000}
    campaign = open_campaign(
        warehouse=w.warehouse,
        points=list(points.values()),
        offers=[OfferWanted(sku=each, price_fen=fen) for each, fen in prices.items()],
        title="周日大团",
    )
    return Market(
        w=w,
        campaign=campaign,
        points=points,
        groups={group.point.code: group for group in campaign.groups.select_related("point")},
        offers={offer.sku.code: offer for offer in campaign.offers.select_related("sku")},
        shoppers=(w.shopper, w.neighbour, person(name="欧阳玥", phone="13800000003")),
    )


def _point(w: World, number: int, name: str) -> PickupPoint:
    """One more point with a leader, on the second route."""
    made = point(warehouse=w.warehouse, code=f"HZ{number:04d}", name=name, kind=PointKind.SHOP, position=number)
    made.route_name, made.route_position = "二号线", number - 2
    made.save()
    lead(point=made, user=person(name=f"{name}团长", phone=f"138000001{number}0"), now=clock.now())
    return made
