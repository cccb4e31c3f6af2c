"""What a demo's data folder stands in for: the environment variables that a real deployment must give."""

from __future__ import annotations

import base64
import json
import os
import secrets
from pathlib import Path
from urllib.parse import quote

from groupbuy.config import embedded


def environment(var: Path) -> dict[str, str]:
    """
    Give the variables that hold while ``DATABASE_URL`` is not set.

    ``demo.json`` is written by the supervisor and ``payment_keys/wechat.json`` by the development payment
    provider, so that a command in another terminal uses the same ports and keys.
    """
    return {
        "DEV_PROVIDERS": "true",
        "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
        **_addresses(var),
        **_secrets(var / "dev-secrets.json"),
        **_read(var / "payment_keys" / "wechat.json"),
        **_read(var / "demo.json"),
    }


def _addresses(var: Path) -> dict[str, str]:
    known = embedded.addresses(var)
    if known is None:
        # A socket that is not there: the error a command then gets names what to do.
        nowhere = quote(str(var / "not started: run python manage.py services start"), safe="")
        database = f"postgres://{nowhere}/groupbuy"
        return {"DATABASE_URL": database, "DATABASE_OWNER_URL": database, "REDIS_URL": "redis://127.0.0.1:1/0"}
    return {
        "DATABASE_URL": known.database_url,
        "DATABASE_OWNER_URL": known.database_owner_url,
        "REDIS_URL": known.redis_url,
    }


def _read(file: Path) -> dict[str, str]:
    return {name: str(value) for name, value in json.loads(file.read_text()).items()} if file.exists() else {}


def _secrets(file: Path) -> dict[str, str]:
    """Give the secrets made up at the first start; two processes that start at once agree on one set."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        field_key = base64.b64encode(secrets.token_bytes(32)).decode()
        _write_once(file, json.dumps({"SECRET_KEY": secrets.token_urlsafe(48), "FIELD_KEY": field_key}))
    return _read(file)


def _write_once(file: Path, content: str) -> None:
    """Write a file of mode 0600 unless another process was faster; nobody ever reads half of it."""
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        stream.write(content)
    try:
        os.link(unfinished, file)
    except FileExistsError:
        return
    finally:
        unfinished.unlink()
