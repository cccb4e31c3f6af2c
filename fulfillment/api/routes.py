"""Routes of a wave for the warehouse: live, moved by hand, planned by the solver, sent off one by one."""

from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fulfillment.api.once import once
from fulfillment.api.permissions import Dispatches, SeesWaves
from fulfillment.api.words import LEFT_OUT, ROUTE_PLAN_STATES, STOP_STATES
from fulfillment.models import Route, RoutePlan, Stop, Vehicle, Wave
from fulfillment.selectors import road, waves
from fulfillment.services.dispatch import route_depart
from fulfillment.services.driver_links import driver_link_make
from fulfillment.services.route_plans import LONGEST_BUDGET_S, route_plan_ask
from fulfillment.services.routes import NoSuchDriver, NoSuchRoute, NoSuchVehicle, route_assign, stop_move
from groupbuy.kernel.doors import Door
from groupbuy.kernel.drf import StrictSerializer
from groupbuy.models import User
from groupbuy.services.idempotency import Answer

MOST_SEED = 2**31 - 1


class LiveStopSerializer(serializers.Serializer[road.LiveStop]):
    id = serializers.UUIDField(source="stop.public_id")
    sequence = serializers.IntegerField(source="stop.sequence")
    position = serializers.IntegerField(source="stop.position")
    point = serializers.CharField(source="stop.point.name")
    code = serializers.CharField(source="stop.point.code")
    address = serializers.CharField(source="stop.point.address")
    crates = serializers.IntegerField(source="stop.crates")
    crates_back = serializers.IntegerField(source="stop.crates_back", allow_null=True)
    weight_g = serializers.IntegerField()
    leg_m = serializers.IntegerField(source="stop.leg_m", allow_null=True)
    state = serializers.ChoiceField(source="stop.state", choices=STOP_STATES or [])
    expected_at = serializers.DateTimeField(source="stop.expected_at", allow_null=True)
    arrived_at = serializers.DateTimeField(source="stop.arrived_at", allow_null=True)
    signed_at = serializers.DateTimeField(source="stop.signed_at", allow_null=True)
    late_minutes = serializers.IntegerField(allow_null=True, help_text="Behind the expected arrival, so far or at it.")
    problems = serializers.IntegerField(help_text="Reported by the driver.")
    left_out = serializers.ChoiceField(
        source="stop.left_out", choices=LEFT_OUT, allow_blank=True, help_text="Why no vehicle brings it, if none does."
    )


class LiveRouteSerializer(serializers.Serializer[road.LiveRoute]):
    id = serializers.UUIDField(source="route.public_id")
    number = serializers.IntegerField(source="route.number")
    name = serializers.CharField(source="route.name")
    vehicle = serializers.SerializerMethodField(help_text="Its plate.")
    driver = serializers.SerializerMethodField()
    distance_m = serializers.IntegerField(source="route.distance_m", allow_null=True)
    back_at = serializers.DateTimeField(source="route.back_at", allow_null=True)
    departed_at = serializers.DateTimeField(source="route.departed_at", allow_null=True)
    crates = serializers.IntegerField()
    weight_g = serializers.IntegerField()
    load_percent = serializers.IntegerField(allow_null=True)
    stops = LiveStopSerializer(many=True)

    def get_vehicle(self, row: road.LiveRoute) -> str | None:
        return row.route.vehicle.plate if row.route.vehicle else None

    def get_driver(self, row: road.LiveRoute) -> str | None:
        return str(row.route.driver) if row.route.driver else None


class RoutesSerializer(serializers.Serializer[Any]):
    paper_version = serializers.IntegerField()
    routes = LiveRouteSerializer(many=True)


class RoutePlanSerializer(serializers.ModelSerializer[RoutePlan]):
    id = serializers.UUIDField(source="public_id")
    state = serializers.ChoiceField(choices=ROUTE_PLAN_STATES or [])

    class Meta:
        model = RoutePlan
        fields = (
            "id",
            "state",
            "seed",
            "budget_s",
            "paper_version",
            "asked_at",
            "finished_at",
            "failure",
            "cut_short",
            "before_fen",
            "after_fen",
            "before_m",
            "after_m",
            "before_left_out",
            "after_left_out",
        )


class PlanWantedSerializer(StrictSerializer):
    seed = serializers.IntegerField(min_value=0, max_value=MOST_SEED, default=0, help_text="Same seed, same routes.")
    budget_s = serializers.IntegerField(min_value=1, max_value=LONGEST_BUDGET_S, required=False)


class MoveSerializer(StrictSerializer):
    route = serializers.UUIDField(allow_null=True, help_text="Null for a new route.")
    sequence = serializers.IntegerField(min_value=1, max_value=100_000, help_text="Beyond its end means last.")


class AssignSerializer(StrictSerializer):
    vehicle = serializers.CharField(max_length=16, allow_null=True, help_text="A plate, or null for none.")
    driver = serializers.UUIDField(allow_null=True, help_text="A person, or null for none.")


class DriverLinkSerializer(serializers.Serializer[Any]):
    url = serializers.CharField()
    expires_at = serializers.DateTimeField()


def _routes(wave: Wave) -> Any:
    wave.refresh_from_db()
    return RoutesSerializer({"paper_version": wave.paper_version, "routes": road.board(wave)}).data


class WaveRoutesDoor(Door):
    permission_classes = (SeesWaves,)
    queryset = Wave.objects.none()

    def gate(self) -> QuerySet[Wave]:
        return waves.visible_to(cast("User", self.request.user))

    @extend_schema(operation_id="warehouse_wave_routes", responses=RoutesSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Every route with its stops as they are now."""
        return Response(_routes(self.get_object()))


class RoutePlansDoor(WaveRoutesDoor):
    permission_classes = (Dispatches,)
    keyed = ("POST",)

    @extend_schema(operation_id="warehouse_wave_route_plans", responses=RoutePlanSerializer(many=True))
    def get(self, request: Request, public_id: str) -> Response:
        """The last twenty plans, the newest first."""
        plans = RoutePlan.objects.filter(wave=self.get_object()).order_by("-pk")[:20]
        return Response(RoutePlanSerializer(plans, many=True).data)

    @extend_schema(
        operation_id="warehouse_wave_route_plan_ask", request=PlanWantedSerializer, responses={202: RoutePlanSerializer}
    )
    def post(self, request: Request, public_id: str) -> Response:
        """Ask for better routes; a worker looks for them."""
        wave: Wave = self.get_object()
        form = PlanWantedSerializer(data=request.data)
        form.is_valid(raise_exception=True)

        def work() -> Answer:
            plan = route_plan_ask(wave_id=wave.pk, actor_id=request.user.pk, **form.validated_data)
            return Answer(202, RoutePlanSerializer(plan).data)

        return once(request, work)


class OfWaveDoor(Door):
    """Doors to one route or stop; the rights are those on its wave."""

    permission_classes = (Dispatches,)
    keyed: tuple[str, ...] = ("POST",)

    def check_object_permissions(self, request: Request, obj: Any) -> None:
        super().check_object_permissions(request, obj.wave)

    def mine(self) -> QuerySet[Wave]:
        return waves.visible_to(cast("User", self.request.user))


class StopMoveDoor(OfWaveDoor):
    queryset = Stop.objects.none()
    http_method_names = ["post", "options"]

    def gate(self) -> QuerySet[Stop]:
        return Stop.objects.filter(wave__in=self.mine()).select_related("wave__warehouse")

    @extend_schema(operation_id="warehouse_stop_move", request=MoveSerializer, responses=RoutesSerializer)
    def post(self, request: Request, public_id: str) -> Response:
        stop: Stop = self.get_object()
        form = MoveSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        wanted = form.validated_data

        def work() -> Answer:
            route_id = wanted["route"] and _route_id(stop.wave, wanted["route"])
            stop_move(stop_id=stop.pk, route_id=route_id, sequence=wanted["sequence"], actor_id=request.user.pk)
            return Answer(200, _routes(stop.wave))

        return once(request, work)


def _route_id(wave: Wave, public_id: Any) -> int:
    route = Route.objects.filter(wave=wave, public_id=public_id).first()
    if route is None:
        raise NoSuchRoute(attr="route")
    return route.pk


class RouteDoor(OfWaveDoor):
    queryset = Route.objects.none()
    keyed = ("PATCH",)
    http_method_names = ["patch", "options"]

    def gate(self) -> QuerySet[Route]:
        return Route.objects.filter(wave__in=self.mine()).select_related("wave__warehouse")

    @extend_schema(operation_id="warehouse_route_assign", request=AssignSerializer, responses=RoutesSerializer)
    def patch(self, request: Request, public_id: str) -> Response:
        """Give a route its vehicle and its driver; both are said."""
        route: Route = self.get_object()
        form = AssignSerializer(data=request.data)
        form.is_valid(raise_exception=True)

        def work() -> Answer:
            route_assign(
                route_id=route.pk,
                vehicle_id=_vehicle_id(form.validated_data["vehicle"]),
                driver_id=_driver_id(form.validated_data["driver"]),
                actor_id=request.user.pk,
            )
            return Answer(200, _routes(route.wave))

        return once(request, work)


def _vehicle_id(plate: str | None) -> int | None:
    if plate is None:
        return None
    vehicle = Vehicle.objects.filter(plate=plate).first()
    if vehicle is None:
        raise NoSuchVehicle(attr="vehicle")
    return vehicle.pk


def _driver_id(public_id: Any) -> int | None:
    if public_id is None:
        return None
    person = User.objects.filter(public_id=public_id).first()
    if person is None:
        raise NoSuchDriver(attr="driver")
    return person.pk


class RouteDepartDoor(RouteDoor):
    keyed = ("POST",)
    http_method_names = ["post", "options"]

    @extend_schema(operation_id="warehouse_route_depart", request=None, responses=RoutesSerializer)
    def post(self, request: Request, public_id: str) -> Response:
        route: Route = self.get_object()

        def work() -> Answer:
            route_depart(route_id=route.pk, actor_id=request.user.pk)
            return Answer(200, _routes(route.wave))

        return once(request, work)


class DriverLinkDoor(RouteDoor):
    keyed = ("POST",)
    http_method_names = ["post", "options"]

    @extend_schema(operation_id="warehouse_route_driver_link", request=None, responses={201: DriverLinkSerializer})
    def post(self, request: Request, public_id: str) -> Response:
        """Make a link for a driver without a log-in; the one made before ends."""
        route: Route = self.get_object()

        def work() -> Answer:
            url = driver_link_make(route_id=route.pk, actor_id=request.user.pk)
            route.refresh_from_db()
            return Answer(201, DriverLinkSerializer({"url": url, "expires_at": route.link_expires_at}).data)

        return once(request, work)
