"""Reads of the back office: totals of waves, and whose warehouses a person sees."""

from typing import Any, TypeVar

from django.db.models import Count, F, Model, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from fulfillment.domain.states import WaveState
from fulfillment.models import PickLine, PurchaseLine, PurchaseOrder, Stop, Wave, WaveCampaign
from groupbuy.models import User
from groupbuy.selectors.backoffice import warehouse_ids

ModelT = TypeVar("ModelT", bound=Model)


def of_own_warehouses(rows: QuerySet[ModelT], user: User, *, path: str = "warehouse") -> QuerySet[ModelT]:
    """Keep what belongs to the warehouses in which ``user`` works; who runs them all sees all."""
    ids = warehouse_ids(user)
    return rows if ids is None else rows.filter(**{f"{path}__in": ids})


def with_totals(waves: QuerySet[Wave]) -> QuerySet[Wave]:
    """Add ``campaign_count``, ``point_count``, ``sku_count`` and ``piece_count`` (sale units) of the papers' version."""
    current = PickLine.objects.filter(wave=OuterRef("pk"), paper_version=OuterRef("paper_version"))
    picked = current.order_by().values("wave")
    campaigns = WaveCampaign.objects.filter(wave=OuterRef("pk")).order_by().values("wave")
    stops = Stop.objects.filter(wave=OuterRef("pk")).order_by().values("wave")
    return waves.annotate(
        campaign_count=_number(campaigns.annotate(n=Count("pk"))),
        point_count=_number(stops.annotate(n=Count("pk"))),
        sku_count=_number(picked.annotate(n=Count("pk"))),
        piece_count=_number(picked.annotate(n=Sum(F("quantity")))),
    )


def with_amounts(orders: QuerySet[PurchaseOrder]) -> QuerySet[PurchaseOrder]:
    """Add ``sku_count`` and ``amount_fen``."""
    lines = PurchaseLine.objects.filter(order=OuterRef("pk")).order_by().values("order")
    return orders.annotate(
        sku_count=_number(lines.annotate(n=Count("pk"))), amount_fen=_number(lines.annotate(n=Sum("amount_fen")))
    )


def _number(query: QuerySet[Any, Any]) -> Coalesce:
    return Coalesce(Subquery(query.values("n")), 0)


def wave_to_void(campaign_id: int) -> Wave | None:
    """Return the wave that holds a campaign's demand, if it has not left yet."""
    return Wave.objects.filter(state=WaveState.BUILT, campaigns__campaign=campaign_id, campaigns__active=True).first()


def to_dispatch(user: User) -> int:
    """Return how many waves of ``user``'s warehouses wait to be sent off."""
    return of_own_warehouses(Wave.objects.filter(state=WaveState.BUILT), user).count()
