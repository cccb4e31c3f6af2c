"""What an order would cost; the answer of placing it, without any effect."""

from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from groupbuy.api.discount_shapes import (
    CouponChoiceField,
    HintSerializer,
    QuotedDiscountSerializer,
    UnusedCouponSerializer,
)
from groupbuy.api.order_shapes import LineWantedSerializer
from groupbuy.kernel.doors import Door
from groupbuy.kernel.drf import StrictSerializer
from groupbuy.models import User
from groupbuy.services.order_quote import Quote, QuotedLine, order_quote
from groupbuy.services.order_terms import MAX_LINES, LineWanted


class QuoteWantedSerializer(StrictSerializer):
    group = serializers.UUIDField()
    lines: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=LineWantedSerializer(), allow_empty=False, max_length=MAX_LINES
    )
    expected_fen = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=2**53, help_text="The total the shopper saw."
    )
    coupon = CouponChoiceField(default=None)


class QuotedLineSerializer(serializers.Serializer[QuotedLine]):
    offer = serializers.UUIDField()
    name = serializers.CharField()
    spec = serializers.CharField()
    unit = serializers.CharField()
    quantity = serializers.IntegerField()
    price_fen = serializers.IntegerField()
    amount_fen = serializers.IntegerField()
    discount_fen = serializers.IntegerField()
    net_fen = serializers.IntegerField()
    minimum = serializers.IntegerField()
    step = serializers.IntegerField()
    most = serializers.IntegerField(allow_null=True, help_text="Sale units that one shopper may hold; null: no limit.")
    left = serializers.IntegerField(allow_null=True, help_text="Sale units left of the offer; null: no limit.")
    community_left = serializers.IntegerField(
        allow_null=True, help_text="Sale units left for the community of the pickup point; null: no limit."
    )


class QuoteSerializer(serializers.Serializer[Quote]):
    items_fen = serializers.IntegerField()
    discount_fen = serializers.IntegerField()
    total_fen = serializers.IntegerField()
    lines = QuotedLineSerializer(many=True)
    discounts = QuotedDiscountSerializer(many=True)
    hints = HintSerializer(many=True)
    unused = UnusedCouponSerializer(many=True)


class OrderQuoteDoor(Door):
    @extend_schema(operation_id="order_quote", request=QuoteWantedSerializer, responses=QuoteSerializer)
    def post(self, request: Request) -> Response:
        """Price an order as placing it would, and refuse it where placing would. Takes no key: nothing happens."""
        form = QuoteWantedSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        wanted = form.validated_data
        quote = order_quote(
            shopper=cast("User", request.user),
            group_id=wanted["group"],
            lines=[LineWanted(offer_id=line["offer"], quantity=line["quantity"]) for line in wanted["lines"]],
            expected_fen=wanted.get("expected_fen"),
            coupon=wanted["coupon"],
        )
        return Response(QuoteSerializer(quote).data)
