"""The two database connections: the application's, and the owner's that migrates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import dj_database_url

Connection = dict[str, Any]

ENGINE = "groupbuy.config.postgresql"


def connections(
    *, url: str, owner_url: str, lock_timeout_ms: int, statement_timeout_ms: int, idle_timeout_ms: int, keep: bool
) -> dict[str, Connection]:
    """
    Build Django's DATABASES.

    :param keep: keep each thread's connection from one request to the next, for ever; else each request opens one.
        Workers x threads must stay under the server's ``max_connections``.
    """
    settings: dict[str, int | str] = {
        "lock_timeout": lock_timeout_ms,
        "statement_timeout": statement_timeout_ms,
        "idle_in_transaction_session_timeout": idle_timeout_ms,
    }
    if keep:
        # What ``kernel.db.prepared`` runs finds rows by their keys: a plan for the very values would be the same plan,
        # and making it takes longer than running it.
        settings["plan_cache_mode"] = "force_generic_plan"
    application = connection(url, settings)
    if keep:
        application["CONN_MAX_AGE"] = None
    # A migration may take its time, but must not queue in front of everybody behind a long reader.
    owner = connection(owner_url, {"lock_timeout": lock_timeout_ms})
    owner["TEST"] = {"MIRROR": "default"}
    return {"default": application, "owner": owner}


def connection(url: str, settings: Mapping[str, int | str]) -> Connection:
    """Parse one URL; the server's settings travel in the connection's start-up packet."""
    parsed: Connection = dict(dj_database_url.parse(url, engine=ENGINE, conn_max_age=0, conn_health_checks=True))
    options = parsed.setdefault("OPTIONS", {})
    options["options"] = " ".join(f"-c {name}={value}" for name, value in settings.items())
    options["connect_timeout"] = 5
    options["application_name"] = "groupbuy"
    # For ``kernel.db.prepared`` only: Django's own cursors put their parameters into the text and prepare nothing.
    options["prepare_threshold"] = 2
    return parsed


def redis_database_after(url: str, steps: int = 1) -> str:
    """Give the URL of the database so many after the one that ``url`` names: /0 becomes /1."""
    parts = urlsplit(url)
    number = int(parts.path.strip("/") or 0) + steps
    return urlunsplit(parts._replace(path=f"/{number}"))
