"""Pickup points to choose from, the nearest first for those who say where they are."""

from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from groupbuy.kernel.doors import Door
from groupbuy.kernel.drf import NewestFirst
from groupbuy.models import Community, PickupPoint
from groupbuy.selectors import points


class CommunitySerializer(serializers.ModelSerializer[Community]):
    class Meta:
        model = Community
        fields = ("code", "city", "district", "street", "name")


class PointSerializer(serializers.ModelSerializer[PickupPoint]):
    id = serializers.UUIDField(source="public_id")
    community = CommunitySerializer()

    class Meta:
        model = PickupPoint
        fields = ("id", "name", "kind", "address", "opening_hours", "lng", "lat", "community")


class PointListSerializer(PointSerializer):
    distance_m = serializers.IntegerField(default=None, allow_null=True, help_text="With `lng` and `lat` only.")

    class Meta(PointSerializer.Meta):
        fields = (*PointSerializer.Meta.fields, "distance_m")  # type: ignore[assignment]


class NearestFirst(NewestFirst):
    """By distance where the filter knew one, else the newest first."""

    def get_ordering(self, request: Request, queryset: QuerySet[PickupPoint], view: Any) -> tuple[str, ...]:
        return ("distance_m", "id") if "distance_m" in queryset.query.annotations else ("-id",)


class PointFilter(filters.FilterSet):
    city = filters.CharFilter(field_name="community__city")
    district = filters.CharFilter(field_name="community__district")
    community = filters.CharFilter(field_name="community__code")
    q = filters.CharFilter(method="search", label="Part of the name of the point, its community or street.")
    lng = filters.NumberFilter(min_value=Decimal(-180), max_value=Decimal(180), method="keep", label="Degrees.")
    lat = filters.NumberFilter(min_value=Decimal(-90), max_value=Decimal(90), method="keep", label="Degrees.")

    def search(self, queryset: QuerySet[PickupPoint], name: str, value: str) -> QuerySet[PickupPoint]:
        found = Q(name__icontains=value) | Q(community__name__icontains=value) | Q(community__street__icontains=value)
        return queryset.filter(found)

    def keep(self, queryset: QuerySet[PickupPoint], name: str, value: Decimal) -> QuerySet[PickupPoint]:
        return queryset

    def filter_queryset(self, queryset: QuerySet[PickupPoint]) -> QuerySet[PickupPoint]:
        found = super().filter_queryset(queryset)
        lng, lat = self.form.cleaned_data["lng"], self.form.cleaned_data["lat"]
        return found if lng is None or lat is None else points.by_distance(found, lng=lng, lat=lat)


class PointsDoor(Door):
    queryset = PickupPoint.objects.none()
    serializer_class = PointListSerializer
    filterset_class = PointFilter
    pagination_class = NearestFirst

    def gate(self) -> QuerySet[PickupPoint]:
        return points.selectable()

    @extend_schema(operation_id="points", responses=PointListSerializer(many=True))
    def get(self, request: Request) -> Response:
        return self.page(request)
