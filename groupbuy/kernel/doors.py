"""What the API's views of all apps share: one base class, one way to write once."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.generics import GenericAPIView
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from groupbuy.kernel.schema import ProblemSchema

KEY_HEADER = "Idempotency-Key"
REPLAY_HEADER = "Idempotent-Replay"


class Door(GenericAPIView[Any]):
    """
    Base of every view. ``gate`` is the selector that says what the person behind the request may see.

    ``queryset`` only names the model for the OpenAPI document; rows come through the gate.
    """

    lookup_field = "public_id"
    schema = ProblemSchema()

    def gate(self) -> QuerySet[Any]:
        raise NotImplementedError(f"{type(self).__name__} shows no rows")

    def get_queryset(self) -> QuerySet[Any]:
        return self.gate()

    def page(self, request: Request) -> Response:
        """Answer one page of what the gate and the filters let through."""
        rows = self.paginate_queryset(self.filter_queryset(self.gate()))
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Instants go in and out in UTC."""
        with timezone.override(dt.UTC):
            return super().dispatch(request, *args, **kwargs)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Say in the header too when to come again, where an error knows it."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        if answer.status_code >= 400 and isinstance(answer.data, dict) and "retry_after_s" in answer.data:
            answer["Retry-After"] = str(answer.data["retry_after_s"])
        return answer


class TakesAnyAccept(BaseContentNegotiation):
    """For doors that answer with a file: what kind is said in the query, whatever ``Accept`` says."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        return next(iter(parsers))

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


class Answered(Protocol):
    """What a write answers with; ``replayed``: it happened at an earlier request."""

    @property
    def status(self) -> int: ...
    @property
    def data(self) -> Any: ...
    @property
    def replayed(self) -> bool: ...


class Runner(Protocol):
    def __call__(self, *, actor_id: int, key: str, request: Any, work: Callable[[], Any]) -> Answered: ...


def answer_once(
    request: Request,
    work: Callable[[], Any],
    *,
    checked_key: Callable[[str | None], str],
    run_once: Runner,
) -> Response:
    """
    Do a write once for the person and the key in the request's header, and answer it as often as it is asked.

    Each app binds the two functions of its idempotency service, which the kernel does not know.
    """
    assert request.user.pk is not None, "only for doors that ask for a log-in"
    answer = run_once(
        actor_id=request.user.pk,
        key=checked_key(request.headers.get(KEY_HEADER)),
        request={"method": request.method, "path": request.path, "body": request.data},
        work=work,
    )
    headers = {REPLAY_HEADER: "true"} if answer.replayed else None
    return Response(answer.data, status=answer.status, headers=headers)
