"""Deliveries to a leader's points: what is coming, and signing for it."""

from typing import Any, cast

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fulfillment.api.once import once
from fulfillment.api.permissions import WorksAtPoint
from fulfillment.api.words import DISCREPANCY_KINDS, STOP_STATES
from fulfillment.models import Discrepancy, Stop
from fulfillment.selectors import stops
from fulfillment.selectors.papers import wave_label
from fulfillment.services.handover import Counted, CountWrong, handover_sign
from groupbuy.kernel.doors import Door
from groupbuy.kernel.drf import StrictSerializer
from groupbuy.models import User
from groupbuy.services.idempotency import Answer
from groupbuy.services.order_terms import MAX_QUANTITY


class StopSerializer(serializers.ModelSerializer[Stop]):
    id = serializers.UUIDField(source="public_id")
    point = serializers.CharField(source="point.name")
    warehouse = serializers.CharField(source="warehouse.name")
    wave = serializers.SerializerMethodField(help_text="As printed on the papers.")
    delivery_date = serializers.DateField(source="wave.delivery_date")

    class Meta:
        model = Stop
        fields: tuple[str, ...] = (
            "id",
            "wave",
            "warehouse",
            "point",
            "delivery_date",
            "position",
            "crates",
            "state",
            "expected_at",
            "signed_at",
        )

    def get_wave(self, stop: Stop) -> str:
        return wave_label(stop.wave)


class ExpectedLineSerializer(serializers.Serializer[Any]):
    sku = serializers.CharField(source="code")
    name = serializers.CharField()
    spec = serializers.CharField()
    unit = serializers.CharField(source="sale_unit")
    quantity = serializers.IntegerField(help_text="Sale units.")


class DiscrepancySerializer(serializers.ModelSerializer[Discrepancy]):
    sku = serializers.CharField(source="sku.code")

    class Meta:
        model = Discrepancy
        fields = ("sku", "kind", "expected", "quantity", "note")


class StopDetailSerializer(StopSerializer):
    lines = serializers.SerializerMethodField()
    discrepancies = DiscrepancySerializer(many=True)

    class Meta(StopSerializer.Meta):
        fields = (*StopSerializer.Meta.fields, "lines", "discrepancies")

    @extend_schema_field(ExpectedLineSerializer(many=True))
    def get_lines(self, stop: Stop) -> list[dict[str, Any]]:
        return cast("list[dict[str, Any]]", ExpectedLineSerializer(stops.expected_lines(stop), many=True).data)


class CountedSerializer(StrictSerializer):
    sku = serializers.CharField(max_length=32)
    kind = serializers.ChoiceField(choices=DISCREPANCY_KINDS)
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY, help_text="Sale units missing.")
    note = serializers.CharField(max_length=200, default="", allow_blank=True)


class SignSerializer(StrictSerializer):
    """What is not counted here arrived whole."""

    counted: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=CountedSerializer(), default=list, max_length=1000
    )


class StopFilter(filters.FilterSet):
    state = filters.MultipleChoiceFilter(choices=STOP_STATES)
    delivery_date = filters.DateFilter(field_name="wave__delivery_date")
    point = filters.UUIDFilter(field_name="point__public_id")


class StopsDoor(Door):
    permission_classes = (WorksAtPoint,)
    queryset = Stop.objects.none()
    serializer_class = StopSerializer
    filterset_class = StopFilter

    def gate(self) -> QuerySet[Stop]:
        return stops.served_by(cast("User", self.request.user))

    @extend_schema(operation_id="leader_stops", responses=StopSerializer(many=True))
    def get(self, request: Request) -> Response:
        return self.page(request)


class StopDoor(Door):
    permission_classes = (WorksAtPoint,)
    queryset = Stop.objects.none()

    def gate(self) -> QuerySet[Stop]:
        return stops.served_by(cast("User", self.request.user)).prefetch_related("discrepancies__sku")

    @extend_schema(operation_id="leader_stop", responses=StopDetailSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        return Response(StopDetailSerializer(self.get_object()).data)


class StopSignDoor(StopDoor):
    keyed = ("POST",)
    http_method_names = ["post", "options"]

    @extend_schema(operation_id="leader_stop_sign", request=SignSerializer, responses=StopDetailSerializer)
    def post(self, request: Request, public_id: str) -> Response:
        stop: Stop = self.get_object()
        form = SignSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        counted = _counted(stop, form.validated_data["counted"])

        def work() -> Answer:
            handover_sign(stop_id=stop.pk, actor=cast("User", request.user), counted=counted)
            return Answer(200, StopDetailSerializer(self.gate().get(pk=stop.pk)).data)

        return once(request, work)


def _counted(stop: Stop, wanted: list[dict[str, Any]]) -> list[Counted]:
    """
    Translate the codes on the delivery note into SKUs.

    :raises CountWrong: a code is not on the note.
    """
    if not wanted:
        return []
    sku_ids = {line.code: line.sku_id for line in stops.expected_lines(stop)}
    if any(row["sku"] not in sku_ids for row in wanted):
        raise CountWrong(attr="counted")
    return [Counted(sku_ids[row["sku"]], row["kind"], row["quantity"], row["note"]) for row in wanted]
