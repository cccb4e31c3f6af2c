"""Ordering again with changes: the unpaid order ends, its lines come back for the cart."""

from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from groupbuy.api.once import once
from groupbuy.kernel.doors import Door
from groupbuy.models import Order, OrderLine, User
from groupbuy.selectors import orders
from groupbuy.services.idempotency import Answer
from groupbuy.services.reorder import order_reorder


class CartLineSerializer(serializers.ModelSerializer[OrderLine]):
    offer = serializers.UUIDField(source="offer.public_id")

    class Meta:
        model = OrderLine
        fields = ("offer", "quantity")


class CartSerializer(serializers.ModelSerializer[Order]):
    """As ``order_place`` and ``order_quote`` take it."""

    group = serializers.UUIDField(source="group.public_id")
    lines: Any = CartLineSerializer(many=True)

    class Meta:
        model = Order
        fields = ("group", "lines")


class OrderReorderDoor(Door):
    keyed = ("POST",)
    queryset = Order.objects.none()

    def gate(self) -> QuerySet[Order]:
        """Only for the shopper, as on the page: who pays for a neighbour would make it an order of his own."""
        user = cast("User", self.request.user)
        return orders.own(user).filter(shopper=user)

    @extend_schema(operation_id="order_reorder", request=None, responses=CartSerializer)
    def post(self, request: Request, public_id: str) -> Response:
        """Cancel an order that is not paid and answer its lines; one that was cancelled before only answers them."""
        order: Order = self.get_object()

        def work() -> Answer:
            order_reorder(order=order, actor=cast("User", request.user))
            return Answer(200, CartSerializer(order).data)

        return once(request, work)
