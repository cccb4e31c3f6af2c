"""Pickups as the shopper and as the leader sees them. Only the shopper gets the code and the token."""

from typing import Any

from rest_framework import serializers

from fulfillment.domain.goods import Goods
from groupbuy.kernel.drf import StrictSerializer
from groupbuy.services.order_terms import MAX_LINES, MAX_QUANTITY

GOODS = [(state.value, state.value) for state in Goods]


class ParcelLineSerializer(serializers.Serializer[Any]):
    """Pieces count sale units."""

    id = serializers.UUIDField(source="line.public_id")
    order = serializers.CharField(source="line.order.number")
    room = serializers.CharField(source="line.order.room")
    name = serializers.CharField(source="line.name")
    spec = serializers.CharField(source="line.spec")
    unit = serializers.CharField(source="line.sale_unit")
    quantity = serializers.IntegerField(source="line.quantity")
    due = serializers.IntegerField(source="line.due")
    collected = serializers.IntegerField(source="line.collected")
    left = serializers.IntegerField()
    goods = serializers.ChoiceField(choices=GOODS)


class ParcelPointSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    address = serializers.CharField()
    opening_hours = serializers.CharField()


class _ParcelSerializer(serializers.Serializer[Any]):
    """Shows a ``fulfillment.selectors.parcels.Parcel``."""

    id = serializers.UUIDField(source="pickup.public_id")
    point = ParcelPointSerializer(source="pickup.point")
    delivery_date = serializers.DateField(source="pickup.delivery_date")
    done_at = serializers.DateTimeField(source="pickup.done_at", allow_null=True)
    ready = serializers.BooleanField(help_text="Something can be handed out now.")
    lines = ParcelLineSerializer(many=True)


class OwnPickupSerializer(_ParcelSerializer):
    code = serializers.CharField(source="pickup.code", help_text="Six digits, to be said at the point.")
    token = serializers.CharField(source="pickup.token", help_text="For the QR code; 128 random bits in hex.")


class ServedPickupSerializer(_ParcelSerializer):
    shopper = serializers.CharField(source="pickup.shopper.display_name")
    phone = serializers.CharField(source="pickup.shopper.masked_phone", help_text="Masked.")


class PiecesSerializer(StrictSerializer):
    line = serializers.UUIDField()
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY, help_text="Sale units handed out.")


class ConfirmSerializer(StrictSerializer):
    event = serializers.UUIDField(help_text="Made by the device before it showed success; a repeat confirms nothing.")
    lines: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=PiecesSerializer(), allow_empty=False, max_length=MAX_LINES
    )
    device_at = serializers.DateTimeField(required=False, allow_null=True)


class ConfirmedSerializer(serializers.Serializer[Any]):
    event = serializers.UUIDField()
    at = serializers.DateTimeField()
    pickup = ServedPickupSerializer()
