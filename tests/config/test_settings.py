"""A deployment with something missing stops at once, with a sentence."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.core.cache import cache

from groupbuy.config import databases

COMPLETE = {
    "DATABASE_URL": "postgres://groupbuy_app:secret@db.example/groupbuy",
    "REDIS_URL": "redis://cache.example:6379/3",
    "SECRET_KEY": "made up",
    "FIELD_KEY": base64.b64encode(bytes(32)).decode(),
}
PRINT = """
import json
from django.conf import settings as s
print(json.dumps([s.DEBUG, s.DEV_PROVIDERS, s.DATABASES["default"]["HOST"], s.CACHES["default"]["LOCATION"],
                  s.SESSION_COOKIE_SECURE, s.DATABASES["default"]["OPTIONS"]["options"], s.DATABASE_APP_ROLE]))
"""


def load(environment: dict[str, str], var: Path) -> subprocess.CompletedProcess[str]:
    base = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "groupbuy.config.settings", "GROUPBUY_VAR": str(var)}
    command = [sys.executable, "-c", PRINT]
    return subprocess.run(command, env={**base, **environment}, capture_output=True, text=True, check=False)


def test_a_complete_environment_is_safe_by_default(tmp_path: Path) -> None:
    run = load({**COMPLETE, "PUBLIC_URL": "https://shop.example"}, tmp_path)

    assert json.loads(run.stdout) == [
        False,
        False,
        "db.example",
        "redis://cache.example:6379/4",
        True,
        "-c lock_timeout=3000 -c statement_timeout=300000 -c idle_in_transaction_session_timeout=60000",
        "groupbuy_app",
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_web_process_gives_up_after_ten_seconds(tmp_path: Path) -> None:
    run = load({**COMPLETE, "GROUPBUY_PROCESS": "web"}, tmp_path)

    assert json.loads(run.stdout)[5] == (
        "-c lock_timeout=3000 -c statement_timeout=10000 -c idle_in_transaction_session_timeout=10000"
        " -c plan_cache_mode=force_generic_plan"
    )


@pytest.mark.parametrize("name", ["SECRET_KEY", "FIELD_KEY", "REDIS_URL"])
def test_a_missing_variable_is_named(name: str, tmp_path: Path) -> None:
    environment = {key: value for key, value in COMPLETE.items() if key != name}

    run = load(environment, tmp_path)

    assert run.returncode == 1
    assert f"the environment variable {name} is required when DATABASE_URL is set" in run.stderr


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("FIELD_KEY", "short", "FIELD_KEY is not base64"),
        ("FIELD_KEY", base64.b64encode(bytes(16)).decode(), "FIELD_KEY must hold 32 bytes, not 16"),
        ("DEV_PROVIDERS", "maybe", "DEV_PROVIDERS must be true or false, not 'maybe'"),
        ("GROUPBUY_PAY_WINDOW_SECONDS", "15 min", "GROUPBUY_PAY_WINDOW_SECONDS must be a whole number, not '15 min'"),
    ],
)
def test_a_malformed_variable_is_named(name: str, value: str, complaint: str, tmp_path: Path) -> None:
    run = load({**COMPLETE, name: value}, tmp_path)

    assert run.returncode == 1
    assert complaint in run.stderr


def test_without_a_database_address_the_demos_secrets_are_made_once_and_kept_private(tmp_path: Path) -> None:
    load({}, tmp_path)
    first = (tmp_path / "dev-secrets.json").read_text()

    load({}, tmp_path)

    assert (tmp_path / "dev-secrets.json").read_text() == first
    assert (tmp_path / "dev-secrets.json").stat().st_mode & 0o777 == 0o600
    assert len(base64.b64decode(json.loads(first)["FIELD_KEY"])) == 32


def test_without_started_servers_the_error_says_what_to_run(tmp_path: Path) -> None:
    command = [sys.executable, "manage.py", "migrate", "--database", "owner", "--skip-checks"]
    environment = {"PATH": os.environ["PATH"], "GROUPBUY_VAR": str(tmp_path)}

    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert run.returncode == 1
    assert "not started: run python manage.py services start" in run.stderr


def test_tests_that_run_side_by_side_do_not_empty_each_others_cache() -> None:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    own = databases.redis_database_after(settings.REDIS_URL, 1 + worker)

    cache.set("whose", worker)

    with redis.Redis.from_url(own) as server:
        assert server.exists("groupbuy:1:whose") == 1
