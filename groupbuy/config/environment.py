"""Read settings from the environment; a missing or malformed one stops the start with a sentence, not a trace."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}

_fallbacks: dict[str, str] = {}


def fall_back_on(values: Mapping[str, str]) -> None:
    """
    Use these where the environment is silent.

    Kept apart from ``os.environ``, so that a child process reads the data folder itself and not our copy.
    """
    _fallbacks.update(values)


def _get(name: str, default: str | None) -> str | None:
    return os.environ.get(name, _fallbacks.get(name, default))


def text(name: str, default: str | None = None) -> str:
    """:raises ImproperlyConfigured: there is neither a value nor a default."""
    value = _get(name, default)
    if value is None:
        raise ImproperlyConfigured(
            f"缺少环境变量 / the environment variable {name} is required when DATABASE_URL is set"
        )
    return value


def boolean(name: str, default: bool) -> bool:
    value = text(name, str(default)).strip().lower()
    if value not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}")
    return value in TRUE


def integer(name: str, default: int) -> int:
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}") from error


def words(name: str, default: str = "") -> list[str]:
    """Read a list written with commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def key(name: str) -> str:
    """Check that a key is 32 bytes written in base64, as ``openssl rand -base64 32`` prints them."""
    value = text(name)
    try:
        length = len(base64.b64decode(value, validate=True))
    except binascii.Error as error:
        raise ImproperlyConfigured(f"{name} is not base64; make one with: openssl rand -base64 32") from error
    if length != 32:
        raise ImproperlyConfigured(f"{name} must hold 32 bytes, not {length}; openssl rand -base64 32 makes one")
    return value
