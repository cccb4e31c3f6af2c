"""Applying to become a leader, and the review of it."""

from typing import cast

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from groupbuy.kernel.doors import Door
from groupbuy.models import User
from groupbuy.services.idempotency import Answer
from leaders.api.application_shapes import (
    ApplicationSerializer,
    ApplicationWantedSerializer,
    ApproveSerializer,
    RejectSerializer,
)
from leaders.api.once import once
from leaders.api.permissions import ReviewsApplications
from leaders.api.words import APPLICATION_STATES
from leaders.models import LeaderApplication
from leaders.selectors import applications
from leaders.services.applications import application_approve, application_reject, application_submit


class ApplicationFilter(filters.FilterSet):
    state = filters.MultipleChoiceFilter(choices=APPLICATION_STATES)
    kind = filters.CharFilter()


class ApplicationsDoor(Door):
    """One's own applications."""

    keyed = ("POST",)
    queryset = LeaderApplication.objects.none()
    serializer_class = ApplicationSerializer

    def gate(self) -> QuerySet[LeaderApplication]:
        return applications.own(cast("User", self.request.user))

    @extend_schema(operation_id="leader_applications", responses=ApplicationSerializer(many=True))
    def get(self, request: Request) -> Response:
        return self.page(request)

    @extend_schema(
        operation_id="leader_application_submit",
        request=ApplicationWantedSerializer,
        responses={201: ApplicationSerializer},
    )
    def post(self, request: Request) -> Response:
        """Hand in an application, or a rejected one again."""
        form = ApplicationWantedSerializer(data=request.data)
        form.is_valid(raise_exception=True)

        def work() -> Answer:
            application = application_submit(applicant=cast("User", request.user), form=form.form())
            return Answer(201, ApplicationSerializer(self.gate().get(pk=application.pk)).data)

        return once(request, work)


class ReviewDoor(Door):
    permission_classes = (ReviewsApplications,)
    queryset = LeaderApplication.objects.none()
    serializer_class = ApplicationSerializer
    filterset_class = ApplicationFilter

    def gate(self) -> QuerySet[LeaderApplication]:
        return applications.handed_in()

    @extend_schema(operation_id="review_applications", responses=ApplicationSerializer(many=True))
    def get(self, request: Request) -> Response:
        return self.page(request)


class ReviewVerdictDoor(Door):
    permission_classes = (ReviewsApplications,)
    keyed = ("POST",)
    queryset = LeaderApplication.objects.none()

    def gate(self) -> QuerySet[LeaderApplication]:
        return applications.handed_in()


class ApproveDoor(ReviewVerdictDoor):
    @extend_schema(
        operation_id="review_application_approve", request=ApproveSerializer, responses=ApplicationSerializer
    )
    def post(self, request: Request, public_id: str) -> Response:
        application: LeaderApplication = self.get_object()
        form = ApproveSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        warehouse = form.validated_data.get("warehouse")

        def work() -> Answer:
            application_approve(
                application_id=application.pk,
                actor_id=cast("int", request.user.pk),
                warehouse_id=warehouse.pk if warehouse else None,
            )
            return Answer(200, ApplicationSerializer(self.gate().get(pk=application.pk)).data)

        return once(request, work)


class RejectDoor(ReviewVerdictDoor):
    @extend_schema(operation_id="review_application_reject", request=RejectSerializer, responses=ApplicationSerializer)
    def post(self, request: Request, public_id: str) -> Response:
        application: LeaderApplication = self.get_object()
        form = RejectSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        reason = form.validated_data["reason"]

        def work() -> Answer:
            application_reject(application_id=application.pk, actor_id=cast("int", request.user.pk), reason=reason)
            return Answer(200, ApplicationSerializer(self.gate().get(pk=application.pk)).data)

        return once(request, work)
