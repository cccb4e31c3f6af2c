"""What a leader works with: today, his groups, his orders. Phones come out masked."""

from typing import cast

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from groupbuy.kernel import clock
from groupbuy.kernel.doors import Door
from groupbuy.kernel.filters import InstantFilter
from groupbuy.models import Group, Order, OrderLine, User
from groupbuy.models.campaign import STATES as CAMPAIGN_STATES
from groupbuy.models.order import STATES as ORDER_STATES
from groupbuy.selectors import groups, orders
from leaders.api.earnings import EarningsSerializer
from leaders.api.permissions import WorksAtPoint
from leaders.selectors import today


class OpenGroupSerializer(serializers.Serializer[today.OpenGroup]):
    """``orders``, ``pieces`` (sale units) and ``amount_fen`` count paid orders."""

    id = serializers.UUIDField(source="public_id")
    title = serializers.CharField()
    state = serializers.CharField()
    cutoff_at = serializers.DateTimeField()
    delivery_date = serializers.DateField()
    point = serializers.CharField()
    share_code = serializers.CharField()
    orders = serializers.IntegerField()
    unpaid = serializers.IntegerField()
    pieces = serializers.IntegerField()
    amount_fen = serializers.IntegerField()


class StopToSignSerializer(serializers.Serializer[object]):
    id = serializers.UUIDField(source="public_id")
    point = serializers.CharField(source="point.name")
    state = serializers.CharField()
    expected_at = serializers.DateTimeField(allow_null=True)


class TodaySerializer(serializers.Serializer[today.Today]):
    groups = OpenGroupSerializer(many=True)
    to_sign = StopToSignSerializer(many=True)
    pickups_waiting = serializers.IntegerField()
    earnings = EarningsSerializer()


class LedGroupSerializer(serializers.ModelSerializer[Group]):
    """Counts and money of paid and accepted orders; pieces are sale units."""

    id = serializers.UUIDField(source="public_id")
    campaign = serializers.UUIDField(source="campaign.public_id")
    title = serializers.CharField(source="campaign.title")
    state = serializers.ChoiceField(choices=CAMPAIGN_STATES, source="campaign.state")
    cutoff_at = serializers.DateTimeField(source="campaign.cutoff_at")
    delivery_date = serializers.DateField(source="campaign.delivery_date")
    point = serializers.CharField(source="point.name")
    orders = serializers.IntegerField(source="order_count")
    pieces = serializers.IntegerField(source="piece_count")
    amount_fen = serializers.IntegerField()

    class Meta:
        model = Group
        fields = (
            "id",
            "campaign",
            "title",
            "state",
            "cutoff_at",
            "delivery_date",
            "point",
            "failed_at",
            "orders",
            "pieces",
            "amount_fen",
        )


class LedOrderLineSerializer(serializers.ModelSerializer[OrderLine]):
    unit = serializers.CharField(source="sale_unit")

    class Meta:
        model = OrderLine
        fields = ("name", "spec", "unit", "quantity", "net_fen", "short", "refunded", "refunded_fen", "collected")


class LedOrderSerializer(serializers.ModelSerializer[Order]):
    id = serializers.UUIDField(source="public_id")
    campaign = serializers.UUIDField(source="campaign.public_id")
    title = serializers.CharField(source="campaign.title")
    point = serializers.CharField(source="point.name")
    receiver_phone = serializers.CharField(source="masked_phone", help_text="Masked.")
    lines = LedOrderLineSerializer(many=True)

    class Meta:
        model = Order
        fields = (
            "id",
            "number",
            "state",
            "campaign",
            "title",
            "point",
            "receiver_name",
            "receiver_phone",
            "room",
            "remark",
            "total_fen",
            "placed_at",
            "paid_at",
            "lines",
        )


class LedOrderFilter(filters.FilterSet):
    state = filters.MultipleChoiceFilter(choices=ORDER_STATES)
    campaign = filters.UUIDFilter(field_name="campaign__public_id")
    group = filters.UUIDFilter(field_name="group__public_id")
    placed_from = InstantFilter(field_name="placed_at", lookup_expr="gte")
    placed_to = InstantFilter(field_name="placed_at", lookup_expr="lt")
    q = filters.CharFilter(method="search", label="Part of the order number, of the receiver's name or of the room.")

    def search(self, queryset: QuerySet[Order], name: str, value: str) -> QuerySet[Order]:
        return orders.matching(queryset, value)


class LedGroupFilter(filters.FilterSet):
    state = filters.MultipleChoiceFilter(field_name="campaign__state", choices=CAMPAIGN_STATES)
    campaign = filters.UUIDFilter(field_name="campaign__public_id")
    delivery_date = filters.DateFilter(field_name="campaign__delivery_date")


class TodayDoor(Door):
    permission_classes = (WorksAtPoint,)

    @extend_schema(operation_id="leader_today", responses=TodaySerializer)
    def get(self, request: Request) -> Response:
        return Response(TodaySerializer(today.today(leader=cast("User", request.user), now=clock.now())).data)


class LedGroupsDoor(Door):
    permission_classes = (WorksAtPoint,)
    queryset = Group.objects.none()
    serializer_class = LedGroupSerializer
    filterset_class = LedGroupFilter

    def gate(self) -> QuerySet[Group]:
        return groups.with_tally(groups.served_by(cast("User", self.request.user)))

    @extend_schema(operation_id="leader_groups", responses=LedGroupSerializer(many=True))
    def get(self, request: Request) -> Response:
        return self.page(request)


class LedOrdersDoor(Door):
    permission_classes = (WorksAtPoint,)
    queryset = Order.objects.none()
    serializer_class = LedOrderSerializer
    filterset_class = LedOrderFilter

    def gate(self) -> QuerySet[Order]:
        return orders.served_by(cast("User", self.request.user))

    @extend_schema(operation_id="leader_orders", responses=LedOrderSerializer(many=True))
    def get(self, request: Request) -> Response:
        return self.page(request)
