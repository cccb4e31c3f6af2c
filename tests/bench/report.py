"""What was measured, as ``var/bench.json`` and as the table of ``docs/benchmarks.md``."""

import datetime as dt
import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.crew import ROOT

DOCUMENT = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
PACKAGES = ("Django", "djangorestframework", "psycopg", "granian")


@dataclass(frozen=True)
class Row:
    """
    One piece of work. ``ours`` and ``limit`` in ``unit``, medians of the rounds; ``ratio`` = ours / limit.

    ``noise``: (highest - lowest) / median of our rounds, or of the limit's where that is wider.
    """

    name: str
    unit: str
    ours: float
    limit: float | None
    ratio: float | None
    cpu_ms: float
    limit_cpu_ms: float | None
    queries: int | None
    peak_rss_mb: float
    noise: float


def row(
    name: str,
    unit: str,
    *,
    ours: Sequence[float],
    cpu_ms: Sequence[float],
    peak_rss_mb: float,
    limit: Sequence[float] = (),
    limit_cpu_ms: Sequence[float] = (),
    queries: int | None = None,
) -> Row:
    """Take the rounds together; ``limit`` is empty where there is none."""
    return Row(
        name=name,
        unit=unit,
        ours=round(median(ours), 2),
        limit=round(median(limit), 2) if limit else None,
        ratio=round(median(ours) / median(limit), 3) if limit else None,
        cpu_ms=round(median(cpu_ms), 3),
        limit_cpu_ms=round(median(limit_cpu_ms), 3) if limit_cpu_ms else None,
        queries=queries,
        peak_rss_mb=round(peak_rss_mb, 1),
        noise=round(max(map(_spread, filter(None, (ours, limit)))), 3),
    )


def _spread(values: Sequence[float]) -> float:
    return (max(values) - min(values)) / median(values)


def surroundings(*, postgres: str, quick: bool, rounds: int) -> dict[str, Any]:
    """Say where and with what it was measured."""
    memory_mb = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
    versions = {"Python": platform.python_version(), "PostgreSQL": postgres} | {
        name: version(name) for name in PACKAGES
    }
    return {
        "measured_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "size": "quick" if quick else "full",
        "rounds": rounds,
        "versions": versions,
        "machine": {
            "cpus": os.cpu_count(),
            "cpu": _cpu_name(),
            "memory_mb": memory_mb,
            "system": platform.system(),
            "load_1m": round(os.getloadavg()[0], 2),
        },
    }


def _cpu_name() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def write(rows: Sequence[Row], facts: dict[str, Any]) -> None:
    """Write both; the document's prose around the table stays as it is."""
    (ROOT / "var").mkdir(exist_ok=True)
    data = facts | {"rows": [asdict(each) for each in rows]}
    (ROOT / "var" / "bench.json").write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n")
    before, _, rest = DOCUMENT.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{table(rows, facts)}\n\n{END}{after}")


def table(rows: Sequence[Row], facts: dict[str, Any]) -> str:
    """Render the rows as Markdown, with the machine below."""
    head = "| row | unit | ours | limit | ratio | CPU ms each | limit's CPU ms | statements | peak MB | noise |"
    lines = [head, "| --- | --- " + "| ---: " * 8 + "|"]
    for each in rows:
        cells = [each.name, each.unit, each.ours, each.limit, each.ratio, each.cpu_ms, each.limit_cpu_ms]
        cells += [each.queries, each.peak_rss_mb, f"{each.noise:.0%}"]
        lines.append("| " + " | ".join("–" if cell is None else str(cell) for cell in cells) + " |")
    versions = ", ".join(f"{name} {number}" for name, number in facts["versions"].items())
    machine = facts["machine"]
    foot = (
        f"`make bench{'-quick' if facts['size'] == 'quick' else ''}`, {facts['measured_at']}, {facts['rounds']} rounds"
        f" in turns, on {machine['cpus']} cores of {machine['cpu']}, {machine['memory_mb']} MB; load average at the"
        f" start {machine['load_1m']}. {versions}."
    )
    return "\n".join([*lines, "", foot])
