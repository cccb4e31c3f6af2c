"""Is this process alive, is the system ready, and what do the counters say."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest, multiprocess

# Functions without arguments that describe an app's background work, such as the sweeps' lag, as plain
# JSON values. They inform; they never decide readiness. A database error in one is the database's.
NOTES: Mapping[str, str] = {"sweeps_lag_s": "groupbuy.services.sweeping.lags"}

BROKER_PATIENCE_S = 0.5


@never_cache
@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """Answer as long as this process can; asks nobody else, so that a dead database restarts no web server."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """503 only while the database or its migrations are not ready; everything else is for information."""
    try:
        migrated = _is_migrated()
        notes = {name: import_string(path)() for name, path in NOTES.items()} if migrated else {}
    except DatabaseError:
        return JsonResponse({"status": "unavailable", "database": "unreachable"}, status=503)
    body = {
        "status": "ok" if migrated else "unavailable",
        "database": "ok" if migrated else "not migrated",
        "broker": "ok" if _broker_answers() else "unreachable",
        **notes,
    }
    return JsonResponse(body, status=200 if migrated else 503)


@never_cache
@require_safe
def metrics(_request: HttpRequest) -> HttpResponse:
    """Counters in Prometheus' format, of all web processes if they share PROMETHEUS_MULTIPROC_DIR."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # its signature has none
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _is_migrated() -> bool:
    """Ask the database at every call whether it is there, but for its migrations only until they are complete."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return bool(_Once.migrated) or _look_at_migrations()


class _Once:
    migrated = False


def _look_at_migrations() -> bool:
    executor = MigrationExecutor(connection)
    _Once.migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _Once.migrated


def _broker_answers() -> bool:
    try:
        return bool(_broker().ping())
    except redis.RedisError:
        return False


@cache
def _broker() -> Any:
    patience = {"socket_timeout": BROKER_PATIENCE_S, "socket_connect_timeout": BROKER_PATIENCE_S}
    return redis.Redis.from_url(settings.REDIS_URL, **patience)
