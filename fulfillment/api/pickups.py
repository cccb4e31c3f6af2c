"""A shopper's pickups, and their handing out by the leader."""

from collections import Counter
from typing import cast
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from fulfillment.api.once import once
from fulfillment.api.permissions import WorksAtPoint
from fulfillment.api.pickup_shapes import (
    ConfirmedSerializer,
    ConfirmSerializer,
    OwnPickupSerializer,
    ServedPickupSerializer,
)
from fulfillment.models import Pickup
from fulfillment.selectors import parcels, pickups
from fulfillment.services.pickups import pickup_confirm
from groupbuy.kernel import guesses
from groupbuy.kernel.doors import Door
from groupbuy.models import User
from groupbuy.services.idempotency import Answer


class PickupFilter(filters.FilterSet):
    done = filters.BooleanFilter(field_name="done_at", lookup_expr="isnull", exclude=True)
    delivery_date = filters.DateFilter()
    point = filters.UUIDFilter(field_name="point__public_id")


class PickupsDoor(Door):
    queryset = Pickup.objects.none()
    serializer_class = OwnPickupSerializer
    filterset_class = PickupFilter

    def gate(self) -> QuerySet[Pickup]:
        return pickups.own(cast("User", self.request.user))

    @extend_schema(operation_id="pickups", responses=OwnPickupSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.gate())) or []
        return self.get_paginated_response(OwnPickupSerializer(parcels.parcels(page), many=True).data)


class ServedPickupsDoor(Door):
    permission_classes = (WorksAtPoint,)
    queryset = Pickup.objects.none()
    serializer_class = ServedPickupSerializer
    filterset_class = PickupFilter
    guarded = True

    def gate(self) -> QuerySet[Pickup]:
        """With ``code``, only the open pickups that have it; without, all of the person's points."""
        served = pickups.served_by(cast("User", self.request.user))
        code = self.request.query_params.get("code")
        return served if code is None else served.filter(pk__in=self._guessed(code))

    def _guessed(self, code: str) -> list[int]:
        """Wrong codes are counted; another point's code is as wrong as none."""
        user = cast("User", self.request.user)
        limit, seconds = settings.GROUPBUY_PICKUP_CODE_TRIES, settings.GROUPBUY_PICKUP_CODE_TRIES_SECONDS
        guesses.count("pickup_code", str(user.pk), limit=limit, seconds=seconds)
        found = [each.pk for each in pickups.with_code(user, code)] if code.isascii() and code.isalnum() else []
        if found:
            guesses.forgive("pickup_code", str(user.pk))
        return found

    @extend_schema(
        operation_id="leader_pickups",
        parameters=[OpenApiParameter("code", str, description="The six digits, or the token of the QR code.")],
        responses=ServedPickupSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.gate())) or []
        return self.get_paginated_response(ServedPickupSerializer(parcels.parcels(page), many=True).data)


class PickupConfirmDoor(Door):
    permission_classes = (WorksAtPoint,)
    keyed = ("POST",)
    queryset = Pickup.objects.none()

    def gate(self) -> QuerySet[Pickup]:
        return pickups.served_by(cast("User", self.request.user))

    @extend_schema(operation_id="leader_pickup_confirm", request=ConfirmSerializer, responses=ConfirmedSerializer)
    def post(self, request: Request, public_id: str) -> Response:
        pickup: Pickup = self.get_object()
        form = ConfirmSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        pieces: Counter[UUID] = Counter()
        for line in form.validated_data["lines"]:
            pieces[line["line"]] += line["quantity"]

        def work() -> Answer:
            event = pickup_confirm(
                pickup=pickup,
                actor=cast("User", request.user),
                event=form.validated_data["event"],
                pieces=pieces,
                device_at=form.validated_data.get("device_at"),
            )
            parcel = parcels.parcel(self.gate().get(pk=pickup.pk))
            return Answer(200, ConfirmedSerializer({"event": event.uuid, "at": event.at, "pickup": parcel}).data)

        return once(request, work)
