"""A shopper's orders: place, look, cancel, pay."""

from typing import Any, cast
from urllib.parse import quote

from django.conf import settings
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from groupbuy.api.once import once
from groupbuy.api.order_shapes import (
    OrderSerializer,
    OrderStorySerializer,
    OrderWantedSerializer,
    PayAnswerSerializer,
    PaymentSerializer,
    PayWantedSerializer,
)
from groupbuy.api.words import ORDER_STATES
from groupbuy.kernel.doors import Door
from groupbuy.kernel.filters import InstantFilter
from groupbuy.models import Order, User
from groupbuy.selectors import orders
from groupbuy.services.idempotency import Answer
from groupbuy.services.order_terms import LineWanted
from groupbuy.services.orders import Receiver, order_cancel, order_place
from groupbuy.services.payments import payment_start

# Making a serializer anew takes longer than using it; neither checking nor representing keeps anything in it.
_WANTED = OrderWantedSerializer()
_PLACED = OrderSerializer()


class OrderFilter(filters.FilterSet):
    state = filters.MultipleChoiceFilter(choices=ORDER_STATES)
    campaign = filters.UUIDFilter(field_name="campaign__public_id")
    placed_from = InstantFilter(field_name="placed_at", lookup_expr="gte")
    placed_to = InstantFilter(field_name="placed_at", lookup_expr="lt")
    delivery_date = filters.DateFilter(field_name="campaign__delivery_date")


class OrdersDoor(Door):
    keyed = ("POST",)
    queryset = Order.objects.none()
    serializer_class = OrderSerializer
    filterset_class = OrderFilter

    def gate(self) -> QuerySet[Order]:
        return orders.own(cast("User", self.request.user))

    @extend_schema(operation_id="orders", responses=OrderSerializer(many=True))
    def get(self, request: Request) -> Response:
        return self.page(request)

    @extend_schema(operation_id="order_place", request=OrderWantedSerializer, responses={201: OrderSerializer})
    def post(self, request: Request) -> Response:
        wanted = _WANTED.run_validation(request.data)

        def work() -> Answer:
            order = order_place(
                shopper=cast("User", request.user),
                group_id=wanted["group"],
                lines=[LineWanted(offer_id=line["offer"], quantity=line["quantity"]) for line in wanted["lines"]],
                expected_fen=wanted.get("expected_fen"),
                receiver=Receiver(**wanted.get("receiver", {})),
                remark=wanted["remark"],
                coupon=wanted["coupon"],
            )
            return Answer(201, _PLACED.to_representation(order))

        return once(request, work)


class OrderDoor(Door):
    """Also for the leader of its pickup point and for staff with the right."""

    queryset = Order.objects.none()

    def gate(self) -> QuerySet[Order]:
        return orders.visible_to(cast("User", self.request.user))

    @extend_schema(operation_id="order", responses=OrderStorySerializer)
    def get(self, request: Request, public_id: str) -> Response:
        return Response(OrderStorySerializer(cast("Any", orders.story(self.get_object()))).data)


class OrderCancelDoor(Door):
    keyed = ("POST",)
    queryset = Order.objects.none()

    def gate(self) -> QuerySet[Order]:
        return orders.own(cast("User", self.request.user))

    @extend_schema(operation_id="order_cancel", request=None, responses=OrderSerializer)
    def post(self, request: Request, public_id: str) -> Response:
        order: Order = self.get_object()

        def work() -> Answer:
            order_cancel(order=order, actor=cast("User", request.user))
            return Answer(200, OrderSerializer(self.gate().get(pk=order.pk)).data)

        return once(request, work)


class OrderPayDoor(Door):
    keyed = ("POST",)
    queryset = Order.objects.none()

    def gate(self) -> QuerySet[Order]:
        return orders.own(cast("User", self.request.user))

    @extend_schema(operation_id="order_pay", request=PayWantedSerializer, responses=PayAnswerSerializer)
    def post(self, request: Request, public_id: str) -> Response:
        """Start paying, or pay by credit. Asking again gives the same payment: one is pending per order."""
        return pay_answer(request, self.get_object(), cast("User", request.user))


def pay_answer(request: Request, order: Order, payer: User) -> Response:
    """Start the payment that the request asks for, and tell the payer's client what it needs."""
    form = PayWantedSerializer(data=request.data)
    form.is_valid(raise_exception=True)
    # The key tells a retry from a reuse and is committed first: no transaction may wait for the provider.
    once(request, lambda: Answer(status.HTTP_200_OK, None))
    payer_ref = form.validated_data.get("openid") or payer.public_id.hex
    provider = form.validated_data["provider"]
    payment, prepay = payment_start(order=order, payer=payer, payer_ref=payer_ref, provider=provider)
    answer = {
        "payment": PaymentSerializer(payment).data,
        "prepay_id": prepay.prepay_id,
        "client_params": prepay.client_params,
        "cashier_url": _cashier_url(prepay.prepay_id),
    }
    return Response(answer)


def _cashier_url(prepay_id: str) -> str | None:
    """Return the page on which a developer plays the payer; None where real money moves, or none is left to pay."""
    base = getattr(settings, "DEV_CASHIER_URL", "")
    return f"{base.rstrip('/')}/{quote(prepay_id, safe='')}" if settings.DEV_PROVIDERS and base and prepay_id else None
