"""Groups behind a share link, and what they offer. Open to everybody who holds the link."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from groupbuy.api.points import PointSerializer
from groupbuy.domain.prices import PriceStep, next_step
from groupbuy.domain.words import Zone
from groupbuy.kernel import clock
from groupbuy.kernel.doors import Door
from groupbuy.kernel.drf import NewestFirst
from groupbuy.models import Campaign, Group, Offer
from groupbuy.selectors import groups


class CampaignSerializer(serializers.ModelSerializer[Campaign]):
    id = serializers.UUIDField(source="public_id")

    class Meta:
        model = Campaign
        fields = ("id", "title", "state", "opens_at", "cutoff_at", "delivery_date")


class GroupSerializer(serializers.ModelSerializer[Group]):
    """
    ``server_now``: the clock that decides the cutoff; a phone's may be wrong. ``moved_to``: the group that took over
    its orders and takes new ones.
    """

    id = serializers.UUIDField(source="public_id")
    campaign = CampaignSerializer()
    point = PointSerializer()
    leader = serializers.CharField(source="leader.display_name")
    open = serializers.SerializerMethodField()
    moved_to = serializers.UUIDField(source="moved_to.public_id", default=None, allow_null=True)
    server_now = serializers.SerializerMethodField()

    class Meta:
        model = Group
        fields = ("id", "campaign", "point", "leader", "open", "server_now", "failed_at", "moved_to")

    @extend_schema_field(OpenApiTypes.BOOL)
    def get_open(self, group: Group) -> bool:
        return groups.takes_orders(group, self.context["now"])

    @extend_schema_field(OpenApiTypes.DATETIME)
    def get_server_now(self, group: Group) -> Any:
        return self.context["now"]


class ShelfSerializer(serializers.Serializer[groups.Shelf]):
    code = serializers.CharField(source="share.code")
    point = PointSerializer(source="share.point")
    leader = serializers.CharField(source="share.leader.display_name")
    open = GroupSerializer(many=True)
    closed = GroupSerializer(many=True, help_text="Closed in the last three days.")
    moved = GroupSerializer(many=True, help_text="Moved to another point or leader.")


class NextPriceSerializer(serializers.Serializer[PriceStep]):
    at = serializers.DateTimeField(source="starts_at")
    fen = serializers.IntegerField(source="price_fen")


class OfferSerializer(serializers.ModelSerializer[Offer]):
    """Quantities count sale units (``unit``)."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField(source="sku.name")
    spec = serializers.CharField(source="sku.spec")
    unit = serializers.CharField(source="sku.sale_unit")
    category = serializers.CharField(source="sku.category.name")
    zone = serializers.ChoiceField(choices=[(zone.value, zone.value) for zone in Zone], source="sku.zone")
    weighed = serializers.BooleanField(source="sku.weighed", help_text="Settled by real weight, refund only.")
    minimum_total = serializers.IntegerField(help_text="Sold fewer by the cutoff, it is refunded; 0 is none.")
    withdrawn_at = serializers.DateTimeField(allow_null=True, help_text="It sells no more.")
    price_fen = serializers.SerializerMethodField(help_text="What a sale unit costs now.")
    next_price = serializers.SerializerMethodField(help_text="What it will cost from an instant on; null: no change.")
    left = serializers.SerializerMethodField(help_text="Null is unlimited.")
    community_left = serializers.SerializerMethodField(help_text="For the point's community. Null is unlimited.")

    class Meta:
        model = Offer
        fields = (
            "id",
            "name",
            "spec",
            "unit",
            "category",
            "zone",
            "weighed",
            "price_fen",
            "next_price",
            "list_price_fen",
            "stock",
            "left",
            "per_shopper",
            "per_community",
            "community_left",
            "minimum",
            "step",
            "minimum_total",
            "withdrawn_at",
        )

    def get_price_fen(self, offer: Offer) -> int:
        return groups.price_now(offer, self.context["now"])

    @extend_schema_field(NextPriceSerializer(allow_null=True))
    def get_next_price(self, offer: Offer) -> Any:
        step = next_step(groups.price_plan(offer), self.context["now"])
        return NextPriceSerializer(step).data if step else None

    def get_left(self, offer: Offer) -> int | None:
        return groups.left(offer)

    def get_community_left(self, offer: Offer) -> int | None:
        left: dict[int, int] = self.context["left_in"]
        return left.get(offer.pk)


class InShelfOrder(NewestFirst):
    page_size = 200
    ordering = ("position", "id")  # type: ignore[assignment]


class GroupsByCodeDoor(Door):
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="groups_by_code", responses=ShelfSerializer)
    def get(self, request: Request, code: str) -> Response:
        now = clock.now()
        shelf = groups.shelf(code=code, now=now)
        return Response(ShelfSerializer(shelf, context={"now": now}).data)


class GroupDoor(Door):
    permission_classes = (AllowAny,)
    queryset = Group.objects.none()

    def gate(self) -> QuerySet[Group]:
        return groups.published()

    @extend_schema(operation_id="group", responses=GroupSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        return Response(GroupSerializer(self.get_object(), context={"now": clock.now()}).data)


class OffersDoor(Door):
    permission_classes = (AllowAny,)
    queryset = Group.objects.none()
    serializer_class = OfferSerializer
    pagination_class = InShelfOrder

    def gate(self) -> QuerySet[Group]:
        return groups.published()

    @extend_schema(operation_id="group_offers", responses=OfferSerializer(many=True))
    def get(self, request: Request, public_id: str) -> Response:
        group: Group = self.get_object()
        page = self.paginate_queryset(groups.offers_of(group.campaign_id)) or []
        context = {"now": clock.now(), "left_in": groups.left_in(group.point.community_id, page)}
        serializer = OfferSerializer(page, many=True, context=context)
        return self.get_paginated_response(serializer.data)
