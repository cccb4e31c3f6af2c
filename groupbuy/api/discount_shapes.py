"""What goes in and out about discounts: the choice among one's coupons, what is taken off and why."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from groupbuy.domain import promotion_texts
from groupbuy.domain.promotions import Hint, Source, Why
from groupbuy.models import Coupon, CouponKind, Promotion
from groupbuy.services.discounts import NO_COUPON
from groupbuy.services.order_quote import QuotedDiscount, UnusedCoupon

SOURCES = [(source.value, source.value) for source in Source]
WHYS = [(why.value, why.value) for why in Why]


@extend_schema_field({"type": "string", "description": "`best`, `none`, or the id of a coupon that the shopper holds."})
class CouponChoiceField(serializers.CharField):
    """``None`` for the best coupon, ``NO_COUPON`` for none, else a coupon's id."""

    def to_internal_value(self, data: Any) -> Any:
        text = super().to_internal_value(data)
        if text in ("best", "none"):
            return None if text == "best" else NO_COUPON
        try:
            return UUID(text)
        except ValueError:
            raise serializers.ValidationError("应为 best、none 或优惠券的 id。") from None


class DiscountSerializer(serializers.Serializer[dict[str, Any]]):
    """What one source took off a whole order."""

    source = serializers.ChoiceField(choices=SOURCES)  # type: ignore[assignment] # a field of that name
    name = serializers.CharField()
    off_fen = serializers.IntegerField()


class LineShareSerializer(serializers.Serializer[dict[str, Any]]):
    offer = serializers.UUIDField()
    off_fen = serializers.IntegerField()


class QuotedDiscountSerializer(serializers.Serializer[QuotedDiscount]):
    """``lines``: its share in each line that gets some; they add up to ``off_fen``."""

    source = serializers.ChoiceField(choices=SOURCES)  # type: ignore[assignment] # a field of that name
    coupon = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()
    off_fen = serializers.IntegerField()
    lines = serializers.SerializerMethodField()

    @extend_schema_field(LineShareSerializer(many=True))
    def get_lines(self, discount: QuotedDiscount) -> list[dict[str, Any]]:
        return [{"offer": str(offer), "off_fen": fen} for offer, fen in discount.lines.items()]


class HintSerializer(serializers.Serializer[Hint]):
    """A promotion that is near; ``text`` says it in Chinese."""

    name = serializers.CharField()
    missing_fen = serializers.IntegerField()
    missing_pieces = serializers.IntegerField()
    text = serializers.SerializerMethodField()

    def get_text(self, hint: Hint) -> str:
        return promotion_texts.hint_text(hint)


class UnusedCouponSerializer(serializers.Serializer[UnusedCoupon]):
    """A coupon that the shopper holds and the order does not use; ``text`` says why in Chinese."""

    coupon = serializers.UUIDField()
    name = serializers.CharField()
    why = serializers.ChoiceField(choices=WHYS)
    missing_fen = serializers.IntegerField(help_text="What the order lacks of its threshold; 0 for another reason.")
    text = serializers.SerializerMethodField()

    def get_text(self, unused: UnusedCoupon) -> str:
        return promotion_texts.why_text(unused)


class PromotionSerializer(serializers.ModelSerializer[Promotion]):
    id = serializers.UUIDField(source="public_id")
    rule = serializers.CharField(help_text="What it gives, in Chinese.")

    class Meta:
        model = Promotion
        fields = ("id", "name", "rule", "starts_at", "ends_at")


class CouponKindSerializer(serializers.ModelSerializer[CouponKind]):
    id = serializers.UUIDField(source="public_id")
    group_only = serializers.SerializerMethodField()

    class Meta:
        model = CouponKind
        fields = ("id", "name", "face_fen", "threshold_fen", "group_only", "claim_ends_at", "use_ends_at", "use_days")

    def get_group_only(self, kind: CouponKind) -> bool:
        return kind.group_id is not None


class CouponSerializer(serializers.ModelSerializer[Coupon]):
    """``group``: it is for orders in this group only. ``order``: the order that uses it."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField(source="kind.name")
    face_fen = serializers.IntegerField(source="kind.face_fen")
    threshold_fen = serializers.IntegerField(source="kind.threshold_fen")
    group = serializers.SerializerMethodField()
    order = serializers.SerializerMethodField()

    class Meta:
        model = Coupon
        fields = ("id", "name", "face_fen", "threshold_fen", "group", "claimed_at", "ends_at", "order")

    def get_group(self, coupon: Coupon) -> UUID | None:
        return coupon.kind.group.public_id if coupon.kind.group else None

    def get_order(self, coupon: Coupon) -> UUID | None:
        return coupon.order.public_id if coupon.order else None
