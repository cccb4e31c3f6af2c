"""The embedded Redis: broker and cache, nothing that may not be lost, so it writes nothing to disk."""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import redis

from groupbuy.config.embedded import binaries, processes
from groupbuy.config.embedded.errors import ServiceError
from groupbuy.config.embedded.processes import LOOPBACK, Account
from groupbuy.config.embedded.registry import Registry, write_private

START_PATIENCE_S = 20.0
STOP_SIGNALS = ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0))

CONFIGURATION = """\
bind {host}
port {port}
requirepass {password}
dir "{folder}"
pidfile "{folder}/redis.pid"
save ""
appendonly no
maxmemory-policy noeviction
daemonize no
set-proc-title no
"""


@dataclass(frozen=True)
class RedisServer:
    """The server of one data folder ``var``."""

    var: Path
    registry: Registry

    name = "Redis"
    port_name = "redis_port"

    @property
    def configuration(self) -> Path:
        """The configuration's real path; it is also the argument that tells this server from any other."""
        return (self.var / "redis").resolve() / "redis.conf"

    @property
    def _pid_file(self) -> Path:
        return self.configuration.with_name("redis.pid")

    @property
    def port(self) -> int:
        return self.registry.redis_port

    @property
    def url(self) -> str:
        return f"redis://:{self.registry.redis_password}@{LOOPBACK}:{self.port}/0"

    def pid(self) -> int | None:
        """Give the running server's process id, None if it does not run."""
        pid = processes.read_pid(self._pid_file)
        return pid if pid is not None and processes.is_ours(pid, str(self.configuration)) else None

    def start(self, *, durable: bool, death_signal: signal.Signals | None) -> None:
        """Start the server and wait until it answers; ``durable`` makes no difference here."""
        account = Account.for_servers()
        program = binaries.redis_program(self.var, account)
        folder = binaries.place(self.var, "redis", account)
        self._configure(folder, account)
        self._pid_file.unlink(missing_ok=True)  # a dead server's; waiting below must see the new one's
        log = self.var / "log" / "redis.log"
        process = processes.spawn([program, self.configuration], log=log, account=account, death_signal=death_signal)
        if not processes.wait_until(lambda: self._answers(process), patience_s=START_PATIENCE_S):
            process.kill()
            process.wait()
        if process.poll() is not None:
            raise ServiceError(f"Redis does not start; see {log}")

    def stop(self) -> None:
        pid = self.pid()
        if pid is not None and not processes.stop(pid, str(self.configuration), signals=STOP_SIGNALS):
            raise ServiceError(f"Redis (process {pid}) does not stop; see {self.var / 'log' / 'redis.log'}")

    def _configure(self, folder: Path, account: Account | None) -> None:
        text = CONFIGURATION.format(host=LOOPBACK, port=self.port, password=self.registry.redis_password, folder=folder)
        write_private(self.configuration, text)
        if account is not None:
            os.chown(self.configuration, account.uid, account.gid)

    def _answers(self, process: subprocess.Popen[bytes]) -> bool:
        """Tell whether waiting can end: the server answers to our password, or it is gone."""
        if process.poll() is not None:
            return True
        client = redis.Redis.from_url(self.url, socket_timeout=1, socket_connect_timeout=1)
        try:
            return bool(client.ping()) and self.pid() is not None
        except redis.RedisError:
            return False
        finally:
            client.close()
