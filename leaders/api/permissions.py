"""Who may use which door; what he sees behind it is the gate's business."""

from typing import cast

from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from groupbuy.models import User
from groupbuy.selectors import posts


class WorksAtPoint(IsAuthenticated):
    """Leaders and helpers with an active post."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return super().has_permission(request, view) and posts.points_of(cast("User", request.user)).exists()


class ReviewsApplications(IsAuthenticated):
    def has_permission(self, request: Request, view: APIView) -> bool:
        reviews = request.user.is_staff and request.user.has_perm("leaders.change_leaderapplication")
        return super().has_permission(request, view) and reviews
