"""Long papers: asked for, watched, fetched."""

import datetime as dt
from typing import Any, cast

from django.db.models import QuerySet
from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.utils.functional import cached_property
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from fulfillment.api.once import once
from fulfillment.api.permissions import SeesWaves
from fulfillment.api.words import PAPER_JOB_STATES, PAPER_KINDS
from fulfillment.exports import CONTENT_TYPES, PaperFormat, content_type
from fulfillment.models import PaperJob
from fulfillment.selectors import paper_jobs, waves
from fulfillment.selectors.rights import may_print
from fulfillment.services.paper_jobs import paper_file, paper_job_ask, paper_job_cancel, paper_job_retry
from groupbuy.kernel import clock
from groupbuy.kernel.doors import KEY_HEADER, Door, TakesAnyAccept
from groupbuy.kernel.drf import StrictSerializer
from groupbuy.kernel.errors import Forbidden, Missing
from groupbuy.models import User
from groupbuy.services.idempotency import Answer

AS = [(kind, kind) for kind in CONTENT_TYPES]
LANGS = [("zh", "zh"), ("en", "en")]


class PaperJobSerializer(serializers.ModelSerializer[PaperJob]):
    id = serializers.UUIDField(source="public_id")
    wave = serializers.UUIDField(source="wave.public_id")
    kind = serializers.ChoiceField(choices=PAPER_KINDS)
    lang = serializers.ChoiceField(choices=LANGS)
    percent = serializers.IntegerField()
    seconds_left = serializers.SerializerMethodField(help_text="An estimate; null while there is nothing to go by.")
    file = serializers.SerializerMethodField(help_text="Where it can be fetched, once it is done.")

    class Meta:
        model = PaperJob
        fields = (
            *("id", "wave", "kind", "lang", "paper_version", "state", "percent", "rows_done", "rows_total"),
            *("seconds_left", "failure", "file", "file_name", "size_bytes"),
            *("asked_at", "started_at", "finished_at", "expires_at"),
        )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """``as`` is a word of Python's own."""
        return {**super().get_fields(), "as": serializers.ChoiceField(source="format", choices=AS)}

    def get_seconds_left(self, job: PaperJob) -> int | None:
        return job.seconds_left(self._now)

    @cached_property
    def _now(self) -> dt.datetime:
        """One look at the clock for all the jobs of an answer."""
        return clock.now()

    def get_file(self, job: PaperJob) -> str | None:
        done = job.state == "done"
        return reverse("api-warehouse-paper-job-file", kwargs={"public_id": job.public_id}) if done else None


class PaperJobAskSerializer(StrictSerializer):
    wave = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=PAPER_KINDS)
    version = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, help_text="By default the newest."
    )
    lang = serializers.ChoiceField(choices=LANGS, default="zh")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {**super().get_fields(), "as": serializers.ChoiceField(choices=AS, default="xlsx")}


class PaperJobFilter(filters.FilterSet):
    wave = filters.UUIDFilter(field_name="wave__public_id")
    state = filters.MultipleChoiceFilter(choices=PAPER_JOB_STATES)


class PaperJobDoor(Door):
    permission_classes = (SeesWaves,)
    queryset = PaperJob.objects.none()
    serializer_class = PaperJobSerializer

    def gate(self) -> QuerySet[PaperJob]:
        return paper_jobs.visible_to(cast("User", self.request.user))

    @extend_schema(operation_id="warehouse_paper_job", responses=PaperJobSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        return Response(PaperJobSerializer(self.get_object()).data)


class PaperJobsDoor(PaperJobDoor):
    filterset_class = PaperJobFilter
    keyed = ("POST",)

    @extend_schema(operation_id="warehouse_paper_jobs", responses=PaperJobSerializer(many=True))
    def get(self, request: Request) -> Response:  # type: ignore[override]
        return self.page(request)

    @extend_schema(
        operation_id="warehouse_paper_job_ask", request=PaperJobAskSerializer, responses={202: PaperJobSerializer}
    )
    def post(self, request: Request) -> Response:
        """Ask for a paper; the same one is made once, whoever asks."""
        form = PaperJobAskSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        wanted, user = form.validated_data, cast("User", request.user)
        wave = waves.visible_to(user).filter(public_id=wanted["wave"]).first()
        if wave is None:
            raise Missing
        if not may_print(user, wanted["kind"]):
            raise Forbidden

        def work() -> Answer:
            job = paper_job_ask(
                wave_id=wave.pk,
                kind=wanted["kind"],
                format=wanted["as"],
                lang=wanted["lang"],
                version=wanted.get("version", wave.paper_version),
                actor_id=user.pk,
                key=request.headers[KEY_HEADER],
            )
            return Answer(202, PaperJobSerializer(job).data)

        return once(request, work)


class PaperJobCancelDoor(PaperJobDoor):
    http_method_names = ["post", "options"]
    keyed = ("POST",)

    @extend_schema(operation_id="warehouse_paper_job_cancel", request=None, responses=PaperJobSerializer)
    def post(self, request: Request, public_id: str) -> Response:
        job: PaperJob = self.get_object()

        def work() -> Answer:
            paper_job_cancel(job_id=job.pk, actor_id=request.user.pk)
            return Answer(200, PaperJobSerializer(self.gate().get(pk=job.pk)).data)

        return once(request, work)


class PaperJobRetryDoor(PaperJobDoor):
    http_method_names = ["post", "options"]
    keyed = ("POST",)

    @extend_schema(operation_id="warehouse_paper_job_retry", request=None, responses={202: PaperJobSerializer})
    def post(self, request: Request, public_id: str) -> Response:
        """Have a failed job made again, from where it stopped."""
        job: PaperJob = self.get_object()

        def work() -> Answer:
            again = paper_job_retry(job_id=job.pk, actor_id=request.user.pk)
            return Answer(202, PaperJobSerializer(again).data)

        return once(request, work)


class PaperJobFileDoor(PaperJobDoor):
    content_negotiation_class = TakesAnyAccept

    @extend_schema(
        operation_id="warehouse_paper_job_file",
        responses={(200, kind): OpenApiTypes.BINARY for kind in CONTENT_TYPES.values()},
    )
    def get(self, request: Request, public_id: str) -> HttpResponseBase:  # type: ignore[override]
        """The finished file, until it expires."""
        job: PaperJob = self.get_object()
        kind = content_type(cast("PaperFormat", job.format))
        response = FileResponse(paper_file(job), content_type=kind, as_attachment=True, filename=job.file_name)
        response["Cache-Control"] = "private, no-store"
        return response
