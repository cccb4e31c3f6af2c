"""Shortages and weights of a wave, and the closing of its pick."""

from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from fulfillment.api.once import once
from fulfillment.api.permissions import Records
from fulfillment.api.shortage_shapes import (
    LossesSerializer,
    ShareSerializer,
    ShortageSerializer,
    ShortageWantedSerializer,
    WeightSerializer,
    WeightWantedSerializer,
)
from fulfillment.models import PickLine, Shortage, Wave, WeightEntry
from fulfillment.selectors import shortages, waves
from fulfillment.services.picking import NotInWave
from fulfillment.services.shortages import pick_close, shortage_record, shortage_undo
from fulfillment.services.weights import weight_record, weight_undo
from groupbuy.kernel.doors import Door
from groupbuy.models import OrderLine, User
from groupbuy.services.idempotency import Answer


class _OfWave(Door):
    permission_classes = (Records,)
    queryset: QuerySet[Any] = Wave.objects.none()

    def wave(self) -> Wave:
        found = waves.visible_to(cast("User", self.request.user))
        wave = get_object_or_404(found, public_id=self.kwargs["public_id"])
        self.check_object_permissions(self.request, wave)
        return wave

    @property
    def actor_id(self) -> int:
        return cast("User", self.request.user).pk


class ShortagesDoor(_OfWave):
    queryset = Shortage.objects.none()
    serializer_class = ShortageSerializer
    keyed = ("POST",)

    def gate(self) -> QuerySet[Shortage]:
        return shortages.shortages_of(self.wave())

    @extend_schema(operation_id="warehouse_wave_shortages", responses=ShortageSerializer(many=True))
    def get(self, request: Request, public_id: str) -> Response:
        return self.page(request)

    @extend_schema(
        operation_id="warehouse_wave_shortage_record",
        request=ShortageWantedSerializer,
        responses={201: ShortageSerializer},
    )
    def post(self, request: Request, public_id: str) -> Response:
        wave = self.wave()
        form = ShortageWantedSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        wanted = form.validated_data

        def work() -> Answer:
            row = shortage_record(
                wave_id=wave.pk,
                sku_id=_sku_id(wave, wanted["sku"]),
                pieces=wanted["pieces"],
                actor_id=self.actor_id,
                uuid=wanted["uuid"],
                point_id=_point_id(wave, wanted["point"]) if "point" in wanted else None,
                cause=wanted["cause"],
                note=wanted["note"],
            )
            return Answer(201, ShortageSerializer(row).data)

        return once(request, work)


class SharesDoor(_OfWave):
    serializer_class = ShareSerializer

    def gate(self) -> QuerySet[Any]:
        row = get_object_or_404(shortages.shortages_of(self.wave()), uuid=self.kwargs["uuid"])
        return shortages.shares_of(row)

    @extend_schema(operation_id="warehouse_wave_shortage_shares", responses=ShareSerializer(many=True))
    def get(self, request: Request, public_id: str, uuid: str) -> Response:
        return self.page(request)


class ShortageUndoDoor(_OfWave):
    http_method_names = ["post", "options"]
    keyed = ("POST",)

    @extend_schema(operation_id="warehouse_wave_shortage_undo", request=None, responses=ShortageSerializer)
    def post(self, request: Request, public_id: str, uuid: str) -> Response:
        rows = shortages.shortages_of(self.wave())
        row = get_object_or_404(rows, uuid=uuid)

        def work() -> Answer:
            shortage_undo(shortage_id=row.pk, actor_id=self.actor_id)
            return Answer(200, ShortageSerializer(rows.get(pk=row.pk)).data)

        return once(request, work)


class WeightsDoor(_OfWave):
    queryset = WeightEntry.objects.none()
    serializer_class = WeightSerializer
    keyed = ("POST",)

    def gate(self) -> QuerySet[WeightEntry]:
        return shortages.weights_of(self.wave())

    @extend_schema(operation_id="warehouse_wave_weights", responses=WeightSerializer(many=True))
    def get(self, request: Request, public_id: str) -> Response:
        return self.page(request)

    @extend_schema(
        operation_id="warehouse_wave_weight_record", request=WeightWantedSerializer, responses={201: WeightSerializer}
    )
    def post(self, request: Request, public_id: str) -> Response:
        wave = self.wave()
        form = WeightWantedSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        wanted = form.validated_data

        def work() -> Answer:
            row = weight_record(
                wave_id=wave.pk,
                sku_id=_sku_id(wave, wanted["sku"]),
                point_id=_point_id(wave, wanted["point"]),
                real_base=wanted["real_base"],
                actor_id=self.actor_id,
                uuid=wanted["uuid"],
                line_id=_line_id(wave, wanted["line"]) if "line" in wanted else None,
            )
            return Answer(201, WeightSerializer(row).data)

        return once(request, work)


class WeightUndoDoor(_OfWave):
    http_method_names = ["post", "options"]
    keyed = ("POST",)

    @extend_schema(operation_id="warehouse_wave_weight_undo", request=None, responses=WeightSerializer)
    def post(self, request: Request, public_id: str, uuid: str) -> Response:
        rows = shortages.weights_of(self.wave())
        row = get_object_or_404(rows, uuid=uuid)

        def work() -> Answer:
            weight_undo(weight_id=row.pk, actor_id=self.actor_id)
            return Answer(200, WeightSerializer(rows.get(pk=row.pk)).data)

        return once(request, work)


class PickCloseDoor(_OfWave):
    keyed = ("POST",)

    @extend_schema(operation_id="warehouse_wave_pick_close_preview", responses=LossesSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Who would lose what and how much money goes back; once it is closed, who did."""
        return Response(LossesSerializer(shortages.losses(self.wave())).data)

    @extend_schema(operation_id="warehouse_wave_pick_close", request=None, responses=LossesSerializer)
    def post(self, request: Request, public_id: str) -> Response:
        wave = self.wave()

        def work() -> Answer:
            pick_close(wave_id=wave.pk, actor_id=self.actor_id)
            wave.refresh_from_db()
            return Answer(200, LossesSerializer(shortages.losses(wave)).data)

        return once(request, work)


def _sku_id(wave: Wave, code: str) -> int:
    """
    Return the SKU of a code on the wave's papers, of any version: a record sent again must be found.

    :raises NotInWave: there is none.
    """
    found = PickLine.objects.filter(wave=wave, sku__code=code).values_list("sku_id", flat=True).first()
    if found is None:
        raise NotInWave(attr="sku")
    return found


def _point_id(wave: Wave, code: str) -> int:
    found = wave.stops.filter(point__code=code).values_list("point_id", flat=True).first()
    if found is None:
        raise NotInWave(attr="point")
    return found


def _line_id(wave: Wave, public_id: Any) -> int:
    lines = OrderLine.objects.filter(public_id=public_id, campaign__in=wave.campaigns.values("campaign"))
    found = lines.values_list("pk", flat=True).first()
    if found is None:
        raise NotInWave(attr="line")
    return found
