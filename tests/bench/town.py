"""The town in which speed is measured: 200 offers, 50 groups, 400 shoppers with tokens, one open campaign."""

import datetime as dt
import json
import uuid
from dataclasses import dataclass
from random import Random

from django.db import transaction
from knox.models import AuthToken

from groupbuy.domain.words import BaseUnit, PointKind, PointRole, Zone
from groupbuy.kernel import clock
from groupbuy.models import (
    Campaign,
    Category,
    Community,
    Group,
    Offer,
    PickupPoint,
    PointStaff,
    Sku,
    Supplier,
    User,
    Warehouse,
)
from groupbuy.services.campaigns import OfferWanted, campaign_create, campaign_open, groups_add, offers_add

OFFERS, POINTS, SHOPPERS, LINES = 200, 50, 400, 3
PRICE_FEN = 399


@dataclass(frozen=True)
class Town:
    """``tokens``: of the shoppers. ``offers`` by id; one in four is limited per shopper, far beyond what he buys."""

    campaign: Campaign
    groups: list[Group]
    offers: list[Offer]
    tokens: list[str]
    shopper_ids: list[int]


@transaction.atomic
def build() -> Town:
    warehouse = Warehouse.objects.create(code="WH1", name="余杭中心仓", city="杭州市", address="良睦路 1 号")
    points = [_point(warehouse, number) for number in range(POINTS)]
    campaign = open_campaign(warehouse=warehouse, points=points, skus=_skus())
    shoppers = [_shopper(number) for number in range(SHOPPERS)]
    return Town(
        campaign=campaign,
        groups=list(campaign.groups.order_by("id")),
        offers=list(campaign.offers.order_by("id")),
        tokens=[token for _, token in shoppers],
        shopper_ids=[shopper_id for shopper_id, _ in shoppers],
    )


def open_campaign(
    *, warehouse: Warehouse, points: list[PickupPoint], skus: list[Sku], delivery_date: dt.date | None = None
) -> Campaign:
    """Open a campaign for the day after tomorrow, unless another is given."""
    now = clock.now()
    campaign = campaign_create(
        title="周末鲜食团",
        warehouse=warehouse,
        opens_at=now - dt.timedelta(hours=1),
        cutoff_at=now + dt.timedelta(hours=20),
        delivery_date=delivery_date or clock.local_date(now) + dt.timedelta(days=2),
        actor=None,
        grace_s=0,
    )
    wanted = [
        OfferWanted(sku=sku, price_fen=PRICE_FEN, stock=None if number % 2 else 10**9, per_shopper=_limit(number))
        for number, sku in enumerate(skus)
    ]
    offers_add(campaign=campaign, offers=wanted)
    groups_add(campaign=campaign, point_ids=[point.pk for point in points])
    campaign_open(campaign_id=campaign.pk)
    return Campaign.objects.get(pk=campaign.pk)


def _limit(number: int) -> int | None:
    return 1_000_000 if number % 4 == 0 else None


def _skus() -> list[Sku]:
    category = Category.objects.create(code="food", name="食品", after_sales_hours=24)
    supplier = Supplier.objects.create(code="S1", name="杭州农场")
    return Sku.objects.bulk_create(
        Sku(
            code=f"SKU{number:04d}",
            name=f"商品 {number}",
            spec="500 g",
            category=category,
            supplier=supplier,
            sale_unit="份",
            base_unit=BaseUnit.PIECE,
            case_size=6,
            zone=Zone.AMBIENT,
            bin=f"A{number:03d}",
            weight_g=500,
            cost_fen=200,
            list_price_fen=599,
        )
        for number in range(OFFERS)
    )


def _point(warehouse: Warehouse, number: int) -> PickupPoint:
    leader = User.objects.create_user(f"leader{number}", phone=f"138{number:08d}", display_name=f"团长{number}")
    place = {"province": "浙江省", "city": "杭州市", "district": "西湖区", "street": "翠苑街道"}
    community = Community.objects.create(code=f"3301060{number:05d}", name=f"第 {number} 社区", **place)
    point = PickupPoint.objects.create(
        code=f"HZ{number:04d}",
        name=f"第 {number} 点",
        kind=PointKind.SHOP,
        community=community,
        warehouse=warehouse,
        address="文一路",
        lng="120.100000",
        lat="30.280000",
        opening_hours="08:00-21:00",
        route_name="一号线",
        route_position=number,
    )
    PointStaff.objects.create(point=point, user=leader, role=PointRole.LEADER)
    return point


def _shopper(number: int) -> tuple[int, str]:
    """Return the account's id and a token."""
    shopper = User.objects.create_user(f"shopper{number}", phone=f"139{number:08d}", display_name=f"顾客{number}")
    return shopper.pk, str(AuthToken.objects.create(user=shopper)[1])


def baskets(town: Town, *, number: int, seed: int, hot: Offer | None = None) -> list[list[Offer]]:
    """Draw ``number`` baskets of LINES different offers; ``hot`` is in every one of them, else in none."""
    random = Random(seed)  # noqa: S311 -- a load, no secret
    others = [offer for offer in town.offers if hot is None or offer.pk != hot.pk]
    fixed = [] if hot is None else [hot]
    return [fixed + random.sample(others, LINES - len(fixed)) for _ in range(number)]


def order_request(town: Town, number: int, basket: list[Offer]) -> str:
    """Write the HTTP request of one order, with a key of its own."""
    body = {
        "group": str(town.groups[number % len(town.groups)].public_id),
        "lines": [{"offer": str(offer.public_id), "quantity": 1} for offer in basket],
        "expected_fen": PRICE_FEN * len(basket),
        "receiver": {"room": "3-2-501"},
        "remark": "",
    }
    token = town.tokens[number % len(town.tokens)]
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid.uuid4().hex}
    return post("/api/v1/orders/", json.dumps(body), headers)


def post(path: str, body: str, headers: dict[str, str]) -> str:
    """Write a POST of JSON; ``body`` must be ASCII."""
    lines = [f"{name}: {value}" for name, value in headers.items()]
    fixed = ["Host: 127.0.0.1", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([f"POST {path} HTTP/1.1", *fixed, *lines, "", body])
