"""Building a wave costs statements by what a wave is, not by how many points it has."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fulfillment.models import SortLine, Wave
from fulfillment.services.paper_issues import papers_reissue
from fulfillment.services.waves import wave_build
from groupbuy.domain.words import PointKind
from groupbuy.models import PickupPoint
from groupbuy.services.campaigns import OfferWanted
from tests.books import assert_books
from tests.world import World, close_and_freeze, lead, open_campaign, person, place_and_pay, point, world

pytestmark = pytest.mark.django_db


def led_point(w: World, number: int) -> PickupPoint:
    made = point(
        warehouse=w.warehouse, code=f"P{number:03d}", name=f"点 {number}", kind=PointKind.SHOP, position=number
    )
    made.route_name = f"{number % 7} 号线"
    made.save()
    lead(point=made, user=person(name=f"团长{number}", phone=f"138{number:08d}"), now=w.campaign.opens_at)
    return made


def statements(w: World, points: list[PickupPoint]) -> tuple[int, int]:
    """Return how many a first issue takes with an order at each of these points, and how many the second."""
    campaign = open_campaign(warehouse=w.warehouse, points=points, offers=[OfferWanted(sku=w.eggs.sku)])
    for group in campaign.groups.all():
        place_and_pay(shopper=w.shopper, group=group, quantities={campaign.offers.get(): 1})
    close_and_freeze(campaign=campaign)
    with CaptureQueriesContext(connection) as first:
        wave_build(warehouse_id=w.warehouse.pk, delivery_date=campaign.delivery_date)
    wave = Wave.objects.latest("pk")
    with CaptureQueriesContext(connection) as second:
        papers_reissue(wave_id=wave.pk, reason="再来一次")
    assert SortLine.objects.filter(wave=wave).count() == 2 * len(points)
    return len(first), len(second)


def test_a_wave_takes_the_same_number_of_statements_for_3_points_and_60() -> None:
    w = world()
    points = [led_point(w, number) for number in range(100, 163)]

    few = statements(w, points[:3])
    many = statements(w, points[3:])

    assert few == many
    assert_books()
