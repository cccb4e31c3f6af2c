"""Waves and their papers for the warehouse."""

from io import BytesIO
from typing import Any, cast

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fulfillment.api.once import once
from fulfillment.api.paper_jobs import PaperJobSerializer
from fulfillment.api.permissions import Dispatches, SeesWaves
from fulfillment.api.words import WAVE_STATES
from fulfillment.domain.layouts import PaperKind
from fulfillment.exports import CONTENT_TYPES, content_type, file_name, is_long, render
from fulfillment.models import PaperIssue, Stop, Wave
from fulfillment.selectors import waves
from fulfillment.selectors.papers import paper
from fulfillment.selectors.rights import may_print
from fulfillment.services.dispatch import dispatch_send
from fulfillment.services.paper_jobs import paper_job_ask
from groupbuy.kernel.doors import Door, TakesAnyAccept
from groupbuy.kernel.drf import StrictSerializer
from groupbuy.kernel.errors import Forbidden
from groupbuy.kernel.streams import snapshot
from groupbuy.models import User
from groupbuy.services.idempotency import Answer


class TotalsSerializer(serializers.Serializer[waves.WaveTotals]):
    """Of the current version; ``pieces`` in sale units."""

    points = serializers.IntegerField()
    skus = serializers.IntegerField()
    pieces = serializers.IntegerField()
    signed = serializers.IntegerField(help_text="Points that have signed.")


class WaveSerializer(serializers.ModelSerializer[Wave]):
    """``context["totals"]``: totals by wave id."""

    id = serializers.UUIDField(source="public_id")
    warehouse = serializers.CharField(source="warehouse.code")
    totals = serializers.SerializerMethodField()

    class Meta:
        model = Wave
        fields: tuple[str, ...] = (
            "id",
            "warehouse",
            "delivery_date",
            "number",
            "paper_version",
            "state",
            "built_at",
            "dispatch_at",
            "dispatched_at",
            "void_reason",
            "totals",
        )

    @extend_schema_field(TotalsSerializer)
    def get_totals(self, wave: Wave) -> Any:
        return TotalsSerializer(self.context["totals"][wave.pk]).data


class WaveStopSerializer(serializers.ModelSerializer[Stop]):
    id = serializers.UUIDField(source="public_id")
    point = serializers.CharField(source="point.name")
    route = serializers.CharField(source="route.name")
    grid = serializers.CharField(
        source="grid.code", default="", help_text="Grid warehouse that sorts to this point; empty: the warehouse does."
    )
    grid_position = serializers.IntegerField(
        allow_null=True, help_text="Where the warehouse puts the grid's heap; null without a grid."
    )

    class Meta:
        model = Stop
        fields = (
            "id",
            "position",
            "grid",
            "grid_position",
            "route",
            "sequence",
            "point",
            "crates",
            "state",
            "expected_at",
            "signed_at",
        )


class WaveIssueSerializer(serializers.ModelSerializer[PaperIssue]):
    """One version of the papers; ``reason`` says why it came after the one before."""

    class Meta:
        model = PaperIssue
        fields = ("version", "issued_at", "reason")


class WaveDetailSerializer(WaveSerializer):
    stops = WaveStopSerializer(many=True)
    issues = WaveIssueSerializer(many=True, help_text="Versions of the papers, first to last.")

    class Meta(WaveSerializer.Meta):
        fields = (*WaveSerializer.Meta.fields, "issues", "stops")


class WaveFilter(filters.FilterSet):
    state = filters.MultipleChoiceFilter(choices=WAVE_STATES)
    warehouse = filters.CharFilter(field_name="warehouse__code")
    delivery_date = filters.DateFromToRangeFilter()


class WavesDoor(Door):
    permission_classes = (SeesWaves,)
    queryset = Wave.objects.none()
    serializer_class = WaveSerializer
    filterset_class = WaveFilter

    def gate(self) -> QuerySet[Wave]:
        return waves.visible_to(cast("User", self.request.user))

    @extend_schema(operation_id="warehouse_waves", responses=WaveSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.gate())) or []
        totals = waves.totals_of([wave.pk for wave in page])
        return self.get_paginated_response(WaveSerializer(page, many=True, context={"totals": totals}).data)


class WaveDoor(Door):
    permission_classes = (SeesWaves,)
    queryset = Wave.objects.none()

    def gate(self) -> QuerySet[Wave]:
        stops = Stop.objects.select_related("point", "route", "grid").order_by("position")
        issues = PaperIssue.objects.order_by("version")
        return waves.visible_to(cast("User", self.request.user)).prefetch_related(
            Prefetch("stops", stops), Prefetch("issues", issues)
        )

    @extend_schema(operation_id="warehouse_wave", responses=WaveDetailSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        return Response(_shown(self.get_object()))


class PaperWantedSerializer(StrictSerializer):
    # Not ``format``: the framework takes that parameter for its own renderers.
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False)
    lang = serializers.ChoiceField(choices=[("zh", "zh"), ("en", "en")], default="zh")
    supplier = serializers.CharField(
        max_length=16, required=False, help_text="Code of the only supplier wanted; for purchase orders."
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """``as`` is a word of Python's own."""
        kinds = serializers.ChoiceField(choices=[(kind, kind) for kind in CONTENT_TYPES], default="xlsx")
        return {"as": kinds, **super().get_fields()}


class PaperDoor(Door):
    permission_classes = (SeesWaves,)
    content_negotiation_class = TakesAnyAccept
    queryset = Wave.objects.none()

    def gate(self) -> QuerySet[Wave]:
        return waves.visible_to(cast("User", self.request.user))

    @extend_schema(
        operation_id="warehouse_wave_paper",
        parameters=[
            PaperWantedSerializer,
            OpenApiParameter("kind", str, OpenApiParameter.PATH, enum=[kind.value for kind in PaperKind]),
        ],
        responses={
            **{(200, kind): OpenApiTypes.BINARY for kind in CONTENT_TYPES.values()},
            (202, "application/json"): PaperJobSerializer,
        },
    )
    def get(self, request: Request, public_id: str, kind: str) -> HttpResponseBase:
        """
        One paper as a file; the same version gives the same bytes.

        A long one is made by a worker: the answer is its job. A supplier's own is not: jobs know no suppliers.
        """
        form = PaperWantedSerializer(data=request.query_params)
        form.is_valid(raise_exception=True)
        wanted = form.validated_data
        wave = self.get_object()
        if not may_print(cast("User", request.user), kind):
            raise Forbidden
        found = paper(wave=wave, kind=kind, paper_version=wanted.get("version"), supplier=wanted.get("supplier", ""))
        if is_long(found, wanted["as"]) and "supplier" not in wanted:
            job = paper_job_ask(
                wave_id=wave.pk,
                kind=kind,
                format=wanted["as"],
                lang=wanted["lang"],
                version=found.head.version,
                actor_id=request.user.pk,
            )
            return Response(PaperJobSerializer(job).data, status=202)
        out = BytesIO()
        with snapshot():
            render(found, format=wanted["as"], out=out, lang=wanted["lang"])
        name = file_name(found, wanted["as"])
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
        return HttpResponse(out.getvalue(), content_type=content_type(wanted["as"]), headers=headers)


class DispatchDoor(WaveDoor):
    permission_classes = (Dispatches,)
    http_method_names = ["post", "options"]
    keyed = ("POST",)

    @extend_schema(operation_id="warehouse_wave_dispatch", request=None, responses=WaveDetailSerializer)
    def post(self, request: Request, public_id: str) -> Response:
        wave: Wave = self.get_object()

        def work() -> Answer:
            dispatch_send(wave_id=wave.pk, actor_id=request.user.pk)
            return Answer(200, _shown(self.gate().get(pk=wave.pk)))

        return once(request, work)


def _shown(wave: Wave) -> Any:
    return WaveDetailSerializer(wave, context={"totals": {wave.pk: waves.totals(wave)}}).data
