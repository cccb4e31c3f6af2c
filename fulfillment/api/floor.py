"""The warehouse floor for handhelds: scan, pick list, put list, progress, and what was done, in batches."""

from typing import Any, cast

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from fulfillment.api.floor_shapes import (
    EventsAnsweredSerializer,
    EventsSerializer,
    PickPageSerializer,
    PickQuerySerializer,
    ProgressSerializer,
    PutPageSerializer,
    PutQuerySerializer,
    ScannedSerializer,
    ScanQuerySerializer,
    WaveProgressSerializer,
)
from fulfillment.api.once import once
from fulfillment.api.permissions import Dispatches, SeesWaves
from fulfillment.models import Wave
from fulfillment.selectors import progress, puts, scans, waves
from fulfillment.services.floor_events import FloorEvent, floor_events_take
from fulfillment.services.presses import NotInWave
from groupbuy.kernel.doors import Door
from groupbuy.kernel.drf import StrictSerializer
from groupbuy.kernel.errors import Invalid, Missing
from groupbuy.models import User
from groupbuy.services.idempotency import Answer


class UnknownCode(Missing):
    code = "unknown_code"
    message = _("这个波次里没有这个编码。")


class FloorDoor(Door):
    """A wave of a warehouse where the person works."""

    permission_classes = (SeesWaves,)
    queryset = Wave.objects.none()

    def gate(self) -> QuerySet[Wave]:
        return waves.visible_to(cast("User", self.request.user))


def _asked(form: type[StrictSerializer], request: Request) -> dict[str, Any]:
    asked = form(data=request.query_params.dict())
    asked.is_valid(raise_exception=True)
    return cast("dict[str, Any]", asked.validated_data)


class ScanDoor(FloorDoor):
    @extend_schema(operation_id="warehouse_scan", parameters=[ScanQuerySerializer], responses=ScannedSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Say what a code stands for in this wave."""
        wave: Wave = self.get_object()
        found = scans.scan(wave, _asked(ScanQuerySerializer, request)["code"])
        if found.place is None and not found.sku_ids:
            raise UnknownCode(attr="code")
        shown = {
            "skus": progress.pick_states(wave, sku_ids=found.sku_ids),
            "place": found.place,
            "lines": puts.of_point(wave, found.place.point_id) if found.place else [],
        }
        return Response(ScannedSerializer(shown).data)


class PickListDoor(FloorDoor):
    @extend_schema(operation_id="warehouse_pick_list", parameters=[PickQuerySerializer], responses=PickPageSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """A page of the pick list by zone, bin and code."""
        asked = _asked(PickQuerySerializer, request)
        states = progress.pick_states(self.get_object(), zone=asked.get("zone", ""))
        begin = _behind(states, asked["after"]) if "after" in asked else 0
        page = states[begin : begin + asked["page_size"]]
        more = begin + len(page) < len(states)
        return Response(PickPageSerializer({"next": page[-1].code if more else None, "results": page}).data)


def _behind(states: list[progress.PickState], code: str) -> int:
    """Return where the list goes on behind ``code``; :raises Invalid: it has no such SKU."""
    for place, state in enumerate(states):
        if state.code == code:
            return place + 1
    raise Invalid(attr="after")


class PutListDoor(FloorDoor):
    @extend_schema(operation_id="warehouse_put_list", parameters=[PutQuerySerializer], responses=PutPageSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """A page of the positions that get one SKU, in their order."""
        wave: Wave = self.get_object()
        asked = _asked(PutQuerySerializer, request)
        sku_ids = scans.skus_of(wave, asked["sku"])
        if not sku_ids:
            raise NotInWave(attr="sku")
        size = asked["page_size"]
        found = puts.of_sku(wave, sku_ids[0], after=asked["after"], only_open=asked["only_open"], limit=size + 1)
        page = found[:size]
        more = len(found) > size
        return Response(PutPageSerializer({"next": page[-1].position if more else None, "results": page}).data)


class ProgressDoor(FloorDoor):
    @extend_schema(operation_id="warehouse_progress", responses=WaveProgressSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """How far the wave is, and each of its zones."""
        wave: Wave = self.get_object()
        zones = {zone: ProgressSerializer(each).data for zone, each in progress.of_zones(wave).items()}
        return Response({**ProgressSerializer(progress.of_wave(wave)).data, "zones": zones})


class EventsDoor(FloorDoor):
    permission_classes = (Dispatches,)
    keyed = ("POST",)
    http_method_names = ["post", "options"]

    @extend_schema(operation_id="warehouse_events", request=EventsSerializer, responses=EventsAnsweredSerializer)
    def post(self, request: Request, public_id: str) -> Response:
        """Count what was done. Every event is answered: accepted, duplicate, or conflict with the reason."""
        wave: Wave = self.get_object()
        form = EventsSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        events = [FloorEvent(**event) for event in form.validated_data["events"]]

        def work() -> Answer:
            results = floor_events_take(wave=wave, events=events, actor_id=cast("User", request.user).pk)
            shown = {"results": results, "progress": progress.of_wave(wave)}
            return Answer(200, EventsAnsweredSerializer(shown).data)

        return once(request, work)
