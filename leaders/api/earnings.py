"""What a leader has earned, down to the line it came from."""

from typing import Any, cast

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from groupbuy.kernel import clock
from groupbuy.kernel.doors import Door
from groupbuy.kernel.drf import NewestFirst
from groupbuy.kernel.filters import InstantFilter
from groupbuy.models import User
from leaders.models import CommissionEntry
from leaders.selectors import earnings


class EarningsSerializer(serializers.Serializer[earnings.Earnings]):
    """Fen. ``pending`` waits for the after-sales window; ``available`` can be withdrawn."""

    pending_fen = serializers.IntegerField()
    available_fen = serializers.IntegerField()
    total_fen = serializers.IntegerField()
    today_fen = serializers.IntegerField()


class EntrySerializer(serializers.ModelSerializer[CommissionEntry]):
    """``amount_fen`` is ``base_fen`` at ``rate_bp`` (rate 0: a fee per piece); negative where it was taken back."""

    order = serializers.CharField(source="line.order.number")
    product = serializers.CharField(source="line.name")
    spec = serializers.CharField(source="line.spec")

    class Meta:
        model = CommissionEntry
        fields = (
            "order",
            "product",
            "spec",
            "leg",
            "pieces",
            "base_fen",
            "rate_bp",
            "amount_fen",
            "earned_at",
            "available_at",
        )


class EntriesPageSerializer(serializers.Serializer[Any]):
    totals = EarningsSerializer()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = EntrySerializer(many=True)


class EntryFilter(filters.FilterSet):
    earned_from = InstantFilter(field_name="earned_at", lookup_expr="gte")
    earned_to = InstantFilter(field_name="earned_at", lookup_expr="lt")
    campaign = filters.UUIDFilter(field_name="line__campaign__public_id")


class WithTotals(NewestFirst):
    """The page is an object of its own shape, not the plain list's."""

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return schema


class EarningsDoor(Door):
    """Not for leaders on duty only: what was earned stays visible after a suspension."""

    queryset = CommissionEntry.objects.none()
    serializer_class = EntrySerializer
    filterset_class = EntryFilter
    pagination_class = WithTotals

    def gate(self) -> QuerySet[CommissionEntry]:
        return earnings.entries(cast("User", self.request.user))

    @extend_schema(operation_id="leader_earnings", responses=EntriesPageSerializer, filters=True)
    def get(self, request: Request) -> Response:
        answer = self.page(request)
        totals = earnings.totals(leader=cast("User", request.user), now=clock.now())
        answer.data = {"totals": EarningsSerializer(totals).data, **answer.data}
        return answer
