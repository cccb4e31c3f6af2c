"""Purchase orders as the warehouse counts them: pieces are sale units, and nothing tells what they cost."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from fulfillment.models import PurchaseOrder, Receipt, ReceiptLine
from fulfillment.services.receipts import MOST_PIECES
from groupbuy.kernel.drf import StrictSerializer

MOST_LINES = 1000


class PurchaseSerializer(serializers.ModelSerializer[PurchaseOrder]):
    """Rows of ``selectors.purchases.with_counts``."""

    id = serializers.UUIDField(source="public_id")
    wave = serializers.UUIDField(source="wave.public_id")
    warehouse = serializers.CharField(source="warehouse.code")
    delivery_date = serializers.DateField(source="wave.delivery_date")
    supplier = serializers.CharField(source="supplier_name")
    edition = serializers.IntegerField(help_text="To be sent back with every count, undoing and closing.")
    skus = serializers.IntegerField(source="sku_count")
    expected = serializers.IntegerField()
    arrived = serializers.IntegerField(help_text="Damaged ones too.")
    missing = serializers.IntegerField(help_text="Entered as shortages when the order was closed.")

    class Meta:
        model = PurchaseOrder
        fields: tuple[str, ...] = (
            "id",
            "number",
            "wave",
            "warehouse",
            "delivery_date",
            "supplier_code",
            "supplier",
            "state",
            "edition",
            "skus",
            "expected",
            "arrived",
            "missing",
            "issued_at",
        )


class PurchaseLineSerializer(serializers.Serializer[Any]):
    """Shows a ``selectors.purchases.LineCount``."""

    id = serializers.UUIDField(source="line.public_id")
    sku = serializers.CharField(source="line.code")
    name = serializers.CharField(source="line.name")
    spec = serializers.CharField(source="line.spec")
    unit = serializers.CharField(source="line.sale_unit")
    case_size = serializers.IntegerField(source="line.case_size")
    cases = serializers.IntegerField(source="line.cases")
    expected = serializers.IntegerField()
    surplus = serializers.IntegerField(source="line.surplus", help_text="Of the expected, beyond the demand.")
    arrived = serializers.IntegerField()
    damaged = serializers.IntegerField()
    missing = serializers.IntegerField(source="line.missing")


class ReceiptLineSerializer(serializers.ModelSerializer[ReceiptLine]):
    line = serializers.UUIDField(source="line.public_id")

    class Meta:
        model = ReceiptLine
        fields = ("line", "counted", "damaged")


class ReceiptSerializer(serializers.ModelSerializer[Receipt]):
    by = serializers.CharField(source="actor.display_name")
    lines = ReceiptLineSerializer(many=True)

    class Meta:
        model = Receipt
        fields = ("uuid", "at", "by", "note", "undone_at", "lines")


class MissingSerializer(serializers.Serializer[Any]):
    """What the wave would miss if the order were closed now."""

    line = serializers.UUIDField(source="line.public_id")
    sku = serializers.CharField(source="line.code")
    name = serializers.CharField(source="line.name")
    pieces = serializers.IntegerField()


class PurchaseDetailSerializer(PurchaseSerializer):
    """``context``: the order's ``lines``, ``receipts`` and what would be ``short``."""

    lines = serializers.SerializerMethodField()
    receipts = serializers.SerializerMethodField()
    short = serializers.SerializerMethodField()

    class Meta(PurchaseSerializer.Meta):
        fields = (*PurchaseSerializer.Meta.fields, "lines", "receipts", "short")

    @extend_schema_field(PurchaseLineSerializer(many=True))
    def get_lines(self, order: PurchaseOrder) -> Any:
        return PurchaseLineSerializer(self.context["lines"], many=True).data

    @extend_schema_field(ReceiptSerializer(many=True))
    def get_receipts(self, order: PurchaseOrder) -> Any:
        return ReceiptSerializer(self.context["receipts"], many=True).data

    @extend_schema_field(MissingSerializer(many=True))
    def get_short(self, order: PurchaseOrder) -> Any:
        return MissingSerializer(self.context["short"], many=True).data


class ArrivedSerializer(StrictSerializer):
    line = serializers.UUIDField()
    counted = serializers.IntegerField(min_value=1, max_value=MOST_PIECES)
    damaged = serializers.IntegerField(min_value=0, max_value=MOST_PIECES, default=0, help_text="Of those counted.")


class EditionSerializer(StrictSerializer):
    edition = serializers.IntegerField(
        min_value=0, max_value=2**31 - 1, help_text="Of the order, as the person saw it; a newer one is refused."
    )


class CountSerializer(EditionSerializer):
    uuid = serializers.UUIDField(help_text="Made by the device; a repeat counts nothing.")
    lines: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=ArrivedSerializer(), allow_empty=False, max_length=MOST_LINES
    )
    note = serializers.CharField(max_length=200, default="", allow_blank=True)
