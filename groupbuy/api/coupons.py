"""Coupons: one's own, claiming; and what a group offers of promotions and coupons."""

from typing import Any, cast

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from groupbuy.api.discount_shapes import CouponKindSerializer, CouponSerializer, PromotionSerializer
from groupbuy.api.once import once
from groupbuy.kernel import clock
from groupbuy.kernel.doors import Door
from groupbuy.kernel.drf import StrictSerializer
from groupbuy.kernel.filters import InstantFilter
from groupbuy.models import Coupon, Group, User
from groupbuy.selectors import groups, promotions
from groupbuy.services.coupons import coupon_claim
from groupbuy.services.idempotency import Answer


class ClaimSerializer(StrictSerializer):
    kind = serializers.UUIDField()
    group = serializers.UUIDField(
        required=False, allow_null=True, help_text="Through whose link; group-only coupons need it."
    )


class GroupPromotionsSerializer(serializers.Serializer[dict[str, Any]]):
    """What is in force in a group now, and the coupons that can be claimed through its link."""

    promotions = PromotionSerializer(many=True)
    coupons = CouponKindSerializer(many=True)


class CouponFilter(filters.FilterSet):
    used = filters.BooleanFilter(field_name="order", lookup_expr="isnull", exclude=True)
    ends_from = InstantFilter(field_name="ends_at", lookup_expr="gte")


class CouponsDoor(Door):
    keyed = ("POST",)
    queryset = Coupon.objects.none()
    serializer_class = CouponSerializer
    filterset_class = CouponFilter

    def gate(self) -> QuerySet[Coupon]:
        return promotions.coupons_of(cast("User", self.request.user))

    @extend_schema(operation_id="coupons", responses=CouponSerializer(many=True))
    def get(self, request: Request) -> Response:
        return self.page(request)

    @extend_schema(operation_id="coupon_claim", request=ClaimSerializer, responses={201: CouponSerializer})
    def post(self, request: Request) -> Response:
        form = ClaimSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        wanted, shopper = form.validated_data, cast("User", request.user)

        def work() -> Answer:
            coupon = coupon_claim(shopper=shopper, kind_id=wanted["kind"], group_id=wanted.get("group"))
            return Answer(201, CouponSerializer(coupon).data)

        return once(request, work)


class GroupPromotionsDoor(Door):
    """Open to everybody who holds the link; claiming asks for a log-in."""

    permission_classes = (AllowAny,)
    queryset = Group.objects.none()

    def gate(self) -> QuerySet[Group]:
        return groups.published()

    @extend_schema(operation_id="group_promotions", responses=GroupPromotionsSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        group, now = self.get_object(), clock.now()
        shopper = request.user if request.user.is_authenticated else None
        offered = {
            "promotions": promotions.in_force(group.campaign_id, now),
            "coupons": promotions.claimable(group, shopper=shopper, now=now),
        }
        return Response(GroupPromotionsSerializer(cast("Any", offered)).data)
