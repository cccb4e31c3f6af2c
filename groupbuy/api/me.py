"""Who am I: my own name and phone, and where I work."""

from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from groupbuy.api.once import once
from groupbuy.kernel.doors import Door
from groupbuy.kernel.drf import StrictSerializer
from groupbuy.models import PointStaff, User, WarehouseStaff
from groupbuy.selectors import posts
from groupbuy.services.idempotency import Answer
from groupbuy.services.sessions import name_set


class PointPostSerializer(serializers.ModelSerializer[PointStaff]):
    id = serializers.UUIDField(source="point.public_id")
    name = serializers.CharField(source="point.name")
    community = serializers.CharField(source="point.community.name")

    class Meta:
        model = PointStaff
        fields = ("id", "name", "community", "role")


class WarehousePostSerializer(serializers.ModelSerializer[WarehouseStaff]):
    code = serializers.CharField(source="warehouse.code")
    name = serializers.CharField(source="warehouse.name")

    class Meta:
        model = WarehouseStaff
        fields = ("code", "name")


class MeSerializer(serializers.ModelSerializer[User]):
    """The only answer that holds a full phone number: the person's own."""

    id = serializers.UUIDField(source="public_id")
    phone = serializers.CharField()
    points = PointPostSerializer(many=True, source="active_points")
    warehouses = WarehousePostSerializer(many=True, source="active_warehouses")

    class Meta:
        model = User
        fields = ("id", "username", "display_name", "phone", "is_staff", "points", "warehouses")

    def to_representation(self, instance: User) -> dict[str, Any]:
        instance.active_points = posts.points_of(instance)  # type: ignore[attr-defined]
        instance.active_warehouses = posts.warehouses_of(instance)  # type: ignore[attr-defined]
        return super().to_representation(instance)


class MeChangeSerializer(StrictSerializer):
    display_name = serializers.CharField(max_length=64)


class MeDoor(Door):
    keyed = ("PATCH",)

    @extend_schema(operation_id="me", responses=MeSerializer)
    def get(self, request: Request) -> Response:
        return Response(MeSerializer(cast("User", request.user)).data)

    @extend_schema(operation_id="me_change", request=MeChangeSerializer, responses=MeSerializer)
    def patch(self, request: Request) -> Response:
        form = MeChangeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        user = cast("User", request.user)

        def work() -> Answer:
            name_set(user=user, display_name=form.validated_data["display_name"])
            return Answer(200, None)

        # The stored answer holds no phone number; what is shown is read afresh.
        answer = once(request, work)
        answer.data = MeSerializer(User.objects.get(pk=user.pk)).data
        return answer
