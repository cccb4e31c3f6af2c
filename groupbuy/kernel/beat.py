"""How a sweep gets onto Celery's schedule."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings


def beat_entries(queue: str, tasks: Iterable[Any]) -> dict[str, dict[str, Any]]:
    """
    Return entries for Celery's beat: each task every few seconds on ``queue``; one that waits too long is dropped.
    """
    every_s = settings.GROUPBUY_SWEEP_SECONDS
    options = {"queue": queue, "expires": every_s * 3}
    return {task.name: {"task": task.name, "schedule": every_s, "options": options} for task in tasks}
