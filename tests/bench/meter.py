"""What work costs: CPU and memory of process trees, read from ``/proc``."""

import os
from collections.abc import Iterable
from pathlib import Path

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    """Return the fields after the command's name, which may hold spaces; empty when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def tree(root: int) -> list[int]:
    """Return ``root`` and all that descends from it."""
    parents = {int(entry.name): _stat(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
    family = [root]
    for pid in family:
        family += [child for child, stat in parents.items() if stat and int(stat[1]) == pid]
    return family


def cpu_ms(roots: Iterable[int]) -> float:
    """Return the CPU milliseconds used so far by these trees, children that have ended included."""
    stats = [_stat(pid) for root in roots for pid in tree(root)]
    return sum(sum(map(int, stat[11:15])) for stat in stats if stat) * 1000 / TICKS_A_SECOND


def peak_rss_mb(root: int) -> float:
    """Return the highest memory that any one process of the tree has had."""
    return max(_high_water_kb(pid) for pid in tree(root)) / 1024


def _high_water_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)
