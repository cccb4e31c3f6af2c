"""``services.json``: the ports and passwords of one data folder's servers, chosen once and kept."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from groupbuy.config.embedded import processes
from groupbuy.config.embedded.errors import ServiceError


def _password() -> str:
    return secrets.token_urlsafe(24)


@dataclass(frozen=True)
class Registry:
    """Ports are TCP ports on 127.0.0.1; passwords are safe inside an URL."""

    postgres_port: int = field(default_factory=processes.free_port)
    redis_port: int = field(default_factory=processes.free_port)
    superuser_password: str = field(default_factory=_password)
    owner_password: str = field(default_factory=_password)
    app_password: str = field(default_factory=_password)
    redis_password: str = field(default_factory=_password)

    def with_new_port(self, name: str) -> Registry:
        """Replace the port ``name`` by a free one."""
        return Registry(**{**asdict(self), name: processes.free_port()})


def read(var: Path) -> Registry | None:
    """Read the registry of a data folder; None if its servers were never started."""
    try:
        return Registry(**json.loads((var / "services.json").read_text()))
    except FileNotFoundError:
        return None
    except (PermissionError, TypeError, ValueError) as error:
        raise ServiceError(
            f"{var / 'services.json'} cannot be read ({error}); `make demo-reset` starts afresh"
        ) from error


def write(var: Path, registry: Registry) -> None:
    """Store the registry so that only its owner can read it, complete or not at all."""
    write_private(var / "services.json", json.dumps(asdict(registry), indent=2))


def write_private(path: Path, text: str) -> None:
    """Replace a file by one of mode 0600 in one step."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    unfinished.replace(path)


@contextmanager
def alone(var: Path) -> Iterator[None]:
    """Let only one process at a time start or stop the servers of a data folder."""
    var.mkdir(parents=True, exist_ok=True)
    with (var / "services.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
