"""Who may use which door; what he sees behind it is the gate's business."""

from typing import Any, cast

from rest_framework.permissions import SAFE_METHODS, IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from fulfillment.selectors import rights
from groupbuy.models import User
from groupbuy.selectors import posts


class WorksAtPoint(IsAuthenticated):
    """Leaders and helpers with an active post."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return super().has_permission(request, view) and posts.points_of(cast("User", request.user)).exists()


class SeesWaves(IsAuthenticated):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return super().has_permission(request, view) and rights.may_see_waves(cast("User", request.user))


class Dispatches(SeesWaves):
    def has_object_permission(self, request: Request, view: APIView, obj: Any) -> bool:
        return rights.may_dispatch(cast("User", request.user), obj)


class Records(SeesWaves):
    """Whoever sees a wave sees what is recorded of it; recording is for those who may send it off."""

    def has_object_permission(self, request: Request, view: APIView, obj: Any) -> bool:
        return request.method in SAFE_METHODS or rights.may_dispatch(cast("User", request.user), obj)


class CountsGoods(SeesWaves):
    def has_object_permission(self, request: Request, view: APIView, obj: Any) -> bool:
        return rights.may_count(cast("User", request.user), obj)
