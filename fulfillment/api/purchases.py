"""Counting purchase orders: what is expected, what came, undoing, closing. Costs are on their paper only."""

from collections.abc import Callable
from typing import Any, cast

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from fulfillment.api.once import once
from fulfillment.api.permissions import CountsGoods, SeesWaves
from fulfillment.api.purchase_shapes import (
    CountSerializer,
    EditionSerializer,
    PurchaseDetailSerializer,
    PurchaseSerializer,
)
from fulfillment.api.words import PURCHASE_STATES
from fulfillment.models import PurchaseOrder, Receipt
from fulfillment.selectors import purchases
from fulfillment.services.receipts import Arrived, CountWrong, receipt_close, receipt_record, receipt_undo
from groupbuy.kernel.doors import Door
from groupbuy.models import User
from groupbuy.services.idempotency import Answer


class PurchaseFilter(filters.FilterSet):
    state = filters.MultipleChoiceFilter(choices=PURCHASE_STATES)
    warehouse = filters.CharFilter(field_name="warehouse__code")
    wave = filters.UUIDFilter(field_name="wave__public_id")
    supplier = filters.CharFilter(field_name="supplier_code")
    delivery_date = filters.DateFilter(field_name="wave__delivery_date")


class _Gate(Door):
    permission_classes: tuple[type[SeesWaves], ...] = (SeesWaves,)
    queryset = PurchaseOrder.objects.none()

    def gate(self) -> QuerySet[PurchaseOrder]:
        return purchases.with_counts(purchases.visible_to(cast("User", self.request.user)))


class PurchasesDoor(_Gate):
    serializer_class = PurchaseSerializer
    filterset_class = PurchaseFilter

    @extend_schema(operation_id="warehouse_purchases", responses=PurchaseSerializer(many=True))
    def get(self, request: Request) -> Response:
        return self.page(request)


class PurchaseDoor(_Gate):
    @extend_schema(operation_id="warehouse_purchase", responses=PurchaseDetailSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        return Response(_shown(self.get_object()))


class _WritingDoor(_Gate):
    permission_classes = (CountsGoods,)
    http_method_names = ["post", "options"]
    keyed = ("POST",)

    def done(self, request: Request, order: PurchaseOrder, work: Callable[[], Any], *, status: int = 200) -> Response:
        def whole() -> Answer:
            work()
            return Answer(status, _shown(self.gate().get(pk=order.pk)))

        return once(request, whole)


class CountDoor(_WritingDoor):
    @extend_schema(
        operation_id="warehouse_purchase_count", request=CountSerializer, responses={201: PurchaseDetailSerializer}
    )
    def post(self, request: Request, public_id: str) -> Response:
        order: PurchaseOrder = self.get_object()
        form = CountSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        wanted = form.validated_data
        arrived = {row["line"]: Arrived(row["counted"], row["damaged"]) for row in wanted["lines"]}
        if len(arrived) < len(wanted["lines"]):
            raise CountWrong(attr="lines")

        def work() -> None:
            receipt_record(
                order_id=order.pk,
                arrived=arrived,
                edition=wanted["edition"],
                actor_id=cast("User", request.user).pk,
                uuid=wanted["uuid"],
                note=wanted["note"],
            )

        return self.done(request, order, work, status=201)


class UndoDoor(_WritingDoor):
    @extend_schema(
        operation_id="warehouse_purchase_undo", request=EditionSerializer, responses=PurchaseDetailSerializer
    )
    def post(self, request: Request, public_id: str, uuid: str) -> Response:
        order: PurchaseOrder = self.get_object()
        receipt = get_object_or_404(Receipt, order=order, uuid=uuid)
        edition = _edition(request)
        return self.done(
            request,
            order,
            lambda: receipt_undo(receipt_id=receipt.pk, edition=edition, actor_id=cast("User", request.user).pk),
        )


class CloseDoor(_WritingDoor):
    @extend_schema(
        operation_id="warehouse_purchase_close", request=EditionSerializer, responses=PurchaseDetailSerializer
    )
    def post(self, request: Request, public_id: str) -> Response:
        """Nothing more will come; what is ``short`` becomes shortages of the wave."""
        order: PurchaseOrder = self.get_object()
        edition = _edition(request)
        return self.done(
            request,
            order,
            lambda: receipt_close(order_id=order.pk, edition=edition, actor_id=cast("User", request.user).pk),
        )


def _edition(request: Request) -> int:
    form = EditionSerializer(data=request.data)
    form.is_valid(raise_exception=True)
    return int(form.validated_data["edition"])


def _shown(order: PurchaseOrder) -> Any:
    context = {
        "lines": purchases.counts_of(order),
        "receipts": purchases.receipts_of(order),
        "short": purchases.short_of(order),
    }
    return PurchaseDetailSerializer(order, context=context).data
