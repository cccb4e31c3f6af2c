"""What every request gets: an id in its log lines and answer, a count and a time in the metrics."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter, Histogram

GetResponse = Callable[[HttpRequest], HttpResponse]

GIVEN_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

REQUESTS = Counter("groupbuy_http_requests_total", "Answered requests.", ["method", "route", "status"])
SECONDS = Histogram("groupbuy_http_request_seconds", "Time to answer.", ["route"])


def observe(get_response: GetResponse) -> GetResponse:
    """Number and measure requests; labels are routes, never paths, so that their number is bounded."""

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if GIVEN_ID.fullmatch(given) else uuid.uuid4().hex
        begun = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = get_response(request)
        route = request.resolver_match.route if request.resolver_match else "unknown"
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(method, route, response.status_code).inc()
        SECONDS.labels(route).observe(time.perf_counter() - begun)
        response["X-Request-ID"] = request_id
        return response

    return middleware
