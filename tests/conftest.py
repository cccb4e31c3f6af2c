"""
Every test run has a PostgreSQL and a Redis of its own, in a fresh folder, on free ports, gone at the end.

They start before Django reads its settings, once per run also under xdist, and die with the run. Each xdist worker
has a database of its own in both: what is counted in the cache, and emptied between tests, must be its own. The tests
connect as the tables' owner, since emptying a table needs it; ``SET ROLE groupbuy_app`` steps down to what the
application may do.
"""

from __future__ import annotations

import base64
import os
import tempfile
from pathlib import Path
from typing import Any

import django
import pytest

from groupbuy.config import embedded

DATA = pytest.StashKey[Path]()

ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "groupbuy.config.settings",
    "SECRET_KEY": "tests only, never used to protect anything",
    "FIELD_KEY": base64.b64encode(b"tests only: 32 bytes, no secret!").decode(),
    "DATABASE_APP_ROLE": "groupbuy_app",
    "DEV_PROVIDERS": "true",
    "PUBLIC_URL": "http://testserver",
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "STATIC_MANIFEST": "false",
    "LOG_FORMAT": "console",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--renew-golden", action="store_true", help="write fixtures/golden anew; its totals are then checked by hand"
    )


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):  # an xdist worker, which inherits the environment set below
        _own_cache(worker=int(config.workerinput["workerid"].removeprefix("gw")))
        return
    data = Path(tempfile.mkdtemp(prefix="groupbuy-tests-")).resolve()
    data.chmod(0o711)  # as root the servers run as another user, who must get in
    config.stash[DATA] = data
    servers = embedded.start(data, durable=False, die_with_us=True)
    os.environ.update(ENVIRONMENT)
    os.environ["GROUPBUY_VAR"] = str(data)
    os.environ["DATABASE_URL"] = os.environ["DATABASE_OWNER_URL"] = servers.database_owner_url
    os.environ["REDIS_URL"] = servers.redis_url
    django.setup()


def _own_cache(*, worker: int) -> None:
    """
    Give the worker the cache's Redis database number 1 + ``worker``, of 15.

    Its settings are read by now, since it inherits their name; no cache is open yet, so they can still be turned.
    """
    from django.conf import settings

    from groupbuy.config.databases import redis_database_after

    url = redis_database_after(os.environ["REDIS_URL"], 1 + worker)
    os.environ["CACHE_URL"] = settings.CACHES["default"]["LOCATION"] = url


def pytest_unconfigure(config: pytest.Config) -> None:
    data = config.stash.get(DATA, None)
    if data is not None:
        embedded.remove(data)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Give the application's role its rights on the test database, as a deployment does."""
    from django.core.management import call_command

    with django_db_blocker.unblock():
        call_command("grant_app_role", database="default")


@pytest.fixture(autouse=True)
def _cheap_passwords(request: pytest.FixtureRequest, settings: Any) -> None:
    """
    Hash passwords at no cost, which would else take most of the time.

    Not for tests with a web process of their own: it reads its own settings and has to check the hashes.
    """
    if not (request.node.get_closest_marker("flow") or request.node.get_closest_marker("browser")):
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
