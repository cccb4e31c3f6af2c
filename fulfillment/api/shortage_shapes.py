"""Shortages, weights and what they mean for order lines. Pieces are sale units, weights base units (g, or pieces)."""

from typing import Any

from rest_framework import serializers

from fulfillment.api.words import SHORTAGE_CAUSES
from fulfillment.models import Shortage, ShortageShare, WeightEntry
from groupbuy.kernel.drf import StrictSerializer

MOST_PIECES = 1_000_000
MOST_BASE = 2**31 - 1


class ShortageSerializer(serializers.ModelSerializer[Shortage]):
    sku = serializers.CharField(source="sku.code")
    name = serializers.CharField(source="sku.name")
    unit = serializers.CharField(source="sku.sale_unit")
    point = serializers.CharField(source="point.code", allow_null=True, help_text="NULL: short in the whole wave.")
    expected = serializers.IntegerField(help_text="On the papers when it was recorded.")
    allocated = serializers.IntegerField(
        allow_null=True, help_text="Pieces that somebody goes without; NULL until the pick is closed."
    )
    actor = serializers.CharField(source="actor.display_name")

    class Meta:
        model = Shortage
        fields = (
            "uuid",
            "sku",
            "name",
            "unit",
            "point",
            "pieces",
            "expected",
            "cause",
            "note",
            "actor",
            "at",
            "undone_at",
            "allocated",
        )


class ShortageWantedSerializer(StrictSerializer):
    """``uuid`` is made by the device before it shows success; sent twice it records once."""

    uuid = serializers.UUIDField()
    sku = serializers.CharField(max_length=32)
    point = serializers.CharField(max_length=32, required=False, help_text="Noticed at this point's position.")
    pieces = serializers.IntegerField(min_value=1, max_value=MOST_PIECES)
    cause = serializers.ChoiceField(choices=SHORTAGE_CAUSES, default="missing")
    note = serializers.CharField(max_length=200, default="", allow_blank=True)


class ShareSerializer(serializers.ModelSerializer[ShortageShare]):
    """One decision; ``refund`` gives back all that the line lost, NULL for what was free."""

    order = serializers.CharField(source="line.order.number")
    point = serializers.CharField(source="line.point.code")
    policy = serializers.CharField(source="line.campaign.shortage_policy")
    refund = serializers.CharField(source="refund_line.refund.out_refund_no", default=None)
    refund_fen = serializers.IntegerField(source="refund_line.amount_fen", default=0)

    class Meta:
        model = ShortageShare
        fields = ("order", "point", "policy", "pieces", "refund", "refund_fen", "decided_at")


class WeightSerializer(serializers.ModelSerializer[WeightEntry]):
    sku = serializers.CharField(source="sku.code")
    name = serializers.CharField(source="sku.name")
    base_unit = serializers.CharField(source="sku.base_unit")
    point = serializers.CharField(source="point.code")
    order = serializers.CharField(source="line.order.number", default=None, help_text="NULL: all for the point.")
    actor = serializers.CharField(source="actor.display_name")

    class Meta:
        model = WeightEntry
        fields = ("uuid", "sku", "name", "base_unit", "point", "order", "real_base", "actor", "at", "undone_at")


class WeightWantedSerializer(StrictSerializer):
    """``uuid`` as with shortages. ``line``: the public id of an order line; without it all pieces for the point."""

    uuid = serializers.UUIDField()
    sku = serializers.CharField(max_length=32)
    point = serializers.CharField(max_length=32)
    line = serializers.UUIDField(required=False)
    real_base = serializers.IntegerField(min_value=1, max_value=MOST_BASE)


class LineLossSerializer(serializers.Serializer[Any]):
    order = serializers.CharField()
    point = serializers.CharField()
    sku = serializers.CharField()
    name = serializers.CharField()
    unit = serializers.CharField()
    base_unit = serializers.CharField()
    policy = serializers.CharField()
    paid_at = serializers.DateTimeField()
    quantity = serializers.IntegerField(help_text="As ordered.")
    short = serializers.IntegerField()
    nominal = serializers.IntegerField(help_text="Base units that the other pieces should hold; 0: not weighed.")
    real = serializers.IntegerField()
    short_fen = serializers.IntegerField()
    weight_fen = serializers.IntegerField()


class LossesSerializer(serializers.Serializer[Any]):
    """What closing would decide now or has decided; ``lines`` are the first 500 of ``shares``."""

    closed_at = serializers.DateTimeField(allow_null=True)
    orders = serializers.IntegerField()
    shares = serializers.IntegerField()
    pieces = serializers.IntegerField()
    fen = serializers.IntegerField()
    lines = LineLossSerializer(many=True)
