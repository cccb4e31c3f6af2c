"""An order as whoever got its pay link may see it, and paying it: what ``/pay/<token>/`` is for the mini-program."""

from typing import cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from groupbuy.api.order_shapes import PayAnswerSerializer, PayWantedSerializer
from groupbuy.api.orders import pay_answer
from groupbuy.kernel import clock, privacy
from groupbuy.kernel.doors import Door
from groupbuy.models import Order, OrderLine, User
from groupbuy.selectors.pay_links import order_behind, require_payable


class LinkedLineSerializer(serializers.ModelSerializer[OrderLine]):
    unit = serializers.CharField(source="sale_unit")

    class Meta:
        model = OrderLine
        fields = ("name", "spec", "unit", "quantity", "price_fen", "net_fen")


class LinkedOrderSerializer(serializers.ModelSerializer[Order]):
    """No more of the receiver than a part of name and phone."""

    title = serializers.CharField(source="campaign.title")
    point = serializers.CharField(source="point.name")
    receiver_name = serializers.SerializerMethodField(help_text="Masked.")
    receiver_phone = serializers.CharField(source="masked_phone", help_text="Masked.")
    lines = LinkedLineSerializer(many=True)

    class Meta:
        model = Order
        fields = ("title", "point", "receiver_name", "receiver_phone", "total_fen", "pay_by", "lines")

    def get_receiver_name(self, order: Order) -> str:
        return privacy.mask_name(order.receiver_name)


class PayLinkDoor(Door):
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="pay_link", responses=LinkedOrderSerializer)
    def get(self, request: Request, token: str) -> Response:
        """Show what is to be paid, as long as it can be paid."""
        order = order_behind(token)
        require_payable(order, clock.now())
        return Response(LinkedOrderSerializer(order).data)


class PayLinkPayDoor(Door):
    keyed = ("POST",)

    @extend_schema(operation_id="pay_link_pay", request=PayWantedSerializer, responses=PayAnswerSerializer)
    def post(self, request: Request, token: str) -> Response:
        """Start paying, as with an order of one's own; refunds go to who paid."""
        return pay_answer(request, order_behind(token), cast("User", request.user))
