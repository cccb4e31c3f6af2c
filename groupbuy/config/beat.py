"""
Which sweeps run by themselves, and how often.

Each module listed below has a dictionary ``BEAT`` in the form of Celery's ``beat_schedule``: a name, and a
``{"task": ..., "schedule": seconds, "options": {"expires": seconds}}``. A sweep is safe to run twice, late or
not at all for a day, so an entry that expires unrun is no loss. One module per app.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

SCHEDULES: tuple[str, ...] = ("groupbuy.tasks", "fulfillment.tasks", "leaders.tasks")


def schedule() -> dict[str, Any]:
    """Put the apps' schedules together; call after Django is set up."""
    together: dict[str, Any] = {}
    for name in SCHEDULES:
        together |= import_module(name).BEAT
    return together
