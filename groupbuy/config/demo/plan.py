"""What the demo consists of: its folder, its ports, its steps and its processes."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from groupbuy.config.demo.child import Child
from groupbuy.config.embedded.processes import LOOPBACK, free_port, is_free
from groupbuy.config.queue_settings import QUEUES

PYTHON = sys.executable


@dataclass(frozen=True)
class Plan:
    """:param web_port: on 127.0.0.1, as is ``payment_port``. :param var: absolute path of the data folder."""

    root: Path
    var: Path
    web_port: int
    payment_port: int

    @classmethod
    def make(cls, *, root: Path, var: Path, web_port: int) -> Plan:
        """Keep the payment provider's port from the last time if it is still free, and publish both ports."""
        known = _read_json(var / "demo.json")
        payment_port = int(known.get("WECHAT_BASE_URL", "").rpartition(":")[2] or 0)
        if not payment_port or not is_free(payment_port):
            payment_port = free_port()
        plan = cls(root=root, var=var, web_port=web_port, payment_port=payment_port)
        payment_url = f"http://{LOOPBACK}:{payment_port}"
        published = {
            "PUBLIC_URL": plan.web_url,
            "WECHAT_BASE_URL": payment_url,
            "DEV_CASHIER_URL": f"{payment_url}/cashier/",
        }
        (var / "demo.json").write_text(json.dumps(published, indent=2))
        return plan

    @property
    def web_url(self) -> str:
        return f"http://{LOOPBACK}:{self.web_port}"

    @property
    def environment(self) -> dict[str, str]:
        own = {
            "GROUPBUY_VAR": str(self.var),
            "PYTHONUNBUFFERED": "1",
            "LOG_FORMAT": os.environ.get("LOG_FORMAT", "console"),
        }
        return {**os.environ, **own}

    @property
    def has_payment_provider(self) -> bool:
        return (self.root / "tests" / "payment_provider" / "__main__.py").exists()

    def steps(self) -> list[tuple[str, list[str]]]:
        """What must be done once, in order, before the first process may start."""
        steps = [("数据库与演示数据 / database and demo data", [PYTHON, "manage.py", "prepare", "--demo"])]
        if self.has_payment_provider:
            keys = [*self._payment_command(), "--init-keys-only"]
            steps.insert(0, ("支付密钥 / payment keys", keys))
        return steps

    def children(self) -> list[Child]:
        """The processes in the order of their start; they are stopped in this order too, the doors first."""
        celery = [PYTHON, "-m", "celery", "-A", "groupbuy.config"]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        commands = {
            "web": self._web_command(),
            "beat": [*celery, "beat", "--pidfile=", "--loglevel=INFO"],
            "worker": [*celery, "worker", "--concurrency=2", f"--queues={','.join(QUEUES)}", *quiet, "--loglevel=INFO"],
        }
        if self.has_payment_provider:
            commands["payment"] = self._payment_command()
        return [self._child(name, command) for name, command in commands.items()]

    def _child(self, name: str, command: list[str]) -> Child:
        environment = self.environment
        if name == "web":
            environment["PROMETHEUS_MULTIPROC_DIR"] = str(self.var / "metrics")
        log = self.var / "log" / f"{name}.log"
        return Child(name=name, command=command, log=log, environment=environment, folder=self.root)

    def _web_command(self) -> list[str]:
        address = [f"--host={LOOPBACK}", f"--port={self.web_port}"]
        size = ["--workers=2", "--blocking-threads=4", "--respawn-failed-workers"]
        kind = ["--interface=wsgi", "--http=1", "--no-ws", "--workers-kill-timeout=8"]
        return [PYTHON, "-m", "granian", *kind, *address, *size, "groupbuy.config.wsgi:application"]

    def _payment_command(self) -> list[str]:
        folders = [f"--data-dir={self.var / 'payment'}", f"--keys-dir={self.var / 'payment_keys'}"]
        return [PYTHON, "-m", "tests.payment_provider", f"--port={self.payment_port}", *folders]


def _read_json(file: Path) -> dict[str, str]:
    return dict(json.loads(file.read_text())) if file.exists() else {}
