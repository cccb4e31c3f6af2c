"""Taking pieces away from an order before the cutoff."""

from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from groupbuy.api.once import once
from groupbuy.api.order_shapes import OrderSerializer
from groupbuy.kernel.doors import Door
from groupbuy.kernel.drf import StrictSerializer
from groupbuy.models import Order, User
from groupbuy.selectors import orders
from groupbuy.services.idempotency import Answer
from groupbuy.services.order_amend import order_amend
from groupbuy.services.order_terms import MAX_LINES, MAX_QUANTITY


class LineKeptSerializer(StrictSerializer):
    line = serializers.UUIDField()
    quantity = serializers.IntegerField(min_value=0, max_value=MAX_QUANTITY, help_text="Sale units that stay.")


class OrderAmendSerializer(StrictSerializer):
    lines: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=LineKeptSerializer(), allow_empty=False, max_length=MAX_LINES
    )


class OrderAmendDoor(Door):
    keyed = ("POST",)
    queryset = Order.objects.none()

    def gate(self) -> QuerySet[Order]:
        return orders.own(cast("User", self.request.user))

    @extend_schema(operation_id="order_amend", request=OrderAmendSerializer, responses=OrderSerializer)
    def post(self, request: Request, public_id: str) -> Response:
        """Keep fewer pieces of a paid order. Lines that are not named stay; nothing kept at all cancels the order."""
        order: Order = self.get_object()
        form = OrderAmendSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        keep = {line["line"]: line["quantity"] for line in form.validated_data["lines"]}

        def work() -> Answer:
            order_amend(order=order, keep=keep, actor=cast("User", request.user))
            return Answer(200, OrderSerializer(self.gate().get(pk=order.pk)).data)

        return once(request, work)
