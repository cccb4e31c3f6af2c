"""The embedded servers, with real processes, real signals and real data folders."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from groupbuy.config import embedded
from groupbuy.config.embedded.binaries import postgres_programs, redis_program
from groupbuy.config.embedded.processes import Account, as_user, free_port

AS_ROOT = os.geteuid() == 0


@pytest.fixture
def var() -> Iterator[Path]:
    """A data folder that every user can traverse."""
    folder = Path(tempfile.mkdtemp(prefix="groupbuy-services-")).resolve()
    folder.chmod(0o711)
    yield folder
    embedded.remove(folder)


def start(var: Path) -> embedded.Addresses:
    return embedded.start(var, durable=False, die_with_us=True)


def pids(var: Path) -> list[int]:
    return [server.pid for server in embedded.status(var) if server.pid is not None]


def is_alive(pid: int) -> bool:
    return "\nState:\tZ" not in _proc_status(pid) and _proc_status(pid) != ""


def _proc_status(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def wait_until_dead(processes: list[int], patience_s: float = 20) -> None:
    deadline = time.monotonic() + patience_s
    while any(map(is_alive, processes)):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_start_gives_two_servers_that_answer_and_stop_leaves_no_process(var: Path) -> None:
    addresses = start(var)
    running = pids(var)

    with psycopg.connect(addresses.database_url) as connection:
        version = connection.execute("SHOW server_version_num").fetchone()
    with redis.Redis.from_url(addresses.redis_url) as client:
        pong = client.ping()
    embedded.stop(var)

    assert version is not None
    assert version[0].startswith("18")
    assert pong is True
    assert len(running) == 2
    assert [is_alive(pid) for pid in running] == [False, False]
    assert pids(var) == []


def test_starting_what_runs_already_changes_nothing(var: Path) -> None:
    first, first_pids = start(var), pids(var)

    second, second_pids = start(var), pids(var)

    assert second == first
    assert second_pids == first_pids


def test_a_stopped_pair_starts_again_at_the_same_addresses_with_its_data(var: Path) -> None:
    first = start(var)
    with psycopg.connect(first.database_owner_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    embedded.stop(var)

    second = start(var)

    assert second == first
    with psycopg.connect(second.database_owner_url) as connection:
        assert connection.execute("SELECT number FROM kept").fetchall() == [(7,)]


def test_killed_servers_are_recovered_at_the_next_start_with_every_committed_row(var: Path) -> None:
    addresses = embedded.start(var, die_with_us=True)
    with psycopg.connect(addresses.database_owner_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    killed = pids(var)
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    wait_until_dead(killed)

    again = start(var)

    assert set(pids(var)).isdisjoint(killed)
    with psycopg.connect(again.database_owner_url) as connection:
        assert connection.execute("SELECT number FROM kept").fetchall() == [(7,)]


@pytest.mark.parametrize("pid_file", ["postgres/postmaster.pid", "redis/redis.pid"])
def test_a_program_that_was_given_a_dead_servers_number_is_left_alone(var: Path, pid_file: str) -> None:
    start(var)
    embedded.stop(var)
    stranger = subprocess.Popen(["/bin/sleep", "60"], **as_user(Account.for_servers()))
    dead = "\n".join([str(stranger.pid), str(var / "postgres"), "1", "1", "", "127.0.0.1", "0 0", "ready"])
    (var / pid_file).write_text(dead)

    try:
        before = pids(var)
        embedded.stop(var)
        start(var)
        after = pids(var)
        embedded.stop(var)

        assert before == []
        assert len(after) == 2
        assert stranger.pid not in after
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_two_data_folders_run_side_by_side_and_stopping_one_spares_the_other(var: Path) -> None:
    other = Path(tempfile.mkdtemp(prefix="groupbuy-services-")).resolve()
    other.chmod(0o711)
    start(var)
    others = start(other)

    embedded.stop(var)

    assert len(pids(other)) == 2
    with psycopg.connect(others.database_url) as connection:
        assert connection.execute("SELECT 1").fetchall() == [(1,)]
    embedded.remove(other)
    assert not other.exists()


def test_a_port_that_somebody_took_meanwhile_is_replaced(var: Path) -> None:
    start(var)
    embedded.stop(var)
    old = {server.name: server.port for server in embedded.status(var)}
    with socket.socket() as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections just closed still linger on the port
        thief.bind(("127.0.0.1", old["PostgreSQL"]))
        thief.listen()

        addresses = start(var)

    new = {server.name: server.port for server in embedded.status(var)}
    assert new["PostgreSQL"] != old["PostgreSQL"]
    assert new["Redis"] == old["Redis"]
    with psycopg.connect(addresses.database_url) as connection:
        assert connection.execute("SELECT current_user").fetchall() == [("groupbuy_app",)]


def test_passwords_are_asked_for_and_kept_where_only_the_owner_reads(var: Path) -> None:
    addresses = start(var)
    port = embedded.status(var)[0].port

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(f"postgres://groupbuy_app:wrong@127.0.0.1:{port}/groupbuy")
    wrong = addresses.redis_url.replace("redis://:", "redis://:wrong")
    with redis.Redis.from_url(wrong) as client, pytest.raises(redis.AuthenticationError):
        client.ping()
    assert stat.S_IMODE((var / "services.json").stat().st_mode) == 0o600


def test_the_owner_may_add_trusted_extensions_and_databases_and_the_application_neither(var: Path) -> None:
    addresses = start(var)

    with psycopg.connect(addresses.database_owner_url, autocommit=True) as owner:
        owner.execute("CREATE EXTENSION pg_trgm")
        owner.execute("CREATE DATABASE another")
    with psycopg.connect(addresses.database_url, autocommit=True) as application:
        for statement in ("CREATE TABLE mine (id int)", "CREATE EXTENSION citext", "CREATE DATABASE third"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                application.execute(statement)


def test_the_servers_die_with_a_killed_parent_that_wanted_so(var: Path) -> None:
    code = "import sys, time; from pathlib import Path; from groupbuy.config import embedded; "
    code += "embedded.start(Path(sys.argv[1]), die_with_us=True); print('up', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code, str(var)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "up\n"
        running = pids(var)

        parent.kill()

    wait_until_dead(running)
    assert len(running) == 2
    assert pids(var) == []


@pytest.mark.skipif(not AS_ROOT, reason="only root runs the servers as another user")
def test_a_data_folder_inside_a_closed_home_works_from_outside_and_is_removed_with_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    var = home / "var"

    addresses = start(var)

    outside = (var / "postgres").resolve()
    assert not outside.is_relative_to(home)
    with psycopg.connect(addresses.database_url) as connection:
        assert connection.execute("SELECT 1").fetchall() == [(1,)]
    embedded.remove(var)
    assert not outside.parent.exists()


def test_lost_passwords_are_reported_and_not_overwritten(var: Path) -> None:
    start(var)
    embedded.stop(var)
    (var / "services.json").unlink()

    with pytest.raises(embedded.ServiceError, match="make demo-reset"):
        start(var)


def test_a_server_that_cannot_start_is_reported_with_its_log(var: Path) -> None:
    start(var)
    embedded.stop(var)
    (var / "postgres" / "global" / "pg_control").unlink()

    with pytest.raises(embedded.ServiceError, match=r"PostgreSQL does not start.*postgres\.log"):
        start(var)


def test_free_port_gives_a_port_of_the_loopback_that_can_be_used() -> None:
    port = free_port()

    with socket.socket() as server:
        server.bind(("127.0.0.1", port))
    assert 1024 <= port <= 65535


class NeverEnters(Account):
    """A user to whom every folder is closed."""

    def can_enter(self, folder: Path) -> bool:
        return False


def test_programs_that_their_user_cannot_reach_run_from_a_copy_with_their_libraries(var: Path) -> None:
    account = NeverEnters(uid=os.geteuid(), gid=os.getegid())

    postgres = postgres_programs(var, account) / "postgres"
    server = redis_program(var, account)

    for program, name in ((postgres, "postgres (PostgreSQL) 18"), (server, "server v=")):
        shown = subprocess.run([program, "--version"], env={}, capture_output=True, text=True, check=True).stdout
        assert name in shown
        assert not program.is_relative_to(Path(sys.prefix))
