"""Deliveries as leader and warehouse see them."""

from dataclasses import dataclass
from typing import Final

from django.db.models import Q, QuerySet

from fulfillment.domain.states import StopState, WaveState
from fulfillment.models import SortLine, Stop
from groupbuy.models import User
from groupbuy.selectors.posts import point_ids, warehouse_ids

WAITING: Final = """
    SELECT DISTINCT o.shopper_id
    FROM fulfillment_wavecampaign member
    JOIN groupbuy_order o ON o.campaign_id = member.campaign_id AND o.point_id = stop.point_id
    JOIN groupbuy_orderline line ON line.order_id = o.id
    WHERE member.wave_id = stop.wave_id AND member.active AND o.state = 'accepted'
      AND line.quantity > line.short + line.refunded + line.collected
"""
"""SQL for the shoppers whose goods a row ``stop`` brings: not those of another wave of the same day."""


def visible_to(user: User) -> QuerySet[Stop]:
    """Stops at the points where the person works, and of the warehouses where he works."""
    return _shown().filter(Q(point__in=point_ids(user)) | Q(warehouse__in=warehouse_ids(user)))


def served_by(user: User) -> QuerySet[Stop]:
    """Stops at the points where the person works."""
    return _shown().filter(point__in=point_ids(user))


def _shown() -> QuerySet[Stop]:
    stops = Stop.objects.exclude(wave__state=WaveState.VOIDED)
    return stops.select_related("wave", "point", "route", "warehouse")


def to_sign(user: User) -> QuerySet[Stop]:
    """Deliveries that are on the way to, or waiting at, the points where the person works."""
    coming = served_by(user).filter(state__in=[StopState.ON_THE_WAY, StopState.ARRIVED])
    return coming.order_by("expected_at", "pk")


@dataclass(frozen=True)
class ExpectedLine:
    """One SKU of a delivery; ``quantity`` in sale units."""

    sku_id: int
    code: str
    name: str
    spec: str
    sale_unit: str
    quantity: int


def expected_lines(stop: Stop) -> list[ExpectedLine]:
    """Return what the delivery note of the current version says will arrive, by zone and bin."""
    lines = (
        SortLine.objects.filter(wave=stop.wave_id, paper_version=stop.wave.paper_version, point=stop.point_id)
        .select_related("sku")
        .order_by("sku__zone", "sku__bin", "sku__code")
    )
    return [
        ExpectedLine(
            sku_id=line.sku_id,
            code=line.sku.code,
            name=line.sku.name,
            spec=line.sku.spec,
            sale_unit=line.sku.sale_unit,
            quantity=line.quantity,
        )
        for line in lines
    ]
