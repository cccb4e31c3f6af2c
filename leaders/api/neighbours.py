"""Ordering for a neighbour."""

from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from groupbuy.domain.words import PayBy
from groupbuy.kernel.doors import Door
from groupbuy.kernel.drf import StrictSerializer
from groupbuy.models import Group, Order, User
from groupbuy.selectors import groups, orders
from groupbuy.selectors.pay_links import pay_url
from groupbuy.services.idempotency import Answer
from groupbuy.services.neighbours import Neighbour, neighbour_order
from groupbuy.services.order_terms import MAX_LINES, MAX_QUANTITY, LineWanted
from leaders.api.once import once
from leaders.api.permissions import WorksAtPoint
from leaders.api.work import LedOrderSerializer


class WantedLineSerializer(StrictSerializer):
    offer = serializers.UUIDField()
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY, help_text="Sale units.")


class NeighbourSerializer(StrictSerializer):
    phone = serializers.CharField(max_length=20)
    name = serializers.CharField(max_length=64)
    room = serializers.CharField(max_length=64, default="", allow_blank=True)


class NeighbourOrderWantedSerializer(StrictSerializer):
    """``pay``: ``leader``, who then pays it like an order of his own, or ``link``."""

    neighbour = NeighbourSerializer()
    lines: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=WantedLineSerializer(), allow_empty=False, max_length=MAX_LINES
    )
    pay = serializers.ChoiceField(choices=[(each.value, each.value) for each in PayBy])
    expected_fen = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=2**53, help_text="The total the leader saw."
    )
    remark = serializers.CharField(max_length=200, default="", allow_blank=True)


class NeighbourOrderSerializer(LedOrderSerializer):
    pay_by = serializers.DateTimeField()
    pay_url = serializers.SerializerMethodField(help_text="Whoever opens it can pay until ``pay_by``.")

    class Meta(LedOrderSerializer.Meta):
        fields = (*LedOrderSerializer.Meta.fields, "pay_by", "pay_url")  # type: ignore[assignment]

    def get_pay_url(self, order: Order) -> str:
        return pay_url(order)


class NeighbourOrdersDoor(Door):
    keyed = ("POST",)
    permission_classes = (WorksAtPoint,)
    queryset = Group.objects.none()

    def gate(self) -> QuerySet[Group]:
        return groups.served_by(cast("User", self.request.user))

    @extend_schema(
        operation_id="leader_group_order_place",
        request=NeighbourOrderWantedSerializer,
        responses={201: NeighbourOrderSerializer},
    )
    def post(self, request: Request, public_id: str) -> Response:
        """Order for a neighbour, whose account is found or made by his phone. Personal discounts are not used."""
        group: Group = self.get_object()
        actor = cast("User", request.user)
        form = NeighbourOrderWantedSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        wanted = form.validated_data

        def work() -> Answer:
            order = neighbour_order(
                actor=actor,
                group_id=group.public_id,
                neighbour=Neighbour(**wanted["neighbour"]),
                lines=[LineWanted(offer_id=line["offer"], quantity=line["quantity"]) for line in wanted["lines"]],
                pay_by=PayBy(wanted["pay"]),
                expected_fen=wanted.get("expected_fen"),
                remark=wanted["remark"],
            )
            return Answer(201, NeighbourOrderSerializer(orders.served_by(actor).get(pk=order.pk)).data)

        return once(request, work)
