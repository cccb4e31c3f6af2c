"""What goes in and out of the orders' doors. Phones come out masked."""

from typing import Any

from rest_framework import serializers

from groupbuy.api.discount_shapes import CouponChoiceField, DiscountSerializer
from groupbuy.api.fields import PhoneField
from groupbuy.kernel.drf import PlainModelSerializer, StrictSerializer
from groupbuy.models import Order, OrderLine, Payment, Refund, RefundLine, StateChange
from groupbuy.providers.credit import CREDIT
from groupbuy.services.order_terms import MAX_LINES, MAX_QUANTITY
from groupbuy.services.payments import DEFAULT_PROVIDER


class LineWantedSerializer(StrictSerializer):
    offer = serializers.UUIDField()
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY, help_text="Sale units.")


class ReceiverSerializer(StrictSerializer):
    """Empty fields are filled from the account."""

    name = serializers.CharField(max_length=64, default="", allow_blank=True)
    phone = PhoneField(default="")
    room = serializers.CharField(max_length=64, default="", allow_blank=True)


class OrderWantedSerializer(StrictSerializer):
    group = serializers.UUIDField()
    lines: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=LineWantedSerializer(), allow_empty=False, max_length=MAX_LINES
    )
    expected_fen = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=2**53, help_text="The total the shopper saw."
    )
    coupon = CouponChoiceField(default=None)
    receiver = ReceiverSerializer(required=False)
    remark = serializers.CharField(max_length=200, default="", allow_blank=True)


class PayWantedSerializer(StrictSerializer):
    provider = serializers.ChoiceField(
        choices=[(DEFAULT_PROVIDER, "微信支付"), (CREDIT, "余额支付")],
        default=DEFAULT_PROVIDER,
        help_text="`credit`: paid at once out of the person's store credit; nothing is left for the client to do.",
    )
    openid = serializers.CharField(
        max_length=128, required=False, help_text="The payer at WeChat; the development provider takes anything."
    )


class OrderLineSerializer(PlainModelSerializer[OrderLine]):
    """Pieces count sale units; ``refunded_fen`` is for the ``short + refunded`` pieces."""

    id = serializers.UUIDField(source="public_id")
    offer = serializers.UUIDField(source="offer.public_id")
    unit = serializers.CharField(source="sale_unit")

    class Meta:
        model = OrderLine
        fields = (
            "id",
            "offer",
            "name",
            "spec",
            "unit",
            "zone",
            "quantity",
            "price_fen",
            "amount_fen",
            "discount_fen",
            "net_fen",
            "short",
            "refunded",
            "refunded_fen",
            "collected",
        )


class OrderSerializer(PlainModelSerializer[Order]):
    id = serializers.UUIDField(source="public_id")
    group = serializers.UUIDField(source="group.public_id")
    campaign = serializers.UUIDField(source="campaign.public_id")
    title = serializers.CharField(source="campaign.title")
    cutoff_at = serializers.DateTimeField(source="campaign.cutoff_at")
    delivery_date = serializers.DateField(source="campaign.delivery_date")
    point = serializers.CharField(source="point.name")
    leader = serializers.CharField(source="leader.display_name")
    receiver_phone = serializers.CharField(source="masked_phone", help_text="Masked.")
    lines = OrderLineSerializer(many=True)

    class Meta:
        model = Order
        fields: tuple[str, ...] = (
            "id",
            "number",
            "state",
            "group",
            "campaign",
            "title",
            "cutoff_at",
            "delivery_date",
            "point",
            "leader",
            "receiver_name",
            "receiver_phone",
            "room",
            "remark",
            "items_fen",
            "discount_fen",
            "total_fen",
            "placed_at",
            "pay_by",
            "paid_at",
            "lines",
        )


class PaymentSerializer(serializers.ModelSerializer[Payment]):
    """``counts``: this payment pays the order; another one that succeeds is refunded."""

    id = serializers.UUIDField(source="public_id")

    class Meta:
        model = Payment
        fields = ("id", "provider", "amount_fen", "state", "counts", "created_at", "paid_at")


class RefundLineSerializer(serializers.ModelSerializer[RefundLine]):
    line = serializers.UUIDField(source="line.public_id")

    class Meta:
        model = RefundLine
        fields = ("line", "quantity", "amount_fen")


class RefundSerializer(serializers.ModelSerializer[Refund]):
    id = serializers.UUIDField(source="public_id")
    lines = RefundLineSerializer(many=True)

    class Meta:
        model = Refund
        fields = ("id", "amount_fen", "reason", "state", "created_at", "done_at", "lines")


class StateChangeSerializer(serializers.ModelSerializer[StateChange]):
    class Meta:
        model = StateChange
        fields = ("old", "new", "reason", "at")


class OrderStorySerializer(OrderSerializer):
    """One order with its discounts, payments, refunds and history, oldest first."""

    discounts = DiscountSerializer(many=True)
    payments = PaymentSerializer(many=True)
    refunds = RefundSerializer(many=True)
    history = StateChangeSerializer(many=True)

    class Meta(OrderSerializer.Meta):
        fields = (*OrderSerializer.Meta.fields, "discounts", "payments", "refunds", "history")

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """:param instance: ``groupbuy.selectors.orders.Story``."""
        shown: dict[str, Any] = dict(OrderSerializer(instance.order).data)
        return shown | {
            "discounts": DiscountSerializer(instance.discounts, many=True).data,
            "payments": PaymentSerializer(instance.payments, many=True).data,
            "refunds": RefundSerializer(instance.refunds, many=True).data,
            "history": StateChangeSerializer(instance.history, many=True).data,
        }


class PayAnswerSerializer(serializers.Serializer[dict[str, Any]]):
    payment = PaymentSerializer()
    prepay_id = serializers.CharField(help_text="Empty for a payment by credit.")
    client_params = serializers.DictField(
        child=serializers.CharField(), help_text="Go unchanged into `wx.requestPayment`."
    )
    cashier_url = serializers.URLField(allow_null=True, help_text="The development cashier, where there is one.")
