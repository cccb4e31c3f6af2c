"""The addresses that machines ask."""

from __future__ import annotations

import pytest
import redis
from django.db import connection
from django.test import Client

from groupbuy.config import health


@pytest.fixture
def unmigrated() -> None:
    health._Once.migrated = False


def test_the_process_answers_without_asking_the_database(client: Client) -> None:
    answer = client.get("/healthz")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}


@pytest.mark.django_db
def test_a_migrated_database_and_a_broker_are_ready(client: Client, unmigrated: None) -> None:
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert {name: answer.json()[name] for name in ("status", "database", "broker")} == {
        "status": "ok",
        "database": "ok",
        "broker": "ok",
    }


@pytest.mark.django_db
def test_a_missing_migration_is_not_ready(client: Client, unmigrated: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'leaders'")

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["database"] == "not migrated"


@pytest.mark.django_db
def test_a_dead_broker_is_reported_and_the_system_stays_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = redis.Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.2)
    monkeypatch.setattr(health, "_broker", lambda: nobody)

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["broker"] == "unreachable"


def test_metrics_count_requests_by_route_and_not_by_path(client: Client) -> None:
    client.get("/healthz")
    client.get("/no/such/page-of-4711")

    text = client.get("/metrics").content.decode()

    assert 'groupbuy_http_requests_total{method="GET",route="healthz",status="200"}' in text
    assert 'groupbuy_http_requests_total{method="GET",route="unknown",status="404"}' in text
    assert "page-of-4711" not in text


def test_a_request_keeps_the_id_it_came_with_unless_it_is_malformed(client: Client) -> None:
    kept = client.get("/healthz", headers={"x-request-id": "abcdef-0123"})
    replaced = client.get("/healthz", headers={"x-request-id": "a b\tc"})

    assert kept["X-Request-ID"] == "abcdef-0123"
    assert len(replaced["X-Request-ID"]) == 32


@pytest.mark.django_db
def test_the_openapi_document_is_3_1_and_its_page_needs_no_outside_host(client: Client) -> None:
    document = client.get("/api/v1/schema/", headers={"accept": "application/json"})
    page = client.get("/api/v1/docs/").content.decode()

    assert document.json()["openapi"] == "3.1.1"
    assert "https://" not in page
