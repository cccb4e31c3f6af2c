"""The embedded PostgreSQL: one cluster, one database, an owner that migrates and an application role that does not."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from groupbuy.config.embedded import binaries, processes
from groupbuy.config.embedded.errors import ServiceError
from groupbuy.config.embedded.processes import LOOPBACK, Account
from groupbuy.config.embedded.registry import Registry

DATABASE = "groupbuy"
OWNER = "groupbuy_owner"
APP = "groupbuy_app"
SUPERUSER = "postgres"

START_PATIENCE_S = 60.0
# SIGINT is PostgreSQL's fast shutdown; SIGQUIT is the emergency one, repaired at the next start.
STOP_SIGNALS = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0))
# The builtin provider sorts the same everywhere, whatever the machine's own C library and locales.
INITDB_OPTIONS = (
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--no-locale",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-sync",
)
FAST_AND_LOSSY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@dataclass(frozen=True)
class Postgres:
    """The server of one data folder ``var``."""

    var: Path
    registry: Registry

    name = "PostgreSQL"
    port_name = "postgres_port"

    @property
    def data(self) -> Path:
        """The cluster's real path; it is also the argument that tells this server from any other."""
        return (self.var / "postgres").resolve()

    @property
    def port(self) -> int:
        return self.registry.postgres_port

    def pid(self) -> int | None:
        """Give the running server's process id, None if it does not run."""
        pid = processes.read_pid(self.data / "postmaster.pid")
        return pid if pid is not None and processes.is_ours(pid, str(self.data)) else None

    def url(self, role: str, password: str, database: str = DATABASE) -> str:
        return f"postgres://{role}:{password}@{LOOPBACK}:{self.port}/{database}"

    def start(self, *, durable: bool, death_signal: signal.Signals | None) -> None:
        """Create the cluster if there is none, start the server and wait until it answers."""
        account = Account.for_servers()
        programs = binaries.postgres_programs(self.var, account)
        data = binaries.place(self.var, "postgres", account)
        if not (data / "PG_VERSION").exists():
            self._create(programs, data, account)
        self._forget_stale_pid(data)
        command: list[str | Path] = [programs / "postgres", "-D", data, *self._settings(durable)]
        log = self.var / "log" / "postgres.log"
        process = processes.spawn(command, log=log, account=account, death_signal=death_signal)
        self._wait_until_ready(process)
        self._create_roles()

    def stop(self) -> None:
        pid = self.pid()
        if pid is not None and not processes.stop(pid, str(self.data), signals=STOP_SIGNALS):
            raise ServiceError(f"PostgreSQL (process {pid}) does not stop; see {self.var / 'log' / 'postgres.log'}")

    def _create(self, programs: Path, data: Path, account: Account | None) -> None:
        with tempfile.NamedTemporaryFile("w", dir=data.parent) as password_file:
            password_file.write(self.registry.superuser_password)
            password_file.flush()
            if account is not None:
                os.chown(password_file.name, account.uid, account.gid)
            command: list[str | Path] = [programs / "initdb", "-D", data, *INITDB_OPTIONS]
            _run([*command, f"--username={SUPERUSER}", f"--pwfile={password_file.name}"], account)

    def _settings(self, durable: bool) -> list[str]:
        settings = [f"listen_addresses={LOOPBACK}", f"port={self.port}", "unix_socket_directories="]
        settings += ["timezone=UTC", "log_timezone=UTC", "max_connections=100"]
        settings += [] if durable else FAST_AND_LOSSY
        return [part for setting in settings for part in ("-c", setting)]

    def _forget_stale_pid(self, data: Path) -> None:
        """Remove a dead server's pid file if another program has its number; PostgreSQL would refuse to start."""
        pid_file = data / "postmaster.pid"
        pid = processes.read_pid(pid_file)
        if pid is not None and processes.exists(pid) and not processes.is_ours(pid, str(data)):
            pid_file.unlink()

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_PATIENCE_S
        while process.poll() is None and time.monotonic() < deadline:
            try:
                self._connect("postgres").close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        process.kill()
        process.wait()
        raise ServiceError(f"PostgreSQL does not start; see {self.var / 'log' / 'postgres.log'}")

    def _connect(self, database: str) -> psycopg.Connection:
        url = self.url(SUPERUSER, self.registry.superuser_password, database)
        return psycopg.connect(url, autocommit=True, connect_timeout=5)

    def _create_roles(self) -> None:
        """Create what is missing of the two roles and the database; a start cut short is completed by the next."""
        with self._connect("postgres") as connection:
            roles = {OWNER: self.registry.owner_password, APP: self.registry.app_password}
            for role, password in roles.items():
                if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                    create = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
                    connection.execute(create.format(sql.Identifier(role), sql.Literal(password)))
            # CREATEDB: the test database. Membership: tests step down to the application's role.
            connection.execute(f"ALTER ROLE {OWNER} CREATEDB")
            connection.execute(f"GRANT {APP} TO {OWNER} WITH INHERIT FALSE, SET TRUE")
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")


def _run(command: list[str | Path], account: Account | None) -> None:
    run = subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd="/",
        env=processes.bare_environment(),
        check=False,
        **processes.as_user(account),
    )
    if run.returncode != 0:
        raise ServiceError(f"{Path(command[0]).name} failed:\n{run.stdout}{run.stderr}")
